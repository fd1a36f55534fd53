// @ts-check
/** Drawing the box of a subject over the large picture, by mouse, touch or keyboard. */
import { el } from "../frame/dom.js";
import { svg } from "../learning/plots.js";

/** @typedef {Schemas["RegionOut"]} Region */

const STEP = 0.01;
const LEAST = 0.005;
const HELP = "Arrows move the box, Shift and arrows change its size, Enter keeps it, Escape gives up.";
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const CORNERS = /** @type {[number, number][]} */ ([
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
]);

/** @param {number} value @param {number} low @param {number} high */
const within = (value, low, high) => Math.min(high, Math.max(low, value));

/** Return the rectangle between two points of a picture. @param {[number, number]} a @param {[number, number]} b @returns {Region} */
export function between([ax, ay], [bx, by]) {
  const [left, right] = [within(Math.min(ax, bx), 0, 1), within(Math.max(ax, bx), 0, 1)];
  const [top, bottom] = [within(Math.min(ay, by), 0, 1), within(Math.max(ay, by), 0, 1)];
  return { x: left, y: top, w: right - left, h: bottom - top };
}

/** Return a region moved, within the picture. @param {Region} r @param {number} dx @param {number} dy @returns {Region} */
export function moved(r, dx, dy) {
  return { ...r, x: within(r.x + dx, 0, 1 - r.w), y: within(r.y + dy, 0, 1 - r.h) };
}

/** Return a region with another size, within the picture. @param {Region} r @param {number} dw @param {number} dh @returns {Region} */
export function resized(r, dw, dh) {
  return { ...r, w: within(r.w + dw, STEP, 1 - r.x), h: within(r.h + dh, STEP, 1 - r.y) };
}

/** A box that is being drawn. It is over when it is kept, given up, or the page is left. */
export class BoxDrawing {
  /**
   * @param {HTMLElement} stage @param {{width: number, height: number}} image
   * @param {{region: Region | null, keep: (region: Region) => any, over?: () => void}} how
   */
  constructor(stage, { width, height }, { region, keep, over = () => {} }) {
    this.stage = stage;
    this.size = [width, height];
    this.region = region ?? { x: 0.3, y: 0.3, w: 0.4, h: 0.4 };
    this.drawn = region !== null;
    this.keep = keep;
    this.over = over;
    /** @type {((point: [number, number]) => Region) | null} what a dragging pointer makes of the region */
    this.drag = null;
    this.rect = svg("rect", { class: "drawn" });
    this.handles = CORNERS.map(() => svg("circle", { class: "handle" }));
    this.layer = svg(
      "svg",
      {
        class: "boxes drawing",
        viewBox: `0 0 ${width} ${height}`,
        tabindex: 0,
        role: "application",
        "aria-label": `Box around the subject. ${HELP}`,
      },
      this.rect,
      this.handles,
    );
    this.bar = this.toolbar();
    this.listen();
    stage.querySelector("img:not(.under)")?.after(this.layer);
    stage.append(this.bar);
    const image = /** @type {HTMLElement | null} */ (stage.querySelector("img:not(.under)"));
    this.layer.style.transform = image?.style.transform ?? "";
    this.show();
    this.layer.focus();
  }

  toolbar() {
    const button = (/** @type {string} */ words, /** @type {() => any} */ onclick, css = "") =>
      el("button", { type: "button", class: css, onclick }, words);
    return el(
      "div",
      { class: "box-bar", role: "toolbar", "aria-label": "Box" },
      el("span", {}, "Drag a box around it"),
      button("Keep box", () => this.finish(), "primary"),
      button("Cancel", () => this.stop()),
    );
  }

  listen() {
    this.layer.addEventListener("pointerdown", (/** @type {PointerEvent} */ e) => this.down(e));
    this.layer.addEventListener("pointermove", (/** @type {PointerEvent} */ e) => this.move(e));
    for (const end of ["pointerup", "pointercancel"]) this.layer.addEventListener(end, () => this.up());
    this.layer.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => this.key(e));
  }

  /** Return where a pointer is, as shares of the picture. @param {PointerEvent} event @returns {[number, number]} */
  point(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.layer.getScreenCTM().inverse());
    return [within(at.x / this.size[0], 0, 1), within(at.y / this.size[1], 0, 1)];
  }

  /** A corner resizes, the box itself moves, and anywhere else a new box begins. @param {PointerEvent} event */
  down(event) {
    event.stopPropagation();
    event.preventDefault();
    this.layer.focus();
    this.layer.setPointerCapture(event.pointerId);
    const from = this.point(event);
    const was = this.region;
    const corner = CORNERS[this.handles.indexOf(event.target)];
    if (corner) {
      /** @type {[number, number]} */
      const opposite = [was.x + (corner[0] ? 0 : was.w), was.y + (corner[1] ? 0 : was.h)];
      this.drag = (to) => between(opposite, to);
    } else if (event.target === this.rect && this.drawn) {
      this.drag = (to) => moved(was, to[0] - from[0], to[1] - from[1]);
    } else {
      this.drag = (to) => between(from, to);
    }
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.drag) return;
    event.stopPropagation();
    const next = this.drag(this.point(event));
    if (next.w < LEAST || next.h < LEAST) return;
    this.region = next;
    this.drawn = true;
    this.show();
  }

  up() {
    this.drag = null;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const [dx, dy] = [arrow[0] * STEP, arrow[1] * STEP];
      this.region = event.shiftKey ? resized(this.region, dx, dy) : moved(this.region, dx, dy);
      this.drawn = true;
      this.show();
    } else if (event.key === "Enter") this.finish();
    else if (event.key === "Escape") this.stop();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  show() {
    const [wide, high] = this.size;
    const { x, y, w, h } = this.region;
    for (const [name, value] of Object.entries({ x: x * wide, y: y * high, width: w * wide, height: h * high })) {
      this.rect.setAttribute(name, String(value));
    }
    const matrix = this.layer.getScreenCTM();
    const radius = 9 / Math.max(1e-6, matrix?.a ?? 1);
    this.handles.forEach((handle, n) => {
      handle.setAttribute("cx", String((x + CORNERS[n][0] * w) * wide));
      handle.setAttribute("cy", String((y + CORNERS[n][1] * h) * high));
      handle.setAttribute("r", String(radius));
    });
  }

  finish() {
    this.stop();
    this.keep(this.region);
  }

  stop() {
    this.layer.remove();
    this.bar.remove();
    this.over();
  }
}
