// @ts-check
/** A collection week by week, as lines. */
import { counted, el } from "../frame/dom.js";
import { svg } from "./plots.js";

/** How sure the model was, and how much was unfamiliar, week by week. @param {Schemas["Week"][]} weeks */
export function weekly(weeks) {
  if (weeks.length < 2) return false;
  const first = weeks[0].start;
  const last = weeks[weeks.length - 1].start;
  const x = (/** @type {Schemas["Week"]} */ w) => 28 + ((w.start - first) / (last - first)) * 284;
  const y = (/** @type {number} */ value) => 100 - value * 90;
  const day = (/** @type {Schemas["Week"]} */ w) =>
    new Date(w.start * 1000).toLocaleDateString("en", { day: "numeric", month: "short" });
  const path = (/** @type {"confidence" | "unfamiliar"} */ key, /** @type {string} */ kind) => [
    svg("polyline", { class: kind, points: weeks.map((w) => `${x(w)},${y(w[key])}`).join(" ") }),
    weeks.map((w) =>
      svg(
        "circle",
        { class: kind, cx: x(w), cy: y(w[key]), r: 3 },
        svg("title", {}, `Week of ${day(w)}: ${Math.round(w[key] * 100)} %, ${counted(w.pictures, "picture")}`),
      ),
    ),
  ];
  return el(
    "section",
    {},
    el("h2", {}, "Week by week"),
    el("p", { class: "soft" }, "Green: how sure the model is on average. Grey: the share of unfamiliar pictures."),
    svg(
      "svg",
      {
        viewBox: "0 0 320 124",
        class: "weeks",
        role: "img",
        "aria-label": "Confidence and unfamiliar pictures by week",
      },
      [0, 0.5, 1].map((v) => [
        svg("line", { class: "grid", x1: 28, x2: 314, y1: y(v), y2: y(v) }),
        svg("text", { x: 23, y: y(v) + 4, "text-anchor": "end" }, String(v * 100)),
      ]),
      path("unfamiliar", "was"),
      path("confidence", "is"),
      svg("text", { x: 28, y: 120 }, day(weeks[0])),
      svg("text", { x: 314, y: 120, "text-anchor": "end" }, day(weeks[weeks.length - 1])),
    ),
  );
}
