// @ts-check
/** Days as headings of a grid that is sorted by the date taken. */

import { el } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { loadMany } from "./paging.js";

const BY_DAY = ["taken", "taken-first"];

/** @typedef {import("./grid.js").Grid} Grid */

/**
 * Return the places at which another day begins; none where the order does not go by days.
 * @param {{day: string}[]} images @param {string} sort
 */
export function dayStarts(images, sort) {
  if (!BY_DAY.includes(sort)) return [];
  return images.flatMap((image, at) => (at === 0 || image.day !== images[at - 1].day ? [at] : []));
}

/**
 * Return the place after the last picture of the day that begins at a place.
 * @param {{day: string}[]} images @param {number} at
 */
function endOf(images, at) {
  let end = at;
  while (end < images.length && images[end].day === images[at].day) end++;
  return end;
}

/** @param {string} day YYYY-MM-DD, or "" @returns {string} for people */
function inWords(day) {
  if (!day) return "Without a date";
  return new Date(`${day}T00:00:00`).toLocaleDateString(undefined, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
}

/**
 * Return the heading of the day that begins at a place: how many pictures, and a button that selects them.
 * @param {Grid} grid @param {number} at
 */
export function dayHeading(grid, at) {
  const { day } = /** @type {{day: string}} */ (grid.images[at]);
  const end = endOf(grid.images, at);
  const whole = end < grid.images.length || !grid.next;
  const words = inWords(day);
  const tiles = (end - at).toLocaleString("en");
  return el(
    "div",
    { class: "day" },
    el("h2", {}, words),
    el("span", { class: "soft" }, whole ? tiles : `${tiles}+`),
    el(
      "button",
      {
        type: "button",
        class: "quiet",
        "aria-label": `Select all of ${words}`,
        onclick: () => selectDay(grid, at).catch(complain),
      },
      "Select",
    ),
  );
}

/** Select all pictures of a day; those that are not loaded yet are loaded first. @param {Grid} grid @param {number} at */
async function selectDay(grid, at) {
  const first = grid.images[at].id;
  const place = () => grid.images.findIndex((image) => image.id === first);
  while (grid.next && endOf(grid.images, place()) === grid.images.length) await loadMany(grid);
  const start = place();
  if (start < 0) return;
  for (const image of grid.images.slice(start, endOf(grid.images, start))) grid.selection.add(image.id);
  grid.anchor = start;
  grid.moveTo(start, false);
  grid.mark();
}
