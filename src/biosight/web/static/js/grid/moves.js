// @ts-check
/** What keys do in a grid: move, select, open. */

/**
 * Return the actions by their names in KEYS (frame/keys.js).
 * @param {import("./grid.js").Grid} grid
 * @returns {Record<string, (event: KeyboardEvent) => void>}
 */
export function moves(grid) {
  return {
    next: (e) => grid.step(grid.current + 1, e),
    previous: (e) => grid.step(grid.current - 1, e),
    down: (e) => grid.step(grid.current < 0 ? 0 : grid.current + grid.columns(), e),
    up: (e) => grid.step(grid.current - grid.columns(), e),
    first: (e) => grid.step(0, e),
    last: (e) => grid.step(grid.images.length - 1, e),
    open: () => grid.images[grid.current] && grid.events.open(grid.images[grid.current].id),
    select: () => grid.toggle(grid.current),
    all: () => grid.selectAll(),
  };
}
