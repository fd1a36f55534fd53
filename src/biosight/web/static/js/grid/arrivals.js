// @ts-check
/**
 * Pictures that arrive while the grid is open. They are shown at once while nobody works in the
 * grid; otherwise a button offers them, so that no tile moves from under the pointer.
 */

import { counted } from "../frame/dom.js";

/** Somebody who scrolled further than this, in pixels, is working in the grid. */
const WORKING = 200;

/** @param {import("./grid.js").Grid} grid @param {import("../pictures/acts.js").Image} image */
export function arrive(grid, image) {
  if (grid.images.some((i) => i.id === image.id) || grid.arrived.some((i) => i.id === image.id)) return;
  grid.arrived.unshift(image);
  const busy = grid.box.matches(":hover, :focus-within") || grid.selection.size > 0 || scrollY > WORKING;
  if (!busy || !grid.images.length) showArrived(grid);
  grid.events.arrived(grid.arrived.length);
}

/** Add the pictures that arrived to the grid. @param {import("./grid.js").Grid} grid */
export function showArrived(grid) {
  const there = new Set(grid.images.map((i) => i.id));
  const fresh = grid.arrived.filter((i) => !there.has(i.id));
  grid.arrived = [];
  grid.images.unshift(...fresh);
  if (grid.current >= 0) grid.current += fresh.length;
  grid.redraw();
  grid.events.arrived(0);
  grid.events.changed();
}

/** @param {HTMLButtonElement} button @param {number} many pictures that arrived and are not shown yet */
export function offerArrived(button, many) {
  button.hidden = !many;
  button.textContent = `Show ${counted(many, "new picture")}`;
}
