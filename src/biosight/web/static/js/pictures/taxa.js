// @ts-check
/** Names as a tree: paths as text, taxa by label, and what the levels are called. */
import { el } from "../frame/dom.js";

/** @typedef {Schemas["TaxonOut"]} Taxon */

/** @type {Map<string, Taxon>} what labels of the collection that is looked at are */
const known = new Map();

/** @type {Map<string, string>} common names by label */
const common = new Map();

/** @param {{label: string, taxon: Taxon | null}[]} labels */
export function learn(labels) {
  known.clear();
  common.clear();
  for (const l of labels) {
    if (!l.taxon) continue;
    known.set(l.label, l.taxon);
    hear(l.taxon);
  }
}

/** Keep the common names of a line. @param {{line: string[], vernacular_line: string[]}} of */
export function hear(of) {
  of.line.forEach((label, i) => {
    if (of.vernacular_line[i]) common.set(label, of.vernacular_line[i]);
  });
}

/**
 * Return a label in the form that the person chose for names (Account).
 * @param {string} label @returns {string}
 */
export function called(label) {
  const name = common.get(label);
  const how = document.body.dataset.names;
  if (!name || !how || how === "written") return label;
  return how === "common" ? name : `${label} (${name})`;
}

/** @param {string} label @returns {string} its rank, "" for what is no taxon */
export function rankOf(label) {
  return known.get(label)?.taxon_rank ?? "";
}

/** @param {string} path @returns {string[]} the labels from the top down */
export function lineOf(path) {
  const parts = path.split("/").slice(1, -1);
  return parts.map((part) => part.replaceAll("%2F", "/").replaceAll("%25", "%"));
}

/** @param {string[]} line @returns {string} */
export function asPath(line) {
  return line.length ? `/${line.map((l) => l.replaceAll("%", "%25").replaceAll("/", "%2F")).join("/")}/` : "";
}

/** @param {string[]} line @returns {string} as people read it */
export function words(line) {
  return line.map(called).join(" › ");
}

/**
 * Return a label's place in the tree, each name a link to its pictures.
 * @param {string} collection @param {Taxon} taxon
 */
export function breadcrumbs(collection, taxon) {
  return el(
    "p",
    { class: "soft crumbs" },
    taxon.line.map((label, i) => [
      i ? " › " : "",
      el(
        "a",
        { href: `/collections/${collection}?under=${encodeURIComponent(asPath(taxon.line.slice(0, i + 1)))}` },
        called(label),
      ),
    ]),
    taxon.taxon_rank && ` · ${taxon.taxon_rank}`,
    taxon.vernacular_name && ` · ${taxon.vernacular_name}`,
  );
}
