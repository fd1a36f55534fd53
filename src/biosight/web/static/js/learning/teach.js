// @ts-check
/** The form that teaches labels from confirmed pictures. */
import { counted, el } from "../frame/dom.js";

/**
 * @param {DOMStringMap} data @param {Count[]} counts
 * @param {(body: {labels: string[], name: string, in_bulk: boolean}) => void} teach
 * @param {(label: string) => void} place asks what a label is a kind of @returns {any[]}
 */
export function teachForm(data, counts, teach, place) {
  const opens = Number(data.opens);
  const trusted = Number(data.trusted);
  const known = new Set(JSON.parse(data.labels ?? "[]"));
  const named = counts.filter((c) => c.label && c.verified);
  const rows = named.map((c) => row(c, known.has(c.label), opens, trusted, place));
  const form = el(
    "form",
    {
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        const chosen = [...form.querySelectorAll("input[name=label]:checked")].map((i) => i.value);
        const { name, bulk } = form.elements;
        teach({ labels: chosen, name: name.value, in_bulk: bulk.checked });
      },
    },
    el("ul", { class: "rows" }, rows),
    el(
      "label",
      {},
      "Name of the model",
      el("input", {
        name: "name",
        value: data.slug,
        pattern: "[a-z0-9][a-z0-9._\\-]*",
        maxlength: 64,
        required: true,
        title: "Small letters, digits, dots and dashes",
      }),
    ),
    el(
      "label",
      { class: "inline" },
      el("input", { type: "checkbox", name: "bulk" }),
      " Also learn from pictures accepted in bulk, although nobody looked at each of them",
    ),
    el(
      "button",
      { class: "primary", disabled: !named.some((c) => c.verified >= opens || known.has(c.label)) },
      "Teach",
    ),
  );
  return [
    el("h2", {}, "Teach a label"),
    el(
      "p",
      { class: "soft" },
      `With ${opens} confirmed pictures the model can learn a new label; rely on it from about ${trusted}. It takes seconds. The result waits as a candidate until you try it on.`,
    ),
    named.length ? form : el("p", {}, "No picture here has been confirmed or relabelled yet."),
  ];
}

/** @typedef {Schemas["LabelOut"]} Count */

/**
 * @param {Count} c @param {boolean} known @param {number} opens @param {number} trusted
 * @param {(label: string) => void} place
 */
function row(c, known, opens, trusted, place) {
  const above = c.taxon?.line.at(-2);
  const short = !known && c.verified < opens;
  const says = known
    ? "known already"
    : short
      ? `needs ${opens}`
      : c.verified < trusted
        ? "new"
        : "new, enough to trust";
  return el(
    "li",
    {},
    el(
      "label",
      { class: "inline" },
      el("input", { type: "checkbox", name: "label", value: c.label, checked: !short, disabled: short }),
      ` ${c.label}`,
    ),
    el(
      "span",
      { class: "soft" },
      above && `a kind of ${above}; `,
      `${counted(c.verified, "confirmed picture")}, ${says}`,
    ),
    !known &&
      !above &&
      el(
        "button",
        { type: "button", class: "quiet", title: "Effect on other labels", onclick: () => place(c.label) },
        "It is a kind of …",
      ),
  );
}
