// @ts-check
/**
 * The map: sites, pictures with their own coordinates, and layers that people add. Leaflet comes
 * with the server.
 */
import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { wireDistances } from "./distances.js";
import { colour, ground, leaflet } from "./ground.js";
import { drawLayers, layersOf } from "./layers.js";
import { bindName, keepApart } from "./site_names.js";

/** @typedef {Schemas["PointOut"]} Point */

/** More points than these are drawn as clusters. */
const ALONE = 500;
/** The most points that are listed beside a box, and sites in an address; the tables have all. */
const [LISTED, MOST_SITES] = [40, 400];
/** More names of sites than these would cover each other. */
const NAMED = 60;

/** @param {number} value @param {number} digits */
const rounded = (value, digits) => Number(value.toFixed(digits));

/** Return a box in the form of the filter. @param {any} bounds */
function asBox(bounds) {
  const edges = [bounds.getSouth(), bounds.getWest(), bounds.getNorth(), bounds.getEast()];
  return edges.map((edge, i) => Math.min(i % 2 ? 180 : 90, Math.max(i % 2 ? -180 : -90, rounded(edge, 5)))).join(",");
}

/** Return the address of a point's pictures. @param {string} here @param {Point} p */
function address(here, p) {
  if (p.site) return `${here}?site=${p.site}`;
  const half = p.coarse ? p.coarse / 2 : 0.005;
  const edges = [p.latitude - half, p.longitude - half, p.latitude + half, p.longitude + half];
  return `${here}?box=${edges.map((e) => rounded(e, 5)).join(",")}`;
}

/** @param {Point} p */
function words(p) {
  const name = p.name || `${p.latitude.toFixed(2)}, ${p.longitude.toFixed(2)}`;
  const vague = p.coarse ? `, coarse to ${p.coarse}°` : "";
  const visit = p.faults ? `, ${counted(p.faults, "camera")} to visit` : "";
  return `${name}: ${counted(p.images, "picture")}${vague}${visit}`;
}

/** Return a line for a point in a box. @param {string} here @param {Point} p */
const line = (here, p) => el("li", {}, el("a", { href: address(here, p) }, words(p)));

/** @param {any} L @param {any} map @param {string} here @param {Point[]} points @param {HTMLElement} box */
function addMarkers(L, map, here, points, box) {
  const [sites, own, faulty] = ["--green", "--map-own", "--red"].map((name) => colour(box, name));
  const most = Math.max(1, ...points.map((p) => p.images));
  const named = points.filter((p) => p.name).length <= NAMED;
  const fullestFirst = [...points].sort((a, b) => b.images - a.images);
  const made = fullestFirst.map((p) => {
    const radius = 5 + 9 * Math.sqrt(p.images / most);
    const color = p.faults ? faulty : p.site ? sites : own;
    const marker = L.circleMarker([p.latitude, p.longitude], { radius, color, weight: 2, fillOpacity: 0.5 });
    marker.bindPopup(() => el("p", {}, el("a", { href: address(here, p) }, words(p))));
    if (p.name && named) bindName(marker, el("span", {}, p.name));
    return marker;
  });
  if (points.length <= ALONE) {
    L.layerGroup(made).addTo(map);
    return keepApart(map, made);
  }
  const group = L.markerClusterGroup({
    chunkedLoading: true,
    showCoverageOnHover: false,
    maxClusterRadius: 60,
    iconCreateFunction: (/** @type {any} */ c) =>
      L.divIcon({ html: `<span>${c.getChildCount().toLocaleString("en")}</span>`, className: "cluster", iconSize: 40 }),
  });
  group.addLayers(made).addTo(map);
}

/**
 * Show a scale and the coordinates under the pointer.
 * @param {any} L @param {any} map
 */
function measure(L, map) {
  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  const told = el("div", { class: "leaflet-control coordinates" });
  const corner = L.control({ position: "bottomleft" });
  corner.onAdd = () => told;
  corner.addTo(map);
  map.on("mousemove", (/** @type {any} */ event) => {
    const { lat, lng } = event.latlng.wrap();
    told.textContent = `${lat.toFixed(4)}, ${lng.toFixed(4)}`;
  });
  map.on("mouseout", () => {
    told.textContent = "";
  });
}

