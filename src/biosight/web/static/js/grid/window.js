// @ts-check
/**
 * Only the tiles near the visible part are in the page. Padding stands for the others, so that any
 * number of tiles scrolls equally well.
 */
import { el } from "../frame/dom.js";
import { layHeadings } from "./headings.js";
import { between, lineOf, linesOf } from "./rows.js";

/** How far tiles are kept above and below the visible part, in screens. */
const BEYOND = 0.7;
/** The height of a row in pixels until a tile is measured. */
const ROW = 200;

export class Window {
  /**
   * @param {HTMLElement} box a CSS grid of tiles of one size
   * @param {(at: number) => HTMLElement} draw the tile of a place
   * @param {(at: number) => void} [seen] is called with each place that is on screen
   * @param {import("./headings.js").Headings | null} [headings]
   */
  constructor(box, draw, seen = () => {}, headings = null) {
    this.box = box;
    this.draw = draw;
    this.seen = seen;
    this.headings = headings;
    /** @type {number[]} */
    this.heads = [];
    this.many = 0;
    /** The tiles in the page by their places. @type {Map<number, HTMLElement>} */
    this.tiles = new Map();
    /** The room for headings in the page, by the places below them. @type {Map<number, HTMLElement>} */
    this.rooms = new Map();
    /** @type {import("./rows.js").Line[]} */
    this.lines = [];
    this.measured = "";
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

  gap() {
    return Number.parseFloat(getComputedStyle(this.box).rowGap) || 0;
  }

  /** Return the height of a row with the gap below it. */
  row() {
    const [tile] = this.tiles.values();
    return tile ? tile.offsetHeight + this.gap() : ROW;
  }

  /**
   * Show other tiles, or more of them.
   * @param {number} many @param {boolean} anew all are drawn again
   */
  set(many, anew) {
    this.many = many;
    this.heads = this.headings?.places() ?? [];
    this.measured = "";
    this.headings?.layer.replaceChildren();
    if (anew) {
      this.tiles.clear();
      this.rooms.clear();
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
    this.rooms.clear();
    for (const [at, id] of ids.entries()) {
      const tile = old.get(id);
      if (tile && stays(id)) this.tiles.set(at, tile);
    }
    this.box.replaceChildren(...this.tiles.values());
    this.set(ids.length, false);
  }

  /** Reckon the lines anew where something that they depend on has changed. */
  measure() {
    const [columns, row, gap] = [this.columns(), this.row(), this.gap()];
    const now = `${this.many} ${columns} ${row} ${gap}`;
    if (now === this.measured) return;
    this.measured = now;
    this.lines = linesOf(this.many, columns, row, gap, this.heads);
  }

  /** Return the lines that belong in the page. */
  near() {
    this.measure();
    const top = -this.box.getBoundingClientRect().top;
    const { first, last } = between(this.lines, top - innerHeight * BEYOND, top + innerHeight * (1 + BEYOND));
    const near = this.lines.slice(first, last);
    while (near.at(-1)?.head) near.pop(); // its tiles are farther away
    return near;
  }

  /** Draw tiles that come near, and remove tiles that are far away. */
  update() {
    let lines = this.near();
    this.place(lines);
    const before = this.measured;
    this.measure();
    if (before !== this.measured) {
      // Now a tile has been measured.
      lines = this.near();
      this.place(lines);
    }
    const top = -this.box.getBoundingClientRect().top;
    for (const line of lines)
      if (line.y + line.height > top && line.y < top + innerHeight)
        for (let at = line.start; at < line.end; at++) this.seen(at);
    if (this.headings) layHeadings(this.headings, lines);
  }

  /**
   * Put the tiles of some lines into the page, and the padding that stands for the others: together, since a page that
   * is shorter in between, if only while something is measured, loses its place at the end.
   * @param {import("./rows.js").Line[]} lines
   */
  place(lines) {
    const [first, last, whole] = [lines[0], lines.at(-1), this.lines.at(-1)];
    this.box.style.paddingTop = `${first?.y ?? 0}px`;
    this.box.style.paddingBottom = `${whole && last ? whole.y + whole.height - last.y - last.height : 0}px`;
    const [start, end] = [lines[0]?.start ?? 0, lines.at(-1)?.end ?? 0];
    const heads = new Set(lines.filter((line) => line.head).map((line) => line.start));
    drop(this.tiles, (at) => at >= start && at < end);
    drop(this.rooms, (at) => heads.has(at));
    let next = null;
    for (let at = end - 1; at >= start; at--) {
      next = this.put(this.tiles, at, next, () => this.draw(at));
      if (heads.has(at))
        next = this.put(this.rooms, at, next, () => el("div", { class: "day-room", role: "presentation" }));
    }
  }

  /**
   * Return the element of a place, which stands before another one.
   * @param {Map<number, HTMLElement>} known @param {number} at @param {HTMLElement | null} next
   * @param {() => HTMLElement} make
   */
  put(known, at, next, make) {
    let there = known.get(at);
    if (!there) {
      there = make();
      known.set(at, there);
      this.box.insertBefore(there, next);
    }
    return there;
  }

  /** Return the tile of a place, scrolled into view. @param {number} at */
  reveal(at) {
    const known = this.tiles.get(at);
    if (!known) {
      this.measure();
      const line = this.lines[lineOf(this.lines, at)];
      scrollTo(0, this.box.getBoundingClientRect().top + scrollY + (line?.y ?? 0) - innerHeight / 2);
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

/** Remove the elements of places that are not wanted. @param {Map<number, HTMLElement>} known @param {(at: number) => boolean} wanted */
function drop(known, wanted) {
  for (const [at, there] of known) {
    if (wanted(at)) continue;
    there.remove();
    known.delete(at);
  }
}
