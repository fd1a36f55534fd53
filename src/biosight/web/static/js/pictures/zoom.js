// @ts-check
/** Zoom and pan of one picture: wheel, pinch, drag, double-click, keys. */

const MOST = 32;
/** The shortest swipe that counts, in pixels. */
const FAR = 60;

export class Zoom {
  /** @param {HTMLElement} stage @param {HTMLImageElement} img @param {() => void} [told] at each zoom */
  constructor(stage, img, told = () => {}) {
    this.told = told;
    this.stage = stage;
    this.img = img;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    /** @type {PointerEvent | null} where one finger alone came down */
    this.began = null;
    /** @type {Map<number, PointerEvent>} */
    this.pointers = new Map();
    stage.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    stage.addEventListener("dblclick", (e) => this.at(e.clientX, e.clientY, this.scale > 1 ? 1 / this.scale : 3));
    stage.addEventListener("pointerdown", (e) => this.down(e));
    stage.addEventListener("pointermove", (e) => this.move(e));
    stage.addEventListener("pointerup", (e) => this.swiped(e));
    for (const end of ["pointerup", "pointercancel"]) {
      stage.addEventListener(end, (e) => this.pointers.delete(/** @type {PointerEvent} */ (e).pointerId));
    }
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    this.at(event.clientX, event.clientY, Math.exp(-event.deltaY / 400));
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.target instanceof Element && event.target.closest("button")) return;
    this.pointers.set(event.pointerId, event);
    this.began = this.pointers.size === 1 && event.pointerType === "touch" ? event : null;
    this.stage.setPointerCapture(event.pointerId);
  }

  /**
   * Ask for the next or previous picture when a finger swipes across an unzoomed one.
   * @param {PointerEvent} event
   */
  swiped(event) {
    if (!this.began || this.scale > 1) return;
    const [across, down] = [event.clientX - this.began.clientX, event.clientY - this.began.clientY];
    if (Math.abs(across) < FAR || Math.abs(across) < 2 * Math.abs(down)) return;
    this.stage.dispatchEvent(new CustomEvent("swipe", { detail: across < 0 ? 1 : -1, bubbles: true }));
  }

  /** @param {PointerEvent} event */
  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const others = [...this.pointers.values()].filter((p) => p.pointerId !== event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (others.length === 1) {
      const distance = (/** @type {PointerEvent} */ p) =>
        Math.hypot(p.clientX - others[0].clientX, p.clientY - others[0].clientY) || 1;
      this.at(
        (event.clientX + others[0].clientX) / 2,
        (event.clientY + others[0].clientY) / 2,
        distance(event) / distance(before),
      );
    } else if (this.scale > 1) {
      this.x += event.clientX - before.clientX;
      this.y += event.clientY - before.clientY;
      this.draw();
    }
  }

  /** Zoom by a factor around the stage's middle. @param {number} factor */
  by(factor) {
    const box = this.stage.getBoundingClientRect();
    this.at(box.left + box.width / 2, box.top + box.height / 2, factor);
  }

  /**
   * Zoom by a factor so that the point under the pointer stays.
   * @param {number} clientX
   * @param {number} clientY
   * @param {number} factor
   */
  at(clientX, clientY, factor) {
    const next = Math.min(MOST, Math.max(1, this.scale * factor));
    const box = this.img.getBoundingClientRect();
    const ratio = next / this.scale - 1;
    this.x -= (clientX - box.left) * ratio;
    this.y -= (clientY - box.top) * ratio;
    this.scale = next;
    if (next === 1) this.x = this.y = 0;
    this.draw();
  }

  reset() {
    this.scale = 1;
    this.x = this.y = 0;
    this.draw();
  }

  draw() {
    const transform = this.scale === 1 ? "" : `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    for (const layer of /** @type {NodeListOf<HTMLElement>} */ (
      this.stage.querySelectorAll("img, canvas, svg.boxes")
    )) {
      layer.style.transform = transform;
    }
    this.told();
  }
}
