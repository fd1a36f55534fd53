// @ts-check
/** The grid: tiles, endless scrolling, the current tile and the selection. */
import { dayHeading, dayStarts } from "./days.js";
import { fetchPage } from "./paging.js";
import { fronts } from "./stacks.js";
import { drawTile } from "./tile.js";
import { Window } from "./window.js";

const FIRST_AT_ONCE = 12;

export class Grid {
  /**
   * @param {HTMLElement} box with a layer for headings before it
   * @param {string} collection @param {HTMLElement} end watched for scrolling
   * @param {{changed: () => void, open: (id: string) => void, arrived: (many: number) => void}} events
   */
  constructor(box, collection, end, events) {
    this.box = box;
    this.collection = collection;
    this.events = events;
    /** @type {import("../pictures/acts.js").Image[]} */
    this.images = [];
    /** @type {Map<string, import("./stacks.js").Stacked>} events, with the picture that stands for each */
    this.stacks = new Map();
    /** @type {Set<string>} pictures whose tiles were on screen */
    this.seen = new Set();
    /** @type {Set<string>} */
    this.selection = new Set();
    /** @type {import("../pictures/acts.js").Image[]} arrived, but not shown yet */
    this.arrived = [];
    this.current = -1;
    this.anchor = -1;
    this.next = "";
    /** @type {Record<string, any>} */
    this.filter = {};
    this.loading = 0;
    this.fetching = false;
    this.watcher = new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && this.more(), {
      rootMargin: "1200px",
    });
    this.watcher.observe(end);
    this.window = new Window(
      box,
      (at) => this.tile(at),
      (at) => this.seen.add(this.images[at]?.id),
      {
        layer: /** @type {HTMLElement} */ (box.previousElementSibling),
        places: () => dayStarts(this.images, this.filter.sort ?? ""),
        draw: (at) => dayHeading(this, at),
      },
    );
    box.addEventListener("click", (event) => this.click(event));
    box.addEventListener("focus", () => this.current < 0 && this.moveTo(0, false));
  }

  /** @param {Record<string, any>} filter */
  async show(filter) {
    this.filter = filter;
    const trip = ++this.loading;
    this.box.setAttribute("aria-busy", "true");
    const page = await fetchPage(this.collection, this.filter);
    if (trip !== this.loading) return;
    this.stacks.clear();
    this.put(fronts(page, this.stacks), page.next);
    this.box.removeAttribute("aria-busy");
  }

  /** @param {import("../pictures/acts.js").Image[]} images @param {string} next */
  put(images, next) {
    const was = this.images[this.current]?.id;
    this.images = images;
    this.arrived = [];
    this.events.arrived(0);
    this.next = next;
    this.current = -1;
    this.selection.clear();
    this.window.set(images.length, true);
    const at = images.findIndex((i) => i.id === was);
    if (at >= 0 || document.activeElement === this.box) this.moveTo(Math.max(at, 0), false);
    this.events.changed();
  }

  /** Load the next page when the end comes near. @param {number} [many] pictures */
  async more(many) {
    if (!this.next || this.fetching) return;
    this.fetching = true;
    const trip = this.loading;
    try {
      const page = await fetchPage(this.collection, this.filter, this.next, many);
      if (trip !== this.loading) return;
      this.next = page.next;
      const there = new Set(this.images.map((i) => i.id));
      const fresh = fronts(page, this.stacks).filter((/** @type {Schemas["ImageOut"]} */ i) => !there.has(i.id));
      this.images.push(...fresh);
      this.window.set(this.images.length, false);
    } finally {
      this.fetching = false;
    }
  }

  /** @param {number} at */
  tile(at) {
    const image = this.images[at];
    const made = drawTile(image, this.selection.has(image.id), at < FIRST_AT_ONCE);
    if (at === this.current) made.classList.add("current");
    return made;
  }

  /** Show the pictures as they are now; those that changed are drawn anew. @param {Set<string>} [changed] */
  redraw(changed = new Set()) {
    const ids = this.images.map((i) => i.id);
    this.window.rearrange(ids, (id) => !changed.has(id));
    for (const [at, tile] of this.window.tiles) tile.classList.toggle("current", at === this.current);
  }

  /** @param {MouseEvent} event */
  click(event) {
    const target = /** @type {Element} */ (event.target);
    const tile = target.closest(".tile");
    if (!(tile instanceof HTMLElement)) return;
    const at = this.images.findIndex((i) => i.id === tile.dataset.id);
    if (event.shiftKey) this.range(at);
    else if (event.ctrlKey || event.metaKey || target.closest(".pick")) this.toggle(at);
    else {
      this.moveTo(at, false);
      this.events.open(this.images[at].id);
    }
  }

  /** @param {number} at */
  toggle(at) {
    const id = this.images[at]?.id;
    if (!id) return;
    if (!this.selection.delete(id)) this.selection.add(id);
    this.anchor = at;
    this.moveTo(at, false);
    this.mark();
  }

  /** @param {number} at */
  range(at) {
    const from = this.anchor < 0 ? Math.max(this.current, 0) : this.anchor;
    for (let i = Math.min(from, at); i <= Math.max(from, at); i++) this.selection.add(this.images[i].id);
    this.moveTo(at, false);
    this.mark();
  }

  /** Move by keys; with Shift the selection grows. @param {number} at @param {KeyboardEvent} event */
  step(at, event) {
    const to = Math.min(Math.max(at, 0), this.images.length - 1);
    if (!event.shiftKey) return this.moveTo(to);
    if (this.anchor < 0) this.anchor = Math.max(this.current, 0);
    this.range(to);
    this.moveTo(to);
  }

  selectAll() {
    for (const image of this.images) this.selection.add(image.id);
    this.mark();
  }

  clear() {
    this.anchor = -1;
    this.selection.clear();
    this.mark();
  }

  /** Show the selection. */
  mark() {
    for (const tile of this.window.tiles.values())
      tile.setAttribute("aria-selected", String(this.selection.has(tile.dataset.id ?? "")));
    this.box.classList.toggle("picking", this.selection.size > 0);
    this.events.changed();
  }

  /** @param {number} at @param {boolean} [scroll] */
  moveTo(at, scroll = true) {
    if (!this.images.length) return;
    this.window.tiles.get(this.current)?.classList.remove("current");
    this.current = Math.min(Math.max(at, 0), this.images.length - 1);
    const tile = scroll ? this.window.reveal(this.current) : this.window.tiles.get(this.current);
    tile?.classList.add("current");
    this.box.setAttribute("aria-activedescendant", `t-${this.images[this.current].id}`);
    if (this.current > this.images.length - 20) this.more();
  }

  /** Return what an act is for: the selection, or else the current tile. */
  chosen() {
    if (this.selection.size) return this.images.filter((i) => this.selection.has(i.id));
    return this.images[this.current] ? [this.images[this.current]] : [];
  }

  stop() {
    this.window.stop();
    this.watcher.disconnect();
  }
}
