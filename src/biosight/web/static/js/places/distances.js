// @ts-check
/** Distances on the map: a line through the points that are clicked or tapped, and how long it is. */

import { colour } from "./ground.js";

/** Return a length in words. @param {number} metres */
export function length(metres) {
  if (metres < 1000) return `${Math.round(metres)} m`;
  const km = metres / 1000;
  return `${km < 100 ? km.toFixed(2) : Math.round(km).toLocaleString("en")} km`;
}

/**
 * Let the person measure while the button is pressed, and not while the other tool is in hand.
 * @param {any} L @param {any} map @param {HTMLElement} button @param {HTMLElement} other @param {HTMLElement} told
 */
export function wireDistances(L, map, button, other, told) {
  /** @type {any} */ let line = null;
  const isPressed = (/** @type {HTMLElement} */ b) => b.getAttribute("aria-pressed") === "true";
  const on = () => isPressed(button);
  const turn = (/** @type {boolean} */ now) => {
    button.setAttribute("aria-pressed", String(now));
    map.getContainer().classList.toggle("drawing", now);
    line?.remove();
    line = null;
    // A popup that opens under a click would move the map.
    map.eachLayer((/** @type {any} */ layer) => {
      if (layer.getPopup?.()) layer.getPopup().options.autoPan = !now;
    });
    told.textContent = now ? "Click one place after the other." : "";
  };
  button.addEventListener("click", () => {
    if (isPressed(other)) other.click();
    turn(!on());
  });
  other.addEventListener("click", () => isPressed(other) && on() && turn(false));
  map.getContainer().addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
    if (e.key === "Escape" && on()) turn(false);
  });
  map.on("click", (/** @type {any} */ event) => {
    if (!on()) return;
    map.closePopup();
    const color = colour(map.getContainer(), "--ink");
    line ??= L.polyline([], { color, weight: 2, dashArray: "4 4", interactive: false }).addTo(map);
    line.addLatLng(event.latlng);
    const points = line.getLatLngs();
    const metres = points.reduce(
      (/** @type {number} */ sum, /** @type {any} */ p, /** @type {number} */ i) =>
        i ? sum + map.distance(points[i - 1], p) : 0,
      0,
    );
    told.textContent = points.length > 1 ? `${length(metres)} in all.` : "Click the next place.";
  });
}
