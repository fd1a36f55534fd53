// @ts-check
/**
 * Jump to a day or a label in the grid: all pictures before it are loaded, and the first match
 * becomes the current one.
 */
import { complain, toast } from "../frame/toast.js";
import { chooseLabel } from "../pictures/relabel.js";
import { loadMany } from "./paging.js";

/**
 * The orders that go by days, with the day that a picture has in each.
 * @type {Record<string, (image: Schemas["ImageOut"]) => string>}
 */
const DAYS = {
  newest: (image) => dayOf(image.created_at),
  oldest: (image) => dayOf(image.created_at),
  taken: (image) => image.day,
  "taken-first": (image) => image.day,
};
const EARLIEST_FIRST = ["oldest", "taken-first"];

/** @param {number} seconds since 1970 @returns {string} the day in local time, YYYY-MM-DD */
function dayOf(seconds) {
  const at = new Date(seconds * 1000);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/**
 * @param {HTMLElement} box a date and a button @param {DOMStringMap} data the page's
 * @param {import("./grid.js").Grid} grid @param {() => string} sort the order shown
 */
export function wireJump(box, data, grid, sort) {
  const field = /** @type {HTMLInputElement} */ (box.querySelector("input"));
  field.addEventListener("change", () => field.value && toDay(grid, sort(), field.value).catch(complain));
  box.querySelector("button")?.addEventListener("click", () => toLabel(data, grid).catch(complain));
}

/**
 * Show the field for a day only if the order goes by days.
 * @param {HTMLElement} box @param {string} sort
 */
export function fitJump(box, sort) {
  /** @type {HTMLInputElement} */ (box.querySelector("input")).hidden = !(sort in DAYS);
}

/** @param {import("./grid.js").Grid} grid @param {string} sort @param {string} day */
async function toDay(grid, sort, day) {
  const of = DAYS[sort];
  await jump(grid, 0, (image) => (EARLIEST_FIRST.includes(sort) ? of(image) >= day : of(image) <= day));
}

/**
 * Go to the next picture of a label, or of one below it.
 * @param {DOMStringMap} data @param {import("./grid.js").Grid} grid
 */
async function toLabel(data, grid) {
  const label = await chooseLabel(data, "Go to the next picture of", { only: true });
  const is = (/** @type {Schemas["ImageOut"]} */ image) =>
    image.label === label || [image.label_path, ...image.also_paths].some((path) => path.includes(`/${label}/`));
  if (label) await jump(grid, grid.current + 1, is);
}

/**
 * @param {import("./grid.js").Grid} grid @param {number} from a place in it
 * @param {(image: Schemas["ImageOut"]) => boolean} reached
 */
async function jump(grid, from, reached) {
  let seen = from;
  for (;;) {
    const at = grid.images.findIndex((image, i) => i >= seen && reached(image));
    if (at >= 0) {
      grid.moveTo(at);
      grid.box.focus({ preventScroll: true });
      return;
    }
    seen = Math.max(from, grid.images.length);
    if (!grid.next) return toast(from ? "There is no such picture after this one." : "There is no picture there.");
    await loadMany(grid);
  }
}
