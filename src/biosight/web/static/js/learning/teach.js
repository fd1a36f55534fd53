// @ts-check
/** The form that teaches labels from confirmed pictures. */
import { counted, el } from "../frame/dom.js";

/**
 * @param {DOMStringMap} data @param {Count[]} counts
 * @param {(body: {labels: string[], name: string, in_bulk: boolean}) => void} teach
 * @param {(label: string) => void} place asks what a label is a kind of @returns {any[]}
 */
export function teachForm(data, counts, teach, place) {
  const proposed = Number(data.proposed);
  const opens = Number(data.opens);
  const trusted = Number(data.trusted);
  const groups = new Set(JSON.parse(data.labels ?? "[]"));
  /** @type {Record<string, boolean>} */
  const tree = JSON.parse(data.tree ?? "{}");
  const named = counts.filter((c) => c.label && c.verified);
  /** @param {Count} c @returns {Standing} */
  const standing = (c) => {
    const below = c.label in tree || (c.taxon?.line.slice(0, -1) ?? []).some((name) => name in tree);
    const known = groups.has(c.label) || c.label in tree;
    return { known, said: groups.has(c.label) || tree[c.label] === true, needs: known ? 1 : below ? proposed : opens };
  };
  const rows = named.map((c) => row(c, standing(c), opens, trusted, place));
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
        title: "Lower-case letters, digits, dots, dashes and underscores",
      }),
    ),
    el(
      "label",
      { class: "inline" },
      el("input", { type: "checkbox", name: "bulk" }),
      " Also learn from pictures accepted in bulk, although nobody looked at each of them",
    ),
    el("button", { class: "primary", disabled: !named.some((c) => c.verified >= standing(c).needs) }, "Teach"),
  );
  return [
    el("h2", {}, "Teach a label"),
    el(
      "p",
      { class: "soft" },
      `With ${proposed} confirmed pictures, the model can propose a label as a guess. With ${opens}, it can label pictures itself if nine in ten of these labels would be right. With about ${trusted}, you can rely on the label. Teaching makes a candidate model. Nothing changes until you try it on and apply it.`,
    ),
    named.length ? form : el("p", {}, "No picture here has been confirmed or relabelled yet."),
  ];
}

/** @typedef {Schemas["LabelOut"]} Count */
/** How a label stands with the model. @typedef {{known: boolean, said: boolean, needs: number}} Standing */

/**
 * @param {Count} c @param {Standing} standing @param {number} opens @param {number} trusted
 * @param {(label: string) => void} place
 */
function row(c, standing, opens, trusted, place) {
  const above = c.taxon?.line.at(-2);
  const { known, said, needs } = standing;
  const short = c.verified < needs;
  const words = () => {
    if (short) return `at least ${needs} needed`;
    if (said) return "the model already gives this name";
    if (c.verified < opens) return `a guess only; ${opens - c.verified} more needed before the model can give it`;
    if (known) return "in the tree, but the model does not give this name yet";
    return c.verified < trusted ? "new" : "new, with enough pictures to rely on";
  };
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
      `${counted(c.verified, "confirmed picture")}, ${words()}`,
    ),
    !known &&
      !above &&
      el(
        "button",
        { type: "button", class: "quiet", title: "Choose its broader name", onclick: () => place(c.label) },
        "Choose broader name",
      ),
  );
}
