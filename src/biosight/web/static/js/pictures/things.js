// @ts-check
/** The usual things on pictures that are no organism: their labels, keys and marks. */
import { el } from "../frame/dom.js";

/**
 * The label of each, and the words on its button. A collection that has another name for it keeps
 * that name (workflows/collection_names.py).
 */
export const THINGS = [
  { thing: "empty", label: "Empty", words: "Empty", key: "E" },
  { thing: "human", label: "Human", words: "People", key: "M" },
  { thing: "vehicle", label: "Vehicle", words: "Vehicle", key: "V" },
];

/** @param {string} thing @returns {HTMLElement | null} its mark; null for organisms and other words */
export function thingMark(thing) {
  return thing ? el("span", { class: `thing ${thing}`, "aria-hidden": "true", title: "No organism" }) : null;
}
