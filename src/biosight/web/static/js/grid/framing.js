// @ts-check
/**
 * How pictures lie in their tiles: as squares, whole, or cut to their subject. It is a person's choice,
 * kept in the browser.
 */
import { el } from "../frame/dom.js";

/** @typedef {"square" | "whole" | "close"} Framing */

const KEPT = "biosight:framing";
/** @type {[Framing, string][]} */
const CHOICES = [
  ["square", "Squares"],
  ["whole", "Whole pictures"],
  ["close", "Close-ups"],
];
/** The choice of this page, until somebody makes another. @type {Framing} */
let now = "square";

/** The choice of this page, as a grid's attribute. */
export const framed = () => now;

/** Return the address of a picture for its tile. @param {{id: string, version: number}} image */
export function tilePicture(image) {
  const form = now === "close" ? `closer?v=${image.version}` : "thumbnail";
  return `/api/v1/images/${image.id}/${form}`;
}

/** Show the tiles of a grid as is chosen now. @param {HTMLElement} grid */
function reframe(grid) {
  grid.dataset.framing = now;
  for (const tile of grid.querySelectorAll(".tile")) {
    const { id = "", version } = /** @type {HTMLElement} */ (tile).dataset;
    const picture = tile.querySelector("img");
    if (picture) picture.src = tilePicture({ id, version: Number(version) });
  }
}

/**
 * Return a choice of how pictures lie in the tiles of a page.
 * @param {Framing} usual what counts until somebody chooses @param {() => HTMLElement} grid
 */
export function framingChoice(usual, grid) {
  const kept = CHOICES.find(([value]) => value === localStorage.getItem(KEPT));
  now = kept ? kept[0] : usual;
  const options = CHOICES.map(([value, words]) => el("option", { value, selected: value === now }, words));
  const title = "Close-ups show the animal, where its box is known";
  const choice = el("select", { id: "framing", "aria-label": "How pictures are shown", title }, options);
  choice.addEventListener("change", () => {
    now = /** @type {Framing} */ (choice.value);
    localStorage.setItem(KEPT, now);
    reframe(grid());
  });
  return choice;
}
