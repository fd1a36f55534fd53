// @ts-check
/** The label folders beside the grid, with counts. */
import { call } from "../frame/api.js";
import { el, shown } from "../frame/dom.js";
import { asQuery } from "./filters.js";

/** @typedef {{label: string, images: number, verified: number, unsure: number}} Folder */

/**
 * Draw all, not sure, and a folder a label.
 * @param {HTMLElement} list @param {string} collection @param {Record<string, any>} filter
 * @returns {Promise<Folder[]>}
 */
export async function drawFolders(list, collection, filter) {
  const [labels, strange, trash] = await Promise.all([
    call("GET", `/collections/${collection}/labels`),
    call("GET", `/collections/${collection}/count?unfamiliar=true&who=machine`),
    call("GET", `/collections/${collection}/count?trash=true`),
  ]);
  const sum = (/** @type {keyof Folder} */ name) =>
    labels.reduce((/** @type {number} */ n, /** @type {any} */ l) => n + l[name], 0);
  const here = `/collections/${collection}`;
  const { label: _, unsure: __, trash: ___, ...rest } = filter;
  /** @param {string} name @param {number} count @param {Record<string, any>} wanted @param {string} [title] */
  const row = (name, count, wanted, title) => {
    const chosen = ["label", "unsure", "trash"].every((k) => (filter[k] ?? "-") === (wanted[k] ?? "-"));
    return el(
      "li",
      {},
      el(
        "a",
        { href: here + asQuery({ ...rest, ...wanted }), "aria-current": chosen && "page", title: title ?? name },
        el("span", {}, name),
        el("span", { class: "count" }, count.toLocaleString("en")),
      ),
    );
  };
  const divider = () => el("li", { class: "divider", role: "separator" });
  const named = labels.filter((/** @type {Folder} */ l) => l.label);
  const unnamed = labels.find((/** @type {Folder} */ l) => !l.label);
  list.replaceChildren(
    row("All pictures", sum("images"), {}),
    row("Not sure yet", sum("unsure"), { unsure: "true" }, "Below the collection's threshold, and nobody has looked"),
    ...(strange.images
      ? [
          el(
            "li",
            {},
            el(
              "a",
              { href: `${here}/unfamiliar`, title: "Unlike all that the model learnt from, and nobody has looked" },
              el("span", {}, "Unfamiliar"),
              el("span", { class: "count" }, strange.images.toLocaleString("en")),
            ),
          ),
        ]
      : []),
    ...(unnamed ? [row(shown(""), unnamed.images, { label: "" })] : []),
    divider(),
    ...named.map((/** @type {Folder} */ l) =>
      row(l.label, l.images, { label: l.label }, `${l.label}: ${l.verified} confirmed, ${l.unsure} not sure`),
    ),
    ...(trash.images ? [divider(), row("Trash", trash.images, { trash: "true" })] : []),
  );
  return labels;
}
