// @ts-check
/** Label counts as a tree of folders: pictures of a label, and pictures of it and all below it. */
import { lineOf } from "../pictures/taxa.js";

/** @typedef {Schemas["LabelOut"]} Folder */
/** @typedef {{label: string, path: string, here: Folder | null, images: number, verified: number, unsure: number,
 *   children: Node[]}} Node */

/** @param {string} label @param {string} path @returns {Node} */
function node(label, path) {
  return { label, path, here: null, images: 0, verified: 0, unsure: 0, children: [] };
}

/**
 * Return folders as a tree, without parents that have one child and no picture of their own.
 * @param {Folder[]} folders named ones
 * @returns {Node[]} the topmost, by name
 */
export function asTree(folders) {
  const root = node("", "/");
  for (const folder of folders) {
    let at = root;
    let path = "/";
    for (const part of folder.path.split("/").slice(1, -1)) {
      path += `${part}/`;
      const label = lineOf(`/${part}/`)[0];
      let below = at.children.find((c) => c.path === path);
      if (!below) {
        below = node(label, path);
        at.children.push(below);
      }
      // A picture counts once here, however many of its subjects are below this name.
      below.images += folder.images - folder.further;
      below.verified += folder.verified;
      below.unsure += folder.unsure;
      at = below;
    }
    at.images += folder.further_below;
    at.here = folder.images ? folder : null;
  }
  return shortened(root).children;
}

/** @param {Node} at @returns {Node} */
function shortened(at) {
  const children = at.children
    .map(shortened)
    .map((c) => (!c.here && c.children.length === 1 ? c.children[0] : c))
    .sort((a, b) => a.label.localeCompare(b.label, "en"));
  return { ...at, children };
}
