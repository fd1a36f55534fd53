// @ts-check
/**
 * Headings between the tiles of a grid: they lie over room that the grid keeps free, since a list of
 * options may hold no buttons.
 */

/**
 * The places above which headings are, and their elements; `layer` lies over the grid.
 * @typedef {{layer: HTMLElement, places: () => number[], draw: (at: number) => HTMLElement}} Headings
 */

/**
 * Lay the headings of some lines over their room, and remove others.
 * @param {Headings} headings @param {import("./rows.js").Line[]} lines
 */
export function layHeadings({ layer, draw }, lines) {
  const wanted = new Map(lines.filter((line) => line.head).map((line) => [String(line.start), line]));
  for (const shown of [...layer.children])
    if (!wanted.has(/** @type {HTMLElement} */ (shown).dataset.at ?? "")) shown.remove();
  for (const [at, line] of wanted) {
    let shown = /** @type {HTMLElement | null} */ (layer.querySelector(`[data-at="${at}"]`));
    if (!shown) {
      shown = draw(line.start);
      shown.dataset.at = at;
      layer.append(shown);
    }
    shown.style.top = `${line.y}px`;
  }
}
