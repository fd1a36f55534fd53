// @ts-check
/** Boxes around what a detector found, drawn over the large picture and listed beside it. */
import { counted, el, percent } from "../frame/dom.js";
import { svg } from "../learning/plots.js";

const OFF = "biosight:boxes-off";
/** Fainter boxes are drawn thin: the detector doubts them. */
export const SURE = 0.4;
/** @type {Record<string, [string, string]>} */
export const WORDS = { animal: ["animal", "animals"], human: ["person", "people"], vehicle: ["vehicle", "vehicles"] };

/** Return intersection over union of two boxes. @param {Schemas["RegionOut"]} a @param {Schemas["RegionOut"]} b */
export function overlap(a, b) {
  const wide = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const high = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  const both = wide > 0 && high > 0 ? wide * high : 0;
  return both / (a.w * a.h + b.w * b.h - both || 1);
}

/**
 * Lay the boxes over the picture, unless they were switched off: those of subjects with a number,
 * and those of the detector that are about none of them.
 * @param {HTMLElement} stage @param {Schemas["ImageDetail"]} image
 */
export function drawBoxes(stage, image) {
  stage.querySelector("svg.boxes:not(.drawing)")?.remove();
  const named = image.subjects.flatMap((s, n) => (s.region ? [{ ...s.region, number: n + 1 }] : []));
  const found = image.boxes.filter((b) => !named.some((r) => overlap(b, r) > 0.5));
  if (!named.length && !found.length) return;
  const { width, height } = image;
  const rect = (/** @type {Schemas["RegionOut"]} */ b, /** @type {string} */ css) =>
    svg("rect", { x: b.x * width, y: b.y * height, width: b.w * width, height: b.h * height, class: css });
  const number = (/** @type {Schemas["RegionOut"]} */ b, /** @type {number} */ n) =>
    svg("text", { x: (b.x + 0.004) * width, y: b.y * height, "font-size": Math.max(width, height) / 30 }, String(n));
  const layer = svg(
    "svg",
    { class: "boxes", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    found.map((b) => rect(b, b.score < SURE ? `${b.kind} faint` : b.kind)),
    named.map((r) => [rect(r, "subject"), number(r, r.number)]),
  );
  layer.toggleAttribute("hidden", localStorage.getItem(OFF) !== null);
  const large = /** @type {HTMLElement | null} */ (stage.querySelector("img:not(.under)"));
  layer.style.transform = large?.style.transform ?? "";
  large?.after(layer);
}

/** Show or hide the boxes, on all pictures from now on. @param {HTMLElement} stage */
export function toggleBoxes(stage) {
  const hide = localStorage.getItem(OFF) === null;
  if (hide) localStorage.setItem(OFF, "yes");
  else localStorage.removeItem(OFF);
  stage.querySelector("svg.boxes:not(.drawing)")?.toggleAttribute("hidden", hide);
}

/** Say what the detector found, and offer to hide the boxes. @param {Schemas["ImageDetail"]} image @param {() => void} toggle */
export function boxLine(image, toggle) {
  if (image.trouble) return el("p", { class: "soft" }, image.trouble);
  if (!image.detector) return null;
  const sure = image.boxes.filter((b) => b.score >= SURE);
  const found = Object.entries(WORDS)
    .map(([kind, [one, many]]) => ({ n: sure.filter((b) => b.kind === kind).length, one, many }))
    .filter(({ n }) => n)
    .map(({ n, one, many }) => counted(n, one, many));
  const best = image.boxes[0];
  const faint = best ? `nothing sure; at best ${WORDS[best.kind][0]}, ${percent(best.score)}` : "nothing";
  return el(
    "p",
    {},
    `Found in the frame: ${found.join(", ") || faint}. `,
    image.boxes.length
      ? el("button", { type: "button", class: "quiet", onclick: toggle, title: "B" }, "Show or hide boxes")
      : "",
  );
}
