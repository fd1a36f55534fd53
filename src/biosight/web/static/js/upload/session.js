// @ts-check
/** Upload sessions that this browser remembers: an upload that broke off goes on in its session. */

const FRESH = 12 * 3600e3;
/** A tab that uploads reports more often than this, in milliseconds. */
export const PULSE = 8000;

/** The session goes on when the person drops the folder again after a reload. @param {string} collection */
export function sessionOf(collection) {
  const kept = keptOf(collection);
  if (kept && !kept.done && Date.now() - kept.at < FRESH) return kept.id;
  const id = Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
  localStorage.setItem(keyOf(collection), JSON.stringify({ id, at: Date.now(), done: false }));
  return id;
}

const keyOf = (/** @type {string} */ collection) => `biosight:session:${collection}`;

/** @param {string} collection @returns {{id: string, at: number, done: boolean, pulse?: number, there?: number, total?: number} | null} */
const keptOf = (collection) => JSON.parse(localStorage.getItem(keyOf(collection)) ?? "null");

/** @param {string} collection @param {Record<string, any>} change */
export function note(collection, change) {
  const kept = keptOf(collection);
  if (kept) localStorage.setItem(keyOf(collection), JSON.stringify({ ...kept, ...change }));
}

/**
 * Return how far an upload got that broke off, for example by a reload; null if none did.
 * @param {string} collection
 */
export function brokenOff(collection) {
  const kept = keptOf(collection);
  const live = Date.now() - (kept?.pulse ?? 0) < PULSE;
  if (!kept || kept.done || live || !kept.total || Date.now() - kept.at > FRESH) return null;
  return { there: kept.there ?? 0, total: kept.total };
}

/** Forget an upload that broke off. @param {string} collection */
export function giveUp(collection) {
  note(collection, { done: true });
}
