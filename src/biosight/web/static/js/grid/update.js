// @ts-check
/** The grid after pictures changed, here or elsewhere on the page. */

/**
 * Draw changed pictures anew; those that no longer belong here go, and the current tile stays near.
 * @param {import("./grid.js").Grid} grid
 * @param {import("../pictures/acts.js").Image[]} changed
 * @param {(image: any) => boolean} belongs
 */
export function update(grid, changed, belongs) {
  const fresh = new Map(changed.map((i) => [i.id, i]));
  const keep = grid.images[grid.current + 1]?.id;
  const stays = grid.images.filter((image, at) => renewed(grid, image, at, fresh, belongs));
  grid.images = stays.map((i) => fresh.get(i.id) ?? i);
  const was = grid.images.findIndex((i) => i.id === keep);
  if (grid.current >= grid.images.length || (was >= 0 && was <= grid.current)) {
    grid.moveTo(was >= 0 ? was : grid.images.length - 1);
  }
  grid.events.changed();
}

/**
 * Draw one tile anew, or take it away; does it stay?
 * @param {import("./grid.js").Grid} grid @param {import("../pictures/acts.js").Image} image @param {number} at
 * @param {Map<string, import("../pictures/acts.js").Image>} fresh @param {(image: any) => boolean} belongs
 */
function renewed(grid, image, at, fresh, belongs) {
  /** @type {import("./stacks.js").Stacked | undefined} */
  const now = fresh.get(image.id);
  if (!now) return true;
  now.stack = /** @type {import("./stacks.js").Stacked} */ (image).stack;
  const tile = grid.box.querySelector(`[data-id="${image.id}"]`);
  if (!belongs(now)) {
    tile?.remove();
    grid.selection.delete(image.id);
    return false;
  }
  const made = grid.tile(now);
  made.classList.toggle("current", at === grid.current);
  tile?.replaceWith(made);
  return true;
}
