// @ts-check
/** Layers that people lay over the map: tracks, plots, a border, from GeoJSON or GPX. */
import { call } from "../frame/api.js";
import { counted, el, find, redraw } from "../frame/dom.js";
import { tell } from "../frame/events.js";
import { may } from "../frame/may.js";
import { complain, question, toast } from "../frame/toast.js";
import { colour } from "./ground.js";

/** @typedef {Schemas["LayerOut"]} Layer */

/** Return the layers of a map; none for people from whom places are hidden. @param {string} here @returns {Promise<Layer[]>} */
export const layersOf = (here) => call("GET", `${here}/layers`);

/** Let an editor add a layer. @param {HTMLElement} main @param {string} here */
export function wireLayers(main, here) {
  const field = main.querySelector("#layer");
  if (!(field instanceof HTMLInputElement)) return;
  find(main, "#add-layer").addEventListener("click", () => field.click());
  field.addEventListener("change", () => {
    const [file] = field.files ?? [];
    if (file) add(here, file).catch(complain);
    field.value = "";
  });
}

/** @param {string} here @param {File} file */
async function add(here, file) {
  const form = new FormData();
  form.append("file", file);
  const made = await call("POST", `${here}/layers`, form);
  toast(`${made.name} lies on the map: ${counted(made.shapes, "shape")}.`);
  tell("layers");
}

/**
 * Draw layers on a map, and list them below it with a box to show or hide each.
 * @param {any} L @param {any} map @param {HTMLElement} main @param {string} here @param {Layer[]} layers
 * @returns {Promise<any>} the bounds of all, or null
 */
export async function drawLayers(L, map, main, here, layers) {
  const box = find(main, "#map");
  const bounds = L.latLngBounds([]);
  const hidden = unticked(main);
  const found = await Promise.allSettled(layers.map((layer) => call("GET", `${here}/layers/${layer.id}`)));
  const rows = layers.map((layer, i) => {
    const got = found[i];
    if (got.status === "rejected") return el("li", {}, `${layer.name} can't be shown: ${got.reason.message}`);
    const drawn = layerOf(L, got.value, colour(box, "--map-layer"));
    if (!hidden.has(layer.id)) drawn.addTo(map);
    bounds.extend(drawn.getBounds());
    return row(map, main, here, layer, drawn, !hidden.has(layer.id));
  });
  redraw(find(main, "#layers"), rows);
  return bounds.isValid() ? bounds : null;
}

/** Return the ids of the layers that somebody hid. @param {HTMLElement} main */
function unticked(main) {
  const boxes = [...main.querySelectorAll("#layers input")].filter((b) => b instanceof HTMLInputElement && !b.checked);
  return new Set(boxes.map((b) => b.getAttribute("name")));
}

/** @param {any} L @param {any} geojson @param {string} color */
function layerOf(L, geojson, color) {
  return L.geoJSON(geojson, {
    style: { color, weight: 2, fillOpacity: 0.08 },
    pointToLayer: (/** @type {any} */ _, /** @type {any} */ at) => L.circleMarker(at, { radius: 4, color, weight: 2 }),
    onEachFeature: (/** @type {any} */ feature, /** @type {any} */ shape) =>
      feature.properties.name && shape.bindPopup(() => el("p", {}, feature.properties.name)),
  });
}

/** @param {any} map @param {HTMLElement} main @param {string} here @param {Layer} layer @param {any} drawn @param {boolean} checked */
function row(map, main, here, layer, drawn, checked) {
  const show = (/** @type {any} */ event) => (event.target.checked ? drawn.addTo(map) : drawn.remove());
  const remove = async () => {
    const words = "Save a copy first if you may need it: the layer is not kept.";
    if (!(await question({ title: `Remove ${layer.name} from the map?`, words, ok: "Remove", danger: true }))) return;
    await call("DELETE", `${here}/layers/${layer.id}`);
    tell("layers");
  };
  const copy = { class: "button", href: `/api/v1${here}/layers/${layer.id}`, download: `${layer.name}.geojson` };
  return el(
    "li",
    {},
    el(
      "label",
      { class: "inline" },
      el("input", { type: "checkbox", name: layer.id, checked, onchange: show }),
      ` ${layer.name} `,
      el("small", { class: "soft" }, counted(layer.shapes, "shape")),
    ),
    el("button", { type: "button", onclick: () => map.fitBounds(drawn.getBounds(), { maxZoom: 15 }) }, "Show"),
    el("a", { ...copy, "data-plain": true }, "Save a copy"),
    may(main, "change") &&
      el(
        "button",
        { type: "button", "aria-label": `Remove ${layer.name}`, onclick: () => remove().catch(complain) },
        "Remove",
      ),
  );
}
