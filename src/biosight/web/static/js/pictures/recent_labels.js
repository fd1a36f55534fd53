// @ts-check
/** The labels that a person gave last in a collection, for the chooser. */
import { call } from "../frame/api.js";

/** Recent labels are kept by collection: a word of one is no name in another. @param {DOMStringMap} data */
const keyOf = (data) => `biosight:recent-labels:${data.collection ?? ""}`;
/** @param {DOMStringMap} data @returns {string[]} */
export function recent(data) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(data)) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {DOMStringMap} data @param {string} label */
export function remember(data, label) {
  const others = recent(data).filter((l) => l !== label);
  localStorage.setItem(keyOf(data), JSON.stringify([label, ...others].slice(0, 8)));
}

/** Forget recent labels that the collection does not have, such as a word that was taken back. @param {DOMStringMap} data */
export async function forgetGone(data) {
  const kept = recent(data);
  if (!kept.length) return;
  const used = await call("GET", `/collections/${data.collection}/labels`);
  const there = new Set([...used.map((/** @type {Schemas["LabelOut"]} */ l) => l.label), ...known(data)]);
  localStorage.setItem(keyOf(data), JSON.stringify(kept.filter((label) => there.has(label))));
}

/** Labels that a page knows without asking: favourites and the model's. @param {DOMStringMap} data @returns {string[]} */
export function known(data) {
  return [...JSON.parse(data.favourites ?? "[]"), ...JSON.parse(data.labels ?? "[]")];
}
