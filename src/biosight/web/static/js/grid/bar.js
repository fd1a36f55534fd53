// @ts-check
/** The bar's buttons that don't filter: tile sizes and adding files. */
import { find } from "../frame/dom.js";
import { picked } from "../upload/drop.js";
import { add } from "../upload/upload.js";

const SIZE = "biosight:size";

/** @param {HTMLElement} main @param {HTMLElement} grid */
export function wireSizes(main, grid) {
  const buttons = [...main.querySelectorAll("[data-size]")].filter((b) => b instanceof HTMLButtonElement);
  /** @param {string} size */
  const set = (size) => {
    grid.dataset.size = size;
    localStorage.setItem(SIZE, size);
    for (const b of buttons)
      b.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (b).dataset.size === size));
  };
  for (const b of buttons) b.addEventListener("click", () => set(/** @type {HTMLElement} */ (b).dataset.size ?? "m"));
  set(localStorage.getItem(SIZE) ?? "m");
}

/** @param {HTMLElement} main @param {string} collection @param {number} maxMb */
export function wireUploads(main, collection, maxMb) {
  for (const [button, input] of [
    ["#add-files", "#files"],
    ["#add-folder", "#folder"],
  ]) {
    const field = find(main, input);
    find(main, button).addEventListener("click", () => field.click());
    field.addEventListener("change", () => add(collection, picked(field), maxMb));
  }
}
