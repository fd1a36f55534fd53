// @ts-check
/** The usual things on pictures that are no organism: their labels, keys and marks. */
import { el } from "../frame/dom.js";

/** What each is labelled; a collection that calls it otherwise keeps its word (workflows/collection_names.py). */
const LABELS = /** @type {Record<string, string>} */ ({ empty: "Empty", human: "Human", vehicle: "Vehicle" });

/** Keys that give these labels. @param {(label: string) => any} give */
export function thingKeys(give) {
  return Object.fromEntries(Object.entries(LABELS).map(([thing, label]) => [thing, () => give(label)]));
}

/** @param {string} thing @returns {HTMLElement | null} its mark; null for organisms and other words */
export function thingMark(thing) {
  return thing ? el("span", { class: `thing ${thing}`, "aria-hidden": "true", title: "No organism" }) : null;
}
