// @ts-check
/** To a day within the grid: what lies before it is loaded, and the first picture of the day is the current one. */
import { complain, toast } from "../frame/toast.js";

/** The order that goes by days, and which day a picture has in it. @type {Record<string, (image: any) => string>} */
const DAYS = {
  newest: (image) => dayOf(image.created_at),
  oldest: (image) => dayOf(image.created_at),
  taken: (image) => image.day,
};

/** @param {number} seconds since 1970 @returns {string} the day where one is, YYYY-MM-DD */
function dayOf(seconds) {
  const at = new Date(seconds * 1000);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/**
 * @param {HTMLInputElement} field a date @param {import("./grid.js").Grid} grid @param {() => string} sort the order shown
 */
export function wireJump(field, grid, sort) {
  field.addEventListener("change", () => field.value && jump(grid, sort(), field.value).catch(complain));
}

/** Is there a day to go to in this order? @param {string} sort */
export function goesByDays(sort) {
  return sort in DAYS;
}

/** @param {import("./grid.js").Grid} grid @param {string} sort @param {string} day */
async function jump(grid, sort, day) {
  const of = DAYS[sort];
  const reached = (/** @type {any} */ image) => (sort === "oldest" ? of(image) >= day : of(image) <= day);
  let seen = 0;
  for (;;) {
    const at = grid.images.findIndex((image, i) => i >= seen && reached(image));
    if (at >= 0) {
      grid.moveTo(at);
      grid.box.focus({ preventScroll: true });
      return;
    }
    seen = grid.images.length;
    if (!grid.next) return toast("No picture lies there.");
    await grid.more(MANY);
    if (grid.images.length === seen) await new Promise((soon) => setTimeout(soon, 50)); // another page is under way
  }
}

/** Pictures a page while one is on the way. */
const MANY = 500;
