// @ts-check
/** A small map of where one picture was taken, drawn once somebody scrolls to it. */
import { el, find } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { colour, ground, leaflet } from "../places/ground.js";

const CLOSE = 10;

/** The map of the picture that is shown: it outlives redraws of the panel. */
const drawn = { key: "", box: /** @type {HTMLElement | null} */ (null), map: /** @type {any} */ (null) };

/** @param {Schemas["ImageDetail"]} i @returns {HTMLElement | null} null without a place */
export function whereMap(i) {
  if (i.latitude === null || i.longitude === null) return null;
  const key = [i.id, i.latitude, i.longitude, i.coarse].join(" ");
  if (drawn.key !== key || !drawn.box?.isConnected) {
    const box = el("div", { class: "map small", role: "group", "aria-label": "Map: where it was taken" });
    drawn.map?.remove();
    Object.assign(drawn, { key, box, map: null });
    onceSeen(box, () => draw(box, i).catch(complain));
  }
  return drawn.box;
}

/** @param {HTMLElement} box @param {() => void} run */
function onceSeen(box, run) {
  const watch = new IntersectionObserver((found) => {
    if (!found.some((f) => f.isIntersecting)) return;
    watch.disconnect();
    run();
  });
  watch.observe(box);
}

/** @param {HTMLElement} box @param {Schemas["ImageDetail"]} i */
async function draw(box, i) {
  const L = await leaflet();
  const map = ground(L, box, find(document, "#main").dataset);
  if (drawn.box !== box) return map.remove(); // another picture is shown by now
  drawn.map = map;
  const at = /** @type {[number, number]} */ ([i.latitude, i.longitude]);
  const style = { color: colour(box, "--map-own"), weight: 2, fillOpacity: 0.4 };
  if (i.coarse) {
    const far = i.coarse / 2;
    const corners = [-far, far].map((d) => [at[0] + d, at[1] + d]);
    map.fitBounds(L.latLngBounds(corners).pad(0.5));
    L.rectangle(corners, style).addTo(map);
  } else {
    map.setView(at, CLOSE);
    L.circleMarker(at, { ...style, radius: 7 }).addTo(map);
  }
  map.scrollWheelZoom.disable();
}
