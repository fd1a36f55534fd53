// @ts-check
/** Boxes around what a detector found, drawn over the large picture and listed beside it. */
import { counted, el, percent } from "../frame/dom.js";
import { svg } from "../learning/plots.js";

const OFF = "biosight:boxes-off";
/** Fainter boxes are drawn thin: the detector doubts them. */
const SURE = 0.4;
/** @type {Record<string, [string, string]>} */
const WORDS = { animal: ["animal", "animals"], human: ["person", "people"], vehicle: ["vehicle", "vehicles"] };

/** Lay the boxes over the picture, unless they were switched off. @param {HTMLElement} stage @param {Schemas["ImageDetail"]} image */
export function drawBoxes(stage, image) {
  stage.querySelector("svg.boxes")?.remove();
  if (!image.boxes.length) return;
  const { width, height } = image;
  const layer = svg(
    "svg",
    { class: "boxes", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    image.boxes.map((b) =>
      svg("rect", {
        x: b.x * width,
        y: b.y * height,
        width: b.w * width,
        height: b.h * height,
        class: b.score < SURE ? `${b.kind} faint` : b.kind,
      }),
    ),
  );
  layer.toggleAttribute("hidden", localStorage.getItem(OFF) !== null);
  stage.querySelector("img:not(.under)")?.after(layer);
}

/** Show or hide the boxes, on all pictures from now on. @param {HTMLElement} stage */
export function toggleBoxes(stage) {
  const hide = localStorage.getItem(OFF) === null;
  if (hide) localStorage.setItem(OFF, "yes");
  else localStorage.removeItem(OFF);
  stage.querySelector("svg.boxes")?.toggleAttribute("hidden", hide);
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
