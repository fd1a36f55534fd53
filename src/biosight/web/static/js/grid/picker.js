// @ts-check
/**
 * Tiles that are each in or out. Together they are one tab stop; clicks, Shift and keys take tiles
 * in and out.
 */
import { counted, el } from "../frame/dom.js";
import { framed } from "./framing.js";
import { drawTile, markLevels } from "./tile.js";

export class Picker {
  /**
   * @param {Schemas["ImageOut"][]} images @param {{name: string, all: boolean, editor: boolean, changed: () => void, shown?: number}} how
   */
  constructor(images, how) {
    this.images = images;
    this.changed = how.changed;
    /** @type {Set<string>} */
    this.chosen = new Set(how.all ? images.map((i) => i.id) : []);
    this.current = -1;
    this.anchor = -1;
    this.editor = how.editor;
    this.box = el("div", {
      class: "grid",
      "data-size": "s",
      "data-framing": framed(),
      role: "listbox",
      "aria-multiselectable": "true",
      "aria-label": how.name,
      tabindex: 0,
    });
    this.show(how.shown ?? images.length);
    this.box.addEventListener("click", (/** @type {MouseEvent} */ event) => this.click(event));
    this.box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
    this.box.addEventListener("focus", () => this.current < 0 && this.move(0));
  }

  /** Draw the first of the tiles. @param {number} many */
  show(many) {
    const drawn = this.box.children.length;
    this.box.append(...this.images.slice(drawn, many).map((i) => drawTile(i, this.chosen.has(i.id))));
    markLevels(this.box);
  }

  /** The pictures that are in, and those that are out. */
  get in() {
    return this.images.filter((i) => this.chosen.has(i.id));
  }

  get out() {
    return this.images.filter((i) => !this.chosen.has(i.id));
  }

  /** @param {MouseEvent} event */
  click(event) {
    const tile = /** @type {Element} */ (event.target).closest(".tile");
    const at = tile ? [...this.box.children].indexOf(tile) : -1;
    if (at < 0 || !this.editor) return;
    event.shiftKey && this.anchor >= 0 ? this.range(at) : this.toggle(at);
    this.move(at, false);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const row = getComputedStyle(this.box).gridTemplateColumns.split(" ").length;
    const steps = /** @type {Record<string, number>} */ ({
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: row,
      ArrowUp: -row,
      Home: -this.current,
      End: this.box.children.length,
    });
    if (event.key === " " || event.key === "x") {
      if (this.editor) this.toggle(Math.max(this.current, 0));
    } else if (event.key in steps) {
      if (event.shiftKey && this.anchor < 0) this.toggle(Math.max(this.current, 0));
      this.move(this.current + steps[event.key]);
      if (event.shiftKey && this.editor) this.range(this.current);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} at */
  toggle(at) {
    const id = this.images[at]?.id;
    if (!id) return;
    if (!this.chosen.delete(id)) this.chosen.add(id);
    this.anchor = at;
    this.mark();
  }

  /** Make all tiles from the anchor on in or out, as the anchor is. @param {number} at */
  range(at) {
    const taken = this.chosen.has(this.images[this.anchor].id);
    for (let i = Math.min(this.anchor, at); i <= Math.max(this.anchor, at); i++) {
      if (taken) this.chosen.add(this.images[i].id);
      else this.chosen.delete(this.images[i].id);
    }
    this.mark();
  }

  mark() {
    for (const [i, tile] of [...this.box.children].entries())
      tile.setAttribute("aria-selected", String(this.chosen.has(this.images[i].id)));
    this.changed();
  }

  /** @param {number} at @param {boolean} [scroll] */
  move(at, scroll = true) {
    this.box.children[this.current]?.classList.remove("current");
    this.current = Math.min(Math.max(at, 0), this.box.children.length - 1);
    const tile = this.box.children[this.current];
    tile.classList.add("current");
    this.box.setAttribute("aria-activedescendant", tile.id);
    if (scroll) tile.scrollIntoView({ block: "nearest" });
  }

  /** Say how many are in. @param {string} what */
  says(what) {
    return `${what} ${counted(this.in.length, "picture")}`;
  }
}
