// @ts-check
/** Names beside the sites of a map: of those that would cover each other, the fullest site's stays. */

const NAME = { permanent: true, direction: "right", offset: [8, 0], className: "site-name" };

/** Name a site's marker. @param {any} marker @param {HTMLElement} name */
export const bindName = (marker, name) => marker.bindTooltip(name, NAME);

/** Return whether two boxes lie over each other. @param {DOMRect} a @param {DOMRect} b */
const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/**
 * Hide names that would lie over others, whenever the map was moved.
 * @param {any} map @param {any[]} markers those of most pictures first
 */
export function keepApart(map, markers) {
  const show = () => {
    /** @type {DOMRect[]} */ const taken = [];
    for (const marker of markers) {
      const name = marker.getTooltip()?.getElement();
      if (!name) continue;
      const box = name.getBoundingClientRect();
      const covered = taken.some((other) => meet(box, other));
      name.classList.toggle("covered", covered);
      if (!covered) taken.push(box);
    }
  };
  map.on("load zoomend moveend", show); // before its first view a map draws nothing
}
