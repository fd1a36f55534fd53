// @ts-check
/** A bar that says how long something is, where the file says how large its pixels are. */
import { el } from "../frame/dom.js";

const WIDEST = 160; // px on the screen

/** Return the longest round length (1, 2 or 5 times a power of ten) of at most this many. @param {number} most */
export function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return ([5, 2, 1].find((step) => step * power <= most) ?? 1) * power;
}

/** @param {number} microns */
function inWords(microns) {
  if (microns >= 1000) return `${microns / 1000} mm`;
  return microns >= 1 ? `${microns} µm` : `${Math.round(microns * 1000)} nm`;
}

/** @param {number} microns the width of a pixel */
export function scaleBar(microns) {
  const words = el("span", {});
  const line = el("i", {});
  const bar = el("div", { class: "scale" }, words, line);
  /** @param {number} share screen pixels for one pixel of the picture, as CSS counts them */
  const show = (share) => {
    if (!(share > 0)) return;
    const length = roundLength((WIDEST / share) * microns);
    line.style.width = `${(length / microns) * share}px`;
    words.textContent = inWords(length);
  };
  return { bar, show };
}
