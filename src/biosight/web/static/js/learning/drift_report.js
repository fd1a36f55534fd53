// @ts-check
/** The evidence of a drift report: the strangest pictures, how they look, what they show. */
import { el } from "../frame/dom.js";
import { svg } from "./plots.js";

const NAMES = /** @type {Record<string, string>} */ ({
  brightness: "Brightness",
  contrast: "Contrast",
  dark_share: "Dark parts",
  bright_share: "Bright parts",
  saturation: "Colourfulness",
  red_green: "Green to red",
  blue_yellow: "Yellow to blue",
  sharpness: "Sharpness",
  noise: "Noise",
});

/** @param {Schemas["DriftOut"]} r @returns {any[]} */
export function report(r) {
  /** @type {Record<string, any>} */
  const d = r.details;
  if (!d.families) return [];
  const strongest = Object.entries(d.histograms)
    .sort((a, b) => gap(b[1]) - gap(a[1]))
    .slice(0, 6);
  return [
    el(
      "section",
      {},
      el("h2", {}, "The strangest pictures, each beside the most similar earlier one"),
      el(
        "ul",
        { class: "twins" },
        r.strangest
          .filter((/** @type {string} */ id) => d.nearest[id])
          .map((/** @type {string} */ id) => el("li", {}, picture(id, "new"), picture(d.nearest[id], "before"))),
      ),
    ),
    el(
      "section",
      {},
      el("h2", {}, "How they look"),
      el("p", { class: "soft" }, "Grey: before. Green: now."),
      el(
        "div",
        { class: "histograms" },
        strongest.map(([name, h]) => histogram(NAMES[name], h)),
      ),
    ),
    el(
      "section",
      {},
      el("h2", {}, "What they show"),
      el(
        "table",
        { class: "mix" },
        el(
          "tbody",
          {},
          Object.entries(d.mix)
            .slice(0, 12)
            .map(([label, [before, now]]) =>
              el(
                "tr",
                {},
                el("th", {}, label || "No label"),
                el("td", { class: "wide" }, bars(before, now)),
                el("td", { class: "number" }, `${Math.round(before * 100)} → ${Math.round(now * 100)} %`),
              ),
            ),
        ),
      ),
    ),
  ];
}

/** @param {any} h the area between both histograms */
function gap(h) {
  return h.before.reduce(
    (/** @type {number} */ sum, /** @type {number} */ b, /** @type {number} */ i) => sum + Math.abs(b - h.now[i]),
    0,
  );
}

/** @param {string} id @param {string} what */
function picture(id, what) {
  return el(
    "a",
    { href: `/images/${id}`, title: what },
    el("img", { src: `/api/v1/images/${id}/thumbnail`, alt: what, loading: "lazy" }),
  );
}

/** A number as the ends of a scale need it. @param {number} value */
const short = (value) => value.toLocaleString("en", { maximumSignificantDigits: 2 });

/** @param {string} name @param {any} h */
function histogram(name, h) {
  const most = Math.max(...h.before, ...h.now, 0.01);
  const width = 200 / h.before.length;
  const column = (/** @type {number} */ share, /** @type {number} */ i, /** @type {string} */ kind) =>
    svg("rect", {
      class: kind,
      x: i * width + 1,
      width: width - 2,
      y: 80 - (share / most) * 78,
      height: (share / most) * 78,
    });
  return el(
    "figure",
    {},
    svg(
      "svg",
      { viewBox: "0 0 200 82", class: "histogram", role: "img", "aria-label": `${name}, before and now` },
      h.before.map((/** @type {number} */ s, /** @type {number} */ i) => column(s, i, "was")),
      h.now.map((/** @type {number} */ s, /** @type {number} */ i) => column(s, i, "is")),
    ),
    el(
      "figcaption",
      {},
      el(
        "span",
        { class: "ends" },
        h.edges.map((/** @type {number} */ edge) => el("small", {}, short(edge))),
      ),
      name,
      el("small", { class: "soft" }, `, tallest column ${Math.round(most * 100)} % of the pictures`),
    ),
  );
}

/** @param {number} before @param {number} now */
function bars(before, now) {
  return svg(
    "svg",
    { viewBox: "0 0 100 14", preserveAspectRatio: "none", class: "interval", "aria-hidden": "true" },
    svg("rect", { class: "was", x: 0, y: 0, width: before * 100, height: 6 }),
    svg("rect", { class: "is", x: 0, y: 8, width: now * 100, height: 6 }),
  );
}
