// @ts-check
/** How many labels can be accepted as they are at a given share of errors: a slider and a curve. */
import { el } from "../frame/dom.js";
import { share, svg } from "./plots.js";

/** @typedef {import("./plots.js").Quality} Quality */

/**
 * The lowest threshold at which at most `errors` of the accepted are wrong.
 * @param {Quality} q
 * @param {number} errors
 * @returns {number} 0 to 100; 101 for none
 */
export function thresholdFor(q, errors) {
  let lowest = 101;
  for (let t = 100; t >= 0; t--) {
    if (q.accepted[t] && q.wrong[t] / q.accepted[t] > errors) break;
    if (q.accepted[t]) lowest = t;
  }
  return lowest;
}

/**
 * Draw slider, sentence and curve; `use` is called with the threshold that a person chooses.
 * @param {Quality} q @param {string} what they are, such as "left-out pictures" @param {((threshold: number) => void) | null} use
 */
export function coverage(q, what, use) {
  const most = Math.max(0.02, 1 - q.accuracy);
  const slider = el("input", {
    type: "range",
    min: 0,
    max: Math.ceil(most * 100),
    step: 0.5,
    value: Math.min(5, Math.ceil(most * 100)),
    "aria-label": "Errors allowed, in percent",
  });
  const said = el("p", { role: "status" });
  const button =
    use &&
    el("button", { type: "button", onclick: () => use(Math.min(100, thresholdFor(q, Number(slider.value) / 100))) });
  const dot = svg("circle", { r: 5, class: "dot" });
  const draw = () => {
    const errors = Number(slider.value) / 100;
    const at = thresholdFor(q, errors);
    const accepted = at > 100 ? 0 : q.accepted[at];
    said.replaceChildren(
      "At most ",
      el("strong", {}, `${slider.value} %`),
      ` errors: of ${q.pictures.toLocaleString("en")} ${what} `,
      el("strong", {}, accepted.toLocaleString("en")),
      " can be accepted, ",
      el("strong", {}, (q.pictures - accepted).toLocaleString("en")),
      " are left to review.",
    );
    if (button) button.textContent = at > 100 ? "No threshold achieves that" : `Use ${at} % as threshold`;
    if (button) button.disabled = at > 100;
    dot.setAttribute("cx", String(30 + (accepted / q.pictures) * 200));
    dot.setAttribute("cy", String(140 - (at > 100 ? 0 : q.wrong[at] / q.accepted[at] / most) * 130));
  };
  slider.addEventListener("input", draw);
  draw();
  return el("div", { class: "coverage" }, curve(q, most, dot), el("label", {}, "Errors allowed", slider), said, button);
}

/** @param {Quality} q @param {number} most @param {any} dot */
function curve(q, most, dot) {
  const points = [...q.accepted.keys()]
    .filter((t) => q.accepted[t])
    .map(
      (t) =>
        `${(30 + (q.accepted[t] / q.pictures) * 200).toFixed(1)},${(140 - (q.wrong[t] / q.accepted[t] / most) * 130).toFixed(1)}`,
    );
  return svg(
    "svg",
    {
      viewBox: "0 0 244 184",
      class: "plot",
      role: "img",
      "aria-label": "Errors against the share of pictures accepted",
    },
    svg("rect", { x: 30, y: 10, width: 200, height: 130, class: "field" }),
    svg("polyline", { points: points.join(" "), class: "curve" }),
    dot,
    [0, 50, 100].map((t) => svg("text", { x: 30 + t * 2, y: 156, "text-anchor": "middle" }, String(t))),
    svg("text", { x: 24, y: 144, "text-anchor": "end" }, "0"),
    svg("text", { x: 24, y: 16, "text-anchor": "end" }, `${Math.round(most * 100)}`),
    svg("text", { x: 130, y: 176, "text-anchor": "middle" }, "accepted, %"),
    svg("text", { x: 8, y: 75, "text-anchor": "middle", transform: "rotate(-90 8 75)" }, "errors, %"),
  );
}

export { share };
