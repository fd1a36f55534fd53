// @ts-check
/**
 * The ground of the map: Leaflet, which comes with the server, and tiles that the server draws, has
 * in a file, or names elsewhere.
 */
import { el } from "../frame/dom.js";

/** @param {string} src @returns {Promise<void>} when a package's classic script is loaded, once */
function script(src) {
  const there = document.querySelector(`script[src="${src}"]`);
  if (there instanceof HTMLScriptElement && there.dataset.ready) return Promise.resolve();
  const made = el("script", { src });
  return new Promise((resolve, reject) => {
    made.addEventListener("load", () => {
      made.dataset.ready = "yes";
      resolve();
    });
    made.addEventListener("error", () =>
      reject(new Error("The map can't be loaded; the tables below list everything.")),
    );
    there?.remove();
    document.head.append(made);
  });
}

export async function leaflet() {
  const { leaflet: folder, clusters } = document.body.dataset;
  const style = `${folder}leaflet.css`;
  if (!document.querySelector(`link[rel="stylesheet"][href="${style}"]`))
    document.head.append(el("link", { rel: "stylesheet", href: style }));
  await script(`${folder}leaflet.js`);
  await script(`${clusters}leaflet.markercluster.js`);
  return /** @type {any} */ (window).L;
}

/**
 * Return a colour of the design in a form that a canvas accepts.
 * @param {HTMLElement} box @param {string} name of a custom property
 */
export function colour(box, name) {
  const probe = el("i", { hidden: true });
  probe.style.color = `var(${name})`;
  box.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/**
 * Return a map with its ground, as the page says where that comes from.
 * @param {any} L @param {HTMLElement} box @param {DOMStringMap} data
 */
export function ground(L, box, data) {
  const map = L.map(box, { preferCanvas: true, worldCopyJump: true, minZoom: 1, maxZoom: 19 });
  map.attributionControl.setPrefix("");
  // A wheel that rolls down the page does not zoom: the map is clicked first.
  map.scrollWheelZoom.disable();
  map.on("click focus", () => map.scrollWheelZoom.enable());
  map.on("mouseout blur", () => map.scrollWheelZoom.disable());
  const scheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  L.tileLayer(data.tiles, {
    scheme,
    attribution: data.credit,
    maxZoom: 19,
    minNativeZoom: Number(data.shallowest),
    maxNativeZoom: Number(data.deepest),
  }).addTo(map);
  return map;
}
