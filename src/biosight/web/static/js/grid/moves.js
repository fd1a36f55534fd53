// @ts-check
/** What keys do in a grid: move, select, open. */
import { vertical } from "./rows.js";

/**
 * Return the actions by their names in KEYS (frame/keys.js).
 * @param {import("./grid.js").Grid} grid
 * @returns {Record<string, (event: KeyboardEvent) => void>}
 */
export function moves(grid) {
  return {
    next: (e) => grid.step(grid.current + 1, e),
    previous: (e) => grid.step(grid.current - 1, e),
    down: (e) => grid.step(beside(grid, 1), e),
    up: (e) => grid.step(beside(grid, -1), e),
    first: (e) => grid.step(0, e),
    last: (e) => grid.step(grid.images.length - 1, e),
    open: () => grid.images[grid.current] && grid.events.open(grid.images[grid.current].id),
    select: () => grid.toggle(grid.current),
    all: () => grid.selectAll(),
  };
}

/** Return the place above or below the current tile. @param {import("./grid.js").Grid} grid @param {1 | -1} by */
function beside(grid, by) {
  grid.window.measure();
  return grid.current < 0 ? 0 : vertical(grid.window.lines, grid.current, by);
}
