// @ts-check
/**
 * One rule for acts on many pictures, however they were chosen. If there are more than a hundred,
 * or if any was never on screen, the person is asked first, and labels are marked as accepted in
 * bulk. If a stack has several names, the person is asked whether all of it gets the one shown.
 */
import { counted } from "../frame/dom.js";
import { question } from "../frame/toast.js";
import { doAct } from "../pictures/acts.js";
import { called } from "../pictures/taxa.js";
import { asSeen } from "./stacks.js";

/**
 * The most pictures that count as looked at one by one; the server has the same number
 * (review/acts.py).
 */
const MOST = 100;
const SPEAKS = ["confirm", "relabel"];
/** @typedef {import("./stacks.js").Meant} Meant */

/**
 * Return the acts to do, in order; none if the person cancels.
 * @param {Record<string, any>} body @param {Meant | {matching: Record<string, any>}} target @param {number} total that match
 * @param {(image: import("./stacks.js").Stacked) => boolean} seen whether this tile was on screen
 * @returns {Promise<Record<string, any>[]>}
 */
async function agreed(body, target, total, seen) {
  if ("matching" in target) return (await sureOf(body, total)) ? [marked(body, { matching: target.matching })] : [];
  const mixed = body.kind === "confirm" ? target.tiles.filter(isMixed) : [];
  if (mixed.length && !(await sureOfNames(mixed))) return [];
  const many = target.images.length;
  // Only the front of a stack was on screen; the others count as seen if they have its name.
  const unseen = (/** @type {import("./stacks.js").Tile} */ t) => !seen(t.front) || (!mixed.length && isMixed(t));
  const bulk = many > MOST || target.tiles.some(unseen);
  if (bulk && !(await sureOf(body, many))) return [];
  return split(body, target, mixed).map((one) => (bulk ? marked(one, {}) : one));
}

/**
 * Do something to what is chosen in a grid, after a question where one is needed. Return whether
 * anything changed; `null` if the person cancels.
 * @param {string} collection @param {import("./grid.js").Grid} grid @param {Record<string, any>} body
 * @param {Meant | {matching: Record<string, any>}} target @param {number} total that match
 * @returns {Promise<boolean | null>}
 */
export async function actOn(collection, grid, body, target, total) {
  const acts = await agreed(body, target, total, (image) => grid.seen.has(image.id));
  if (!acts.length) return null;
  let changed = false;
  for (const one of acts) changed = (await doAct(collection, one)) || changed;
  return changed;
}

/**
 * Return whether pictures of a stack have another name than the one shown.
 * @param {import("./stacks.js").Tile} tile
 */
function isMixed(tile) {
  return tile.every.some((image) => image.label !== tile.front.label);
}

/** @param {Record<string, any>} body @param {Record<string, any>} more */
function marked(body, more) {
  return SPEAKS.includes(body.kind) ? { ...body, ...more, via: "bulk" } : { ...body, ...more };
}

/**
 * Return one act per name for mixed stacks, and one act for all others.
 * @param {Record<string, any>} body @param {Meant} target
 * @param {import("./stacks.js").Tile[]} mixed
 */
function split(body, target, mixed) {
  if (!mixed.length) return [{ ...body, images: target.images, versions: target.versions }];
  /** @type {Map<string, import("./stacks.js").Stacked[]>} */
  const named = new Map();
  for (const tile of mixed) named.set(tile.front.label, [...(named.get(tile.front.label) ?? []), ...tile.every]);
  const rest = target.tiles.filter((t) => !mixed.includes(t)).flatMap((t) => t.every);
  const acts = [...named].map(([label, images]) => ({ kind: "relabel", label, ...asSeen(images) }));
  return rest.length ? [...acts, { ...body, ...asSeen(rest) }] : acts;
}

/** @param {import("./stacks.js").Tile[]} mixed */
async function sureOfNames(mixed) {
  const [first] = mixed;
  const one = mixed.length === 1;
  const many = counted(first.every.length, "picture");
  const name = called(first.front.label) || "no label";
  const others = [...new Set(first.every.map((i) => i.label))].filter((l) => l !== first.front.label);
  const words = one
    ? `Some of them are called ${others
        .map((l) => called(l) || "nothing")
        .slice(0, 4)
        .join(", ")} now.`
    : "Some of their pictures have other names now. All pictures of an event get the name that its tile shows.";
  const title = one ? `Name all ${many} of this event ${name}?` : `Name all pictures of ${mixed.length} events?`;
  return (await question({ title, words, ok: one ? `Name them ${name}` : "Name them" })) !== null;
}

const DOING = /** @type {Record<string, string>} */ ({
  confirm: "Accept",
  relabel: "Relabel",
  undecided: "Leave undecided:",
  trash: "Move to the trash:",
  restore: "Restore",
  move: "Move",
  copy: "Copy",
  deploy: "Place",
  date: "Date",
  count: "Count",
});

/** @param {Record<string, any>} body @param {number} many */
async function sureOf(body, many) {
  const as = body.kind === "relabel" ? ` as ${called(body.label)}` : "";
  const what = `${DOING[body.kind] ?? "Change"} ${counted(many, "picture")}${as}`;
  const speaks = SPEAKS.includes(body.kind);
  const words = speaks
    ? "More pictures change than you may have looked at. Their labels are marked as accepted in bulk: exports do not call them verified, and no model learns from them unless you say so."
    : "Not all of these pictures were on screen. You can undo this in the history.";
  const title = `${what}${speaks ? " in bulk" : ""}?`;
  return (await question({ title, words, ok: what })) !== null;
}
