// @ts-check
/** The label folders beside the grid: a tree with counts, open to where it was left. */
import { call } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { called, learn } from "../pictures/taxa.js";
import { thingMark } from "../pictures/things.js";
import { asQuery } from "./filters.js";
import { asTree } from "./tree.js";

/** @typedef {import("./tree.js").Folder} Folder @typedef {import("./tree.js").Node} Node */

const SHUT = "biosight:shut-folders:";
/** So many rows are shown open where nobody shut any. */
const ROOM = 28;

/** @param {string} collection @returns {Set<string> | null} paths that somebody shut, null for nobody yet */
function shutBefore(collection) {
  const said = localStorage.getItem(SHUT + collection);
  return said === null ? null : new Set(JSON.parse(said));
}

/** All but the topmost, where they are too many to see at once. @param {Node[]} nodes @param {number} depth @returns {string[]} */
function deep(nodes, depth = 0) {
  return nodes.flatMap((n) => [...(depth > 1 && n.children.length ? [n.path] : []), ...deep(n.children, depth + 1)]);
}

/** @param {Node[]} nodes @returns {number} */
function rows(nodes) {
  return nodes.reduce((n, c) => n + 1 + rows(c.children), 0);
}

/**
 * Draw all, the states, and the tree of labels.
 * @param {HTMLElement} list @param {string} collection @param {Record<string, any>} filter
 * @returns {Promise<Folder[]>}
 */
export async function drawFolders(list, collection, filter) {
  const here = `/collections/${collection}`;
  const { label: _, under: __, unsure: ___, undecided: ____, trash: _____, ...rest } = filter;
  const count = (/** @type {Record<string, any>} */ wanted) =>
    call("GET", `${here}/count${asQuery({ ...rest, ...wanted })}`);
  const [labels, strange, undecided, trash] = await Promise.all([
    call("GET", `${here}/labels${asQuery(rest)}`),
    count({ unfamiliar: true, who: "machine" }),
    count({ undecided: true }),
    count({ trash: true }),
  ]);
  learn(labels);
  const tree = asTree(labels.filter((/** @type {Folder} */ l) => l.label && !l.thing));
  const things = labels.filter((/** @type {Folder} */ l) => l.thing);
  const shut = shutBefore(collection) ?? new Set(rows(tree) > ROOM ? deep(tree) : []);
  const sum = (/** @type {"images" | "unsure"} */ name) =>
    labels.reduce((/** @type {number} */ n, /** @type {Folder} */ l) => n + l[name], 0);
  const names = ["label", "under", "unsure", "undecided", "trash"];

  /** @param {any} name @param {number} count @param {Record<string, any>} wanted @param {string} [title] */
  const link = (name, count, wanted, title) =>
    el(
      "a",
      {
        href: here + asQuery({ ...rest, ...wanted }),
        "aria-current": names.every((k) => (filter[k] ?? "-") === (wanted[k] ?? "-")) && "page",
        title: title ?? name,
      },
      el("span", {}, name),
      el("span", { class: "count" }, count.toLocaleString("en")),
    );
  /** @param {any} name @param {number} count @param {Record<string, any>} wanted @param {string} [title] */
  const row = (name, count, wanted, title) => el("li", {}, link(name, count, wanted, title));
  /** @param {Node} n @returns {HTMLElement} */
  const branch = (n) => {
    const own = n.here?.images ?? 0;
    const words = `${n.label}: ${n.images.toLocaleString("en")} in all, ${own.toLocaleString("en")} of them just here; ${n.verified} confirmed, ${n.unsure} unsure`;
    if (!n.children.length) return row(called(n.label), n.images, { under: n.path }, words);
    const closed = shut.has(n.path);
    const turn = () => {
      if (!shut.delete(n.path)) shut.add(n.path);
      localStorage.setItem(SHUT + collection, JSON.stringify([...shut]));
      const again = branch(n);
      item.replaceWith(again);
      again.querySelector("button")?.focus();
    };
    const item = el(
      "li",
      { class: "branch" },
      el(
        "div",
        {},
        el(
          "button",
          {
            type: "button",
            class: "twig",
            "aria-expanded": String(!closed),
            "aria-label": `What is below ${n.label}`,
            onclick: turn,
          },
          closed ? "▸" : "▾",
        ),
        link(called(n.label), n.images, { under: n.path }, words),
      ),
      !closed &&
        el(
          "ul",
          {},
          n.here && row(`just ${called(n.label)}`, own, { label: n.label }, `Known as ${n.label}, and no further`),
          n.children.map(branch),
        ),
    );
    return item;
  };
  const divider = () => el("li", { class: "divider" });
  const unlabelled = labels.find((/** @type {Folder} */ l) => !l.label)?.images ?? 0;
  list.replaceChildren(
    row("All pictures", sum("images"), {}),
    row("Unsure", sum("unsure"), { unsure: "true" }, "Below the collection's threshold, and nobody has looked"),
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
    ...(undecided.images
      ? [row("Undecided", undecided.images, { undecided: "true" }, "Somebody looked, and could not name it")]
      : []),
    ...(unlabelled > undecided.images
      ? [row("Unlabelled", unlabelled - undecided.images, { label: "", who: "nobody" }, "Nobody has named it yet")]
      : []),
    divider(),
    ...tree.map(branch),
    ...(things.length && tree.length ? [divider()] : []),
    ...things.map((/** @type {Folder} */ l) =>
      row([thingMark(l.thing), l.label], l.images, { label: l.label }, l.label),
    ),
    ...(trash.images ? [divider(), row("Trash", trash.images, { trash: "true" })] : []),
  );
  return labels;
}
