// @ts-check
/** Room at the foot of the page for what is docked there, so that it covers nothing for good. */

import { find } from "./dom.js";

/** Keep `--docked` (the height of the docks, 0 while none is shown) up to date for the style sheet. */
export function keepRoom() {
  const docks = find(document, ".docks");
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--docked", `${docks.offsetHeight}px`);
  }).observe(docks);
}
