// @ts-check
/** Room at the foot of the page for what is docked there, so that it covers nothing for good. */

import { find } from "./dom.js";

const BELOW = 16; // px between the docks and the foot of the window

/** Keep `--docked` (the height of the docks, 0 while none is shown) up to date for the style sheet. */
export function keepRoom() {
  const docks = find(document, ".docks");
  new ResizeObserver(() => {
    const height = docks.offsetHeight ? docks.offsetHeight + BELOW : 0;
    document.documentElement.style.setProperty("--docked", `${height}px`);
  }).observe(docks);
}