/**
 * Let the person draw a box with the pointer; what is in it is listed beside the map.
 * @param {any} L @param {any} map @param {HTMLElement} button @param {(bounds: any) => void} chosen
 */
function boxes(L, map, button, chosen) {
  /** @type {any} */ let from = null;
  /** @type {any} */ let shape = null;
  const on = () => button.getAttribute("aria-pressed") === "true";
  const turn = (/** @type {boolean} */ now) => {
    button.setAttribute("aria-pressed", String(now));
    map.dragging[now ? "disable" : "enable"]();
    map.getContainer().classList.toggle("drawing", now);
  };
  button.addEventListener("click", () => turn(!on()));
  map.on("mousedown", (/** @type {any} */ e) => {
    if (!on()) return;
    from = e.latlng;
    shape?.remove();
    shape = L.rectangle([from, from], { weight: 1, interactive: false }).addTo(map);
  });
  map.on("mousemove", (/** @type {any} */ e) => from && shape.setBounds([from, e.latlng]));
  map.on("mouseup", (/** @type {any} */ e) => {
    if (!from) return;
    const bounds = L.latLngBounds(from, e.latlng);
    shape.setBounds(bounds);
    from = null;
    turn(false);
    chosen(bounds);
  });
}

/**
 * List what is in a box, or everywhere: the map for people without a pointer.
 * @param {HTMLElement} main @param {string} here @param {Point[]} points @param {any} [bounds]
 */
function list(main, here, points, bounds) {
  const inside = bounds ? points.filter((p) => bounds.contains([p.latitude, p.longitude])) : points;
  const sites = inside.filter((p) => p.site && p.images);
  const own = inside.filter((p) => !p.site);
  const total = (/** @type {Point[]} */ of) => of.reduce((n, p) => n + p.images, 0);
  const links = [];
  if (sites.length) {
    // An address has room for a limited number of sites, so take those with most pictures.
    const fullest = [...sites].sort((a, b) => b.images - a.images).slice(0, MOST_SITES);
    const query = fullest.map((p) => `site=${p.site}`);
    links.push(
      el(
        "a",
        { class: "button", href: `${here}?${query.join("&")}` },
        `${counted(total(fullest), "picture")} of ${counted(fullest.length, "site")}`,
      ),
    );
  }
  if (own.length && bounds)
    links.push(
      el(
        "a",
        { class: "button", href: `${here}?box=${asBox(bounds)}` },
        `${counted(total(own), "picture")} without a site`,
      ),
    );
  const shown = [...inside].sort((a, b) => b.images - a.images).slice(0, LISTED);
  find(main, "#map-told").textContent = !bounds
    ? `${counted(points.length, "point")}; each leads to its pictures.`
    : inside.length
      ? `${counted(inside.length, "point")} in the box.`
      : "There are no pictures in this box.";
  find(main, "#map-chosen").replaceChildren(
    el("p", { class: "actions" }, links),
    el(
      "ul",
      { class: "plain" },
      shown.map((p) => line(here, p)),
    ),
  );
}

/**
 * Draw the map if anything has a place; return a function that removes it.
 * @param {HTMLElement} main @param {string} here @returns {Promise<() => void>}
 */
export async function drawMap(main, here) {
  /** @type {[Point[], import("./layers.js").Layer[]]} */
  const [points, layers] = await Promise.all([call("GET", `${here}/map`), layersOf(here)]);
  const section = find(main, "#map-section");
  section.hidden = !points.length && !layers.length;
  if (section.hidden) return () => {};
  const L = await leaflet();
  const box = find(main, "#map");
  const map = ground(L, box, main.dataset);
  addMarkers(L, map, here, points, box);
  measure(L, map);
  const around = L.latLngBounds(points.map((p) => [p.latitude, p.longitude]));
  if (points.length)
    map.fitBounds(around.pad(0.2), { maxZoom: Math.min(13, Math.max(9, Number(main.dataset.deepest) - 1)) });
  else map.setView([0, 0], 1);
  const covered = await drawLayers(L, map, main, here, layers);
  if (covered && !points.length) map.fitBounds(covered);
  list(main, here, points);
  const drawing = find(main, "#map-box");
  boxes(L, map, drawing, (bounds) => list(main, here, points, bounds));
  wireDistances(L, map, find(main, "#map-measure"), drawing, find(main, "#map-told"));
  return () => map.remove();
}
