// @ts-check
/** Events as stacks: the first picture of each stands for all, and acts reach all of it that the filter shows. */
import { call } from "../frame/api.js";
import { asQuery } from "./filters.js";

/** @typedef {{id: string, start: string, end: string, images: number}} Event */
/** @typedef {import("../pictures/acts.js").Image & {stack?: Event}} Stacked */

/**
 * The pictures of a page that stand for themselves or for an event; `seen` are events before it.
 * @param {{images: Stacked[], events?: Record<string, Event>}} page @param {Set<string>} seen
 * @returns {Stacked[]}
 */
export function fronts(page, seen) {
  return page.images.filter((image) => {
    const event = page.events?.[image.id];
    if (!event || event.images < 2) return true;
    if (seen.has(event.id)) return false;
    seen.add(event.id);
    image.stack = event;
    return true;
  });
}

/** What lies in a stack: the filter, and the event's deployment and time. @param {Record<string, any>} filter @param {Stacked} image */
export function within(filter, image) {
  const { stacked: _, sort: __, ...rest } = filter;
  const event = /** @type {Event} */ (image.stack);
  return { ...rest, deployment: [image.deployment], taken_from: event.start, taken_to: event.end };
}

/** @param {string} collection @param {Record<string, any>} filter @returns {Promise<Stacked[]>} all that match */
async function all(collection, filter) {
  const found = [];
  let cursor = "";
  do {
    const query = asQuery({ ...filter, sort: "id", limit: 500, cursor });
    const page = await call("GET", `/collections/${collection}/images${query}`);
    found.push(...page.images);
    cursor = page.next;
  } while (cursor);
  return found;
}

/**
 * What an act on these tiles is for, as they were seen: a stack's every picture.
 * @param {string} collection @param {Record<string, any>} filter @param {Stacked[]} images
 */
export async function meant(collection, filter, images) {
  const parts = await Promise.all(
    images.map((image) => (image.stack ? all(collection, within(filter, image)) : [image])),
  );
  const every = parts.flat();
  return { images: every.map((i) => i.id), versions: Object.fromEntries(every.map((i) => [i.id, i.version])) };
}
