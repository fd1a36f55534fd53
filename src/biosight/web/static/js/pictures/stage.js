// @ts-check
/** The large picture: its thumbnail until it is loaded, every pixel once one zooms in. */
import { API } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { planeBar } from "./planes.js";
import { scaleBar } from "./scale_bar.js";
import { Zoom } from "./zoom.js";

const TRIES = 6;

export class Stage {
  /**
   * @param {HTMLElement} box
   * @param {{id: string, name: string, label: string, width: number, height: number, microns?: number, planes?: string[]}} image
   */
  constructor(box, image) {
    this.box = box;
    this.image = image;
    this.whole = false;
    this.plane = "";
    this.gone = false;
    this.under = el("img", { class: "under", src: `${API}/images/${image.id}/thumbnail`, alt: "", draggable: false });
    this.img = this.drawnBefore() ?? el("img", { draggable: false });
    this.img.alt = `${image.name}, labelled ${image.label || "nothing"}`;
    this.says = el("p", { class: "says", role: "status" });
    this.scale = image.microns ? scaleBar(image.microns) : null;
    this.percent = el("button", { type: "button", class: "percent", onclick: () => this.actualSize() });
    this.zoom = new Zoom(box, this.img, () => this.looked());
    box.append(this.under, this.img, this.says, this.controls());
    if (this.scale) box.append(this.scale.bar);
    this.planeKeys = planeBar(box, image, (number) => this.showPlane(number));
    this.img.addEventListener("load", () => this.looked());
    this.watch = new ResizeObserver(() => this.looked());
    this.watch.observe(box);
    this.load("view").then((there) => there && this.under.remove());
  }

  /** The picture that came with the page, unless it could not be loaded. @returns {HTMLImageElement | null} */
  drawnBefore() {
    const there = this.box.querySelector("img");
    if (!there?.src.endsWith(`${API}/images/${this.image.id}/view`)) return null;
    if (there.complete && !there.naturalWidth) there.removeAttribute("src");
    return there;
  }

  controls() {
    const by = (/** @type {number} */ factor, /** @type {string} */ name, /** @type {string} */ mark) =>
      el("button", { class: "icon", type: "button", "aria-label": name, onclick: () => this.zoom.by(factor) }, mark);
    return el("div", { class: "zoom" }, by(1 / 1.5, "Zoom out", "−"), this.percent, by(1.5, "Zoom in", "+"));
  }

  /** Return how many screen pixels, along a line, show one pixel of the picture. */
  share() {
    const { width, height } = this.box.getBoundingClientRect();
    const fit = Math.min(width / this.image.width, height / this.image.height);
    return fit * this.zoom.scale * devicePixelRatio;
  }

  /** Show the picture one to one, or whole again. */
  actualSize() {
    if (this.zoom.scale > 1) this.zoom.reset();
    else this.zoom.by(1 / this.share());
  }

  /** Show the zoom in percent, and fetch every pixel once the zoom enlarges the smaller form. */
  looked() {
    const share = this.share();
    const size = `${share < 0.1 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`;
    this.percent.textContent = size;
    this.scale?.show(share / devicePixelRatio);
    this.percent.title = this.zoom.scale > 1 ? "Fit the picture to the view" : "Show the picture's pixels one to one";
    const shown = this.img.naturalWidth;
    const enlarged = this.zoom.scale > 1 && share * this.image.width > shown;
    if (this.whole || !shown || shown >= this.image.width || !enlarged) return;
    this.whole = true;
    this.says.textContent = "Loading the full resolution…";
    this.load("whole");
  }

  /** Load a form of the picture, waiting while the server is busy. @param {string} form */
  async load(form) {
    const address = `${API}/images/${this.image.id}/${form}`;
    const wanted = this.plane;
    for (let attempt = 1; !this.gone; attempt++) {
      const loader = el("img", { src: address, alt: "" });
      try {
        await loader.decode();
        if (!this.gone && this.plane === wanted) this.img.src = address;
        this.says.textContent = "";
        return true;
      } catch {
        if (!(await this.again(address, attempt))) return false;
      }
    }
    return false;
  }

  /**
   * Return whether another try is worthwhile, after a wait; if not, say why.
   * @param {string} address @param {number} attempt
   */
  async again(address, attempt) {
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok && attempt < TRIES) return true;
    const said = answer && !answer.ok ? await answer.json().catch(() => ({})) : {};
    if (answer?.status === 503 && attempt < TRIES) {
      this.says.textContent = "The server is busy; the picture will appear soon…";
      const wait = Number(answer.headers.get("Retry-After")) || 2;
      await new Promise((r) => setTimeout(r, wait * 1000 * attempt));
      return true;
    }
    this.says.textContent = said.detail ?? "The picture can't be shown.";
    this.says.classList.add("problem");
    return false;
  }

  /** Show another plane of the stack instead. @param {number} number */
  showPlane(number) {
    this.whole = true; // a plane has one form only
    this.plane = `planes/${number}`; // what still loads does not replace it
    this.under.remove();
    this.load(this.plane);
  }

  leave() {
    this.gone = true;
    this.watch.disconnect();
  }
}
