// @ts-check
/** The grid after pictures changed, here or elsewhere on the page. */

/**
 * Redraw changed pictures. Those that no longer belong here are removed, and the current tile stays
 * near its place.
 * @param {import("./grid.js").Grid} grid
 * @param {import("../pictures/acts.js").Image[]} changed
 * @param {(image: Schemas["ImageOut"]) => boolean} belongs
 */
export function update(grid, changed, belongs) {
  /** @type {Map<string, import("./stacks.js").Stacked>} */
  const fresh = new Map(changed.map((i) => [i.id, i]));
  const keep = grid.images[grid.current + 1]?.id;
  grid.images = grid.images.flatMap((image) => {
    const now = fresh.get(image.id);
    if (!now) return [image];
    now.stack = /** @type {import("./stacks.js").Stacked} */ (image).stack;
    if (belongs(now)) return [now];
    grid.selection.delete(image.id);
    return [];
  });
  grid.redraw(new Set(fresh.keys()));
  const was = grid.images.findIndex((i) => i.id === keep);
  if (grid.current >= grid.images.length || (was >= 0 && was <= grid.current)) {
    grid.moveTo(was >= 0 ? was : grid.images.length - 1);
  }
  grid.events.changed();
}
