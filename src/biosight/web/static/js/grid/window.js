// @ts-check
/**
 * Only the tiles near the visible part are in the page. Padding stands for the others, so that any
 * number of tiles scrolls equally well.
 */

/** How far tiles are kept above and below the visible part, in screens. */
const BEYOND = 0.7;
/** The height of a row in pixels until a tile is measured. */
const ROW = 200;

export class Window {
  /**
   * @param {HTMLElement} box a CSS grid of tiles of one size
   * @param {(at: number) => HTMLElement} draw the tile of a place
   * @param {(at: number) => void} [seen] is called with each place that is on screen
   */
  constructor(box, draw, seen = () => {}) {
    this.box = box;
    this.draw = draw;
    this.seen = seen;
    this.many = 0;
    /** The tiles in the page by their places. @type {Map<number, HTMLElement>} */
    this.tiles = new Map();
    this.waiting = 0;
    const soon = () => {
      this.waiting ||= requestAnimationFrame(() => {
        this.waiting = 0;
        this.update();
      });
    };
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    addEventListener("scroll", soon, { passive: true, signal });
    this.sizes = new ResizeObserver(soon);
    this.sizes.observe(box);
  }

  /** Return the number of tiles in a row. */
  columns() {
    return getComputedStyle(this.box).gridTemplateColumns.split(" ").length;
  }

  /** Return the height of a row with the gap below it. */
  row() {
    const [tile] = this.tiles.values();
    return tile ? tile.offsetHeight + Number.parseFloat(getComputedStyle(this.box).rowGap) : ROW;
  }

  /**
   * Show other tiles, or more of them.
   * @param {number} many @param {boolean} anew all are drawn again
   */
  set(many, anew) {
    this.many = many;
    if (anew) {
      this.tiles.clear();
      this.box.replaceChildren();
    }
    this.update();
  }

  /**
   * Put tiles into other places; those of unchanged pictures are kept, so that nothing flickers.
   * @param {string[]} ids of the pictures by their places @param {(id: string) => boolean} stays
   */
  rearrange(ids, stays) {
    const old = new Map([...this.tiles.values()].map((tile) => [tile.dataset.id ?? "", tile]));
    this.tiles.clear();
    for (const [at, id] of ids.entries()) {
      const tile = old.get(id);
      if (tile && stays(id)) this.tiles.set(at, tile);
    }
    this.box.replaceChildren(...this.tiles.values());
    this.set(ids.length, false);
  }

  /** Return which places belong in the page. */
  range() {
    const [columns, row] = [this.columns(), this.row()];
    const seen = innerHeight;
    const top = -this.box.getBoundingClientRect().top;
    const first = Math.floor((top - seen * BEYOND) / row) * columns;
    const last = Math.ceil((top + seen * (1 + BEYOND)) / row) * columns;
    const start = Math.min(Math.max(0, first), Math.max(0, Math.floor((this.many - 1) / columns) * columns));
    return { start, end: Math.min(this.many, Math.max(last, start + columns)), columns, row };
  }

  /** Draw tiles that come near, and remove tiles that are far away. */
  update() {
    let { start, end, columns, row } = this.range();
    this.place(start, end);
    if (row !== this.row()) {
      // Now a tile has been measured.
      ({ start, end, columns, row } = this.range());
      this.place(start, end);
    }
    const top = -this.box.getBoundingClientRect().top;
    const last = Math.min(end, Math.ceil((top + innerHeight) / row) * columns);
    for (let at = Math.max(start, Math.floor(top / row) * columns); at < last; at++) this.seen(at);
    const rows = Math.ceil(this.many / columns);
    this.box.style.paddingTop = `${(start / columns) * row}px`;
    this.box.style.paddingBottom = `${Math.max(0, rows - Math.ceil(end / columns)) * row}px`;
  }

  /** @param {number} start @param {number} end */
  place(start, end) {
    for (const [at, tile] of this.tiles) {
      if (at < start || at >= end) {
        tile.remove();
        this.tiles.delete(at);
      }
    }
    let next = null;
    for (let at = end - 1; at >= start; at--) {
      let tile = this.tiles.get(at);
      if (!tile) {
        tile = this.draw(at);
        this.tiles.set(at, tile);
        this.box.insertBefore(tile, next);
      }
      next = tile;
    }
  }

  /** Return the tile of a place, scrolled into view. @param {number} at */
  reveal(at) {
    const known = this.tiles.get(at);
    if (!known) {
      const y = this.box.getBoundingClientRect().top + scrollY + Math.floor(at / this.columns()) * this.row();
      scrollTo(0, y - innerHeight / 2);
      this.update();
    }
    const tile = this.tiles.get(at);
    tile?.scrollIntoView({ block: "nearest" });
    return tile;
  }

  stop() {
    this.stopping.abort();
    this.sizes.disconnect();
  }
}
