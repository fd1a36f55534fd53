// @ts-check
/** The label folders beside the grid: a tree with counts, as far open as it was left. */
import { call } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { called, learn } from "../pictures/taxa.js";
import { thingMark } from "../pictures/things.js";
import { asQuery } from "./filters.js";
import { asTree } from "./tree.js";

/** @typedef {import("./tree.js").Folder} Folder @typedef {import("./tree.js").Node} Node */

const SHUT = "biosight:shut-folders:";
/** The most rows that are shown open while nobody has closed any. */
const ROOM = 28;

/** @param {string} collection @returns {Set<string> | null} paths that were closed, null if none ever was */
function shutBefore(collection) {
  const said = localStorage.getItem(SHUT + collection);
  return said === null ? null : new Set(JSON.parse(said));
}

/**
 * Return the paths to close if there are too many rows: all below the topmost levels.
 * @param {Node[]} nodes @param {number} depth @returns {string[]}
 */
function deep(nodes, depth = 0) {
  return nodes.flatMap((n) => [...(depth > 1 && n.children.length ? [n.path] : []), ...deep(n.children, depth + 1)]);
}

/** @param {Node[]} nodes @returns {number} */
function rows(nodes) {
  return nodes.reduce((n, c) => n + 1 + rows(c.children), 0);
}

const PARTS = ["label", "under", "unsure", "undecided", "trash"];

/** @param {Record<string, any>} filter without the parts that a folder chooses */
function restOf(filter) {
  return Object.fromEntries(Object.entries(filter).filter(([part]) => !PARTS.includes(part)));
}

/** The rows of the list, each a link to what it counts. */
class Rows {
  /** @param {string} collection @param {Record<string, any>} filter @param {Set<string>} shut paths of closed branches */
  constructor(collection, filter, shut) {
    this.collection = collection;
    this.here = `/collections/${collection}`;
    this.filter = filter;
    this.shut = shut;
  }

  /** @param {any} name @param {number} count @param {Record<string, any>} wanted @param {string} [title] */
  link(name, count, wanted, title) {
    const current = PARTS.every((k) => (this.filter[k] ?? "-") === (wanted[k] ?? "-")) && "page";
    const href = this.here + asQuery({ ...restOf(this.filter), ...wanted });
    return linkTo(href, name, count, title ?? name, { "aria-current": current });
  }

  /** @param {any} name @param {number} count @param {Record<string, any>} wanted @param {string} [title] */
  row(name, count, wanted, title) {
    return el("li", {}, this.link(name, count, wanted, title));
  }

  /** @param {Node} n @returns {HTMLElement} */
  branch(n) {
    const own = n.here?.images ?? 0;
    const words = `${n.label}: ${n.images.toLocaleString("en")} in all, ${own.toLocaleString("en")} of them with just this name; ${n.verified} confirmed, ${n.unsure} unsure`;
    if (!n.children.length) return this.row(called(n.label), n.images, { under: n.path }, words);
    const closed = this.shut.has(n.path);
    const turn = () => {
      if (!this.shut.delete(n.path)) this.shut.add(n.path);
      localStorage.setItem(SHUT + this.collection, JSON.stringify([...this.shut]));
      const again = this.branch(n);
      item.replaceWith(again);
      again.querySelector("button")?.focus();
    };
    const label = `What is below ${n.label}`;
    const twig = {
      type: "button",
      class: "twig",
      "aria-expanded": String(!closed),
      "aria-label": label,
      onclick: turn,
    };
    const link = this.link(called(n.label), n.images, { under: n.path }, words);
    const item = el(
      "li",
      { class: "branch" },
      el("div", {}, el("button", twig, closed ? "▸" : "▾"), link),
      !closed &&
        el(
          "ul",
          {},
          this.justHere(n, own),
          n.children.map((child) => this.branch(child)),
        ),
    );
    return item;
  }

  /** @param {Node} n @param {number} own */
  justHere(n, own) {
    const title = `Named ${n.label}, and nothing finer`;
    return n.here && this.row(`just ${called(n.label)}`, own, { label: n.label }, title);
  }

  /**
   * Draw the rows of all and of the states; states without pictures are left out.
   * @param {Folder[]} labels @param {Counts} counts
   */
  states(labels, { strange, undecided }) {
    const all = labels.reduce((n, l) => n + l.images - l.further, 0);
    const unlabelled = (labels.find((l) => !l.label)?.images ?? 0) - undecided;
    const unsure = "Below the collection's threshold, and nobody has looked";
    const unlike = "Unlike everything the model learned from, and nobody has looked";
    const looked = "Somebody looked, and could not name it";
    return [
      this.row("All pictures", all, {}),
      this.row(
        "Unsure",
        labels.reduce((n, l) => n + l.unsure, 0),
        { unsure: "true" },
        unsure,
      ),
      strange > 0 && el("li", {}, linkTo(`${this.here}/unfamiliar`, "Unfamiliar", strange, unlike)),
      undecided > 0 && this.row("Undecided", undecided, { undecided: "true" }, looked),
      unlabelled > 0 && this.row("Unlabelled", unlabelled, { label: "", who: "nobody" }, "Nobody has named it yet"),
    ].filter(Boolean);
  }
}

/** @param {string} href @param {any} name @param {number} count @param {string} title @param {Record<string, any>} [more] */
function linkTo(href, name, count, title, more = {}) {
  const number = el("span", { class: "count" }, count.toLocaleString("en"));
  return el("a", { href, title, ...more }, el("span", {}, name), number);
}

/** @typedef {{strange: number, undecided: number, trash: number}} Counts */

/** @param {string} here @param {Record<string, any>} rest @returns {Promise<[Folder[], Counts]>} */
async function ask(here, rest) {
  const count = (/** @type {Record<string, any>} */ wanted) =>
    call("GET", `${here}/count${asQuery({ ...rest, ...wanted })}`);
  const [labels, strange, undecided, trash] = await Promise.all([
    call("GET", `${here}/labels${asQuery(rest)}`),
    count({ unfamiliar: true, who: "machine" }),
    count({ undecided: true }),
    count({ trash: true }),
  ]);
  return [labels, { strange: strange.images, undecided: undecided.images, trash: trash.images }];
}

/**
 * Draw all, the states, and the tree of labels.
 * @param {HTMLElement} list @param {string} collection @param {Record<string, any>} filter
 * @returns {Promise<Folder[]>}
 */
export async function drawFolders(list, collection, filter) {
  const [labels, counts] = await ask(`/collections/${collection}`, restOf(filter));
  learn(labels);
  const tree = asTree(labels.filter((l) => l.label && !l.thing));
  const things = labels.filter((l) => l.thing);
  const shut = shutBefore(collection) ?? new Set(rows(tree) > ROOM ? deep(tree) : []);
  const drawn = new Rows(collection, filter, shut);
  const divider = () => el("li", { class: "divider" });
  list.replaceChildren(
    ...drawn.states(labels, counts),
    divider(),
    ...tree.map((n) => drawn.branch(n)),
    ...(things.length && tree.length ? [divider()] : []),
    ...things.map((l) => drawn.row([thingMark(l.thing), l.label], l.images, { label: l.label }, l.label)),
    ...(counts.trash ? [divider(), drawn.row("Trash", counts.trash, { trash: "true" })] : []),
  );
  return labels;
}
