// @ts-check
/** What a collection's page showed when it was left, so that it is the same on return. */
import { listen } from "../frame/events.js";

/** @type {{address: string, images: any[], next: string, current: string | undefined, scroll: number, changed: Map<string, any>} | null} */
let kept = null;
listen("changed", (images) => {
  for (const image of images) kept?.changed.set(image.id, image);
});
listen("viewed", (id) => {
  if (kept) kept.current = id;
});

/** @param {string} address @param {import("./grid.js").Grid} grid */
export function keep(address, grid) {
  const current = grid.images[grid.current]?.id;
  kept = { address, images: grid.images, next: grid.next, current, scroll: scrollY, changed: new Map() };
}

/** @param {string} address */
export function isKept(address) {
  return kept?.address === address;
}

/**
 * Show what was kept, without pictures that no longer match.
 * @param {import("./grid.js").Grid} grid @param {(image: Schemas["ImageOut"]) => boolean} fits
 */
export function restore(grid, fits) {
  if (!kept) return;
  const { images, changed, next, current, scroll } = kept;
  grid.put(images.map((i) => changed.get(i.id) ?? i).filter(fits), next);
  const at = grid.images.findIndex((i) => i.id === current);
  if (at >= 0) grid.moveTo(at, false);
  requestAnimationFrame(() => {
    scrollTo(0, scroll);
    grid.box.focus({ preventScroll: true });
  });
}
