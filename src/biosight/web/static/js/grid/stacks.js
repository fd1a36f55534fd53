// @ts-check
/**
 * Events as stacks: the first picture of each stands for all, and acts apply to all its pictures
 * that match the filter.
 */
import { call } from "../frame/api.js";
import { asQuery } from "./filters.js";

/** @typedef {{id: string, start: string, end: string, images: number}} Event */
/** `others` is how many pictures of a stack have another label than the one that is shown. */
/** @typedef {import("../pictures/acts.js").Image & {stack?: Event, others?: number}} Stacked */
/** A tile, and every picture that it stands for. @typedef {{front: Stacked, every: Stacked[]}} Tile */
/**
 * What an act applies to.
 * @typedef {{images: string[], versions: Record<string, number>, tiles: Tile[]}} Meant
 */

/**
 * Return the pictures of a page that stand for themselves or for an event. `seen` are the events of
 * earlier pages, with the picture that stands for each.
 * @param {{images: Stacked[], events?: Record<string, Event>}} page @param {Map<string, Stacked>} seen
 * @returns {Stacked[]}
 */
export function fronts(page, seen) {
  return page.images.filter((image) => {
    const event = page.events?.[image.id];
    if (!event || event.images < 2) return true;
    const front = seen.get(event.id);
    if (front) {
      if (front.label !== image.label) front.others = (front.others ?? 0) + 1;
      return false;
    }
    seen.set(event.id, image);
    image.stack = event;
    return true;
  });
}

/**
 * Return the filter of a stack's pictures: the given one, with the event's deployment and time.
 * @param {Record<string, any>} filter @param {Stacked} image
 */
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
 * Return what an act on these tiles applies to: every picture of a stack, as it was seen.
 * @param {string} collection @param {Record<string, any>} filter @param {Stacked[]} images @returns {Promise<Meant>}
 */
export async function meant(collection, filter, images) {
  const tiles = await Promise.all(
    images.map(async (front) => ({
      front,
      every: front.stack ? await all(collection, within(filter, front)) : [front],
    })),
  );
  const every = tiles.flatMap((tile) => tile.every);
  return { ...asSeen(every), tiles };
}

/** Return how many pictures these tiles stand for. @param {Stacked[]} images */
export const standsFor = (images) => images.reduce((sum, image) => sum + (image.stack?.images ?? 1), 0);

/** Pictures as an act names them: by id, in the version that was seen. @param {Stacked[]} images */
export function asSeen(images) {
  return { images: images.map((i) => i.id), versions: Object.fromEntries(images.map((i) => [i.id, i.version])) };
}
