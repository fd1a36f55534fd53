// @ts-check
/** Drawings of how good a model is: calibration, recall, confusion. Numbers come from the API. */
import { counted, el } from "../frame/dom.js";

const FEW = 30;

/** @typedef {Schemas["Quality"]} Quality */

/** @param {string} tag @param {Record<string, any>} [attributes] @param {...any} children @returns {any} */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children.flat(Infinity).filter(Boolean));
  return made;
}

/** @param {number} share 0 to 1 */
export function share(share) {
  return `${(share * 100).toFixed(1)} %`;
}

/**
 * Draw a square plot with 0 to 100 % on both axes.
 * @param {string} title
 * @param {string} across
 * @param {string} up
 * @param {...any} marks
 */
function square(title, across, up, ...marks) {
  const ticks = [0, 25, 50, 75, 100].map((t) => [
    svg("text", { x: 30 + t * 2, y: 222, "text-anchor": "middle" }, String(t)),
    svg("text", { x: 24, y: 204 - t * 2, "text-anchor": "end" }, String(t)),
  ]);
  return svg(
    "svg",
    { viewBox: "0 -8 244 252", class: "plot", role: "img", "aria-label": title },
    svg("rect", { x: 30, y: 0, width: 200, height: 200, class: "field" }),
    ticks,
    marks,
    svg("text", { x: 130, y: 240, "text-anchor": "middle" }, across),
    svg("text", { x: 8, y: 100, "text-anchor": "middle", transform: "rotate(-90 8 100)" }, up),
  );
}

/** Plot confidence against accuracy; on the diagonal both are equal. @param {Quality} q */
export function calibration(q) {
  const dots = q.bins.map((b) =>
    svg(
      "circle",
      { cx: 30 + b.confidence * 200, cy: 200 - b.accuracy * 200, r: 4, class: "dot" },
      svg("title", {}, `${b.pictures} pictures: ${share(b.confidence)} sure, ${share(b.accuracy)} right`),
    ),
  );
  return square(
    "Calibration",
    "confidence, %",
    "right, %",
    svg("line", { x1: 30, y1: 200, x2: 230, y2: 0, class: "ideal" }),
    dots,
  );
}

/** Recall per label with its interval. @param {Quality} q */
export function recall(q) {
  const rows = q.recall.filter((r) => r.pictures).sort((a, b) => b.recall - a.recall);
  return el(
    "table",
    { class: "recall" },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", {}, "Label"),
        el("th", { class: "number" }, "Pictures"),
        el("th", { colspan: 2 }, "Found, with 95 % interval"),
      ),
    ),
    el(
      "tbody",
      {},
      rows.map((r) =>
        el(
          "tr",
          {},
          el("th", {}, r.label),
          el("td", { class: "number" }, r.pictures),
          el(
            "td",
            { class: "wide" },
            svg(
              "svg",
              { viewBox: "0 0 100 10", preserveAspectRatio: "none", class: "interval", "aria-hidden": "true" },
              svg("rect", { x: 0, y: 4, width: 100, height: 2, class: "field" }),
              svg("rect", {
                x: r.low * 100,
                y: 2,
                width: Math.max(1, (r.high - r.low) * 100),
                height: 6,
                class: "band",
              }),
              svg("rect", { x: r.recall * 99, y: 0, width: 1.4, height: 10, class: "dot" }),
            ),
          ),
          el("td", { class: "number" }, `${Math.round(r.recall * 100)} %`),
        ),
      ),
    ),
  );
}

/**
 * Draw true labels against the model's labels; darker cells have more pictures.
 * @param {Quality} q
 */
export function confusion(q) {
  const sums = q.confusion.map((row) => row.reduce((a, b) => a + b, 0));
  const shown = q.labels.map((_, i) => i).filter((i) => sums[i] || q.confusion.some((row) => row[i]));
  return el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Labels given for each true label" },
    el(
      "table",
      { class: "confusion" },
      el("caption", {}, "Rows: what it is. Columns: what the model said."),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", {}, el("span", { class: "unseen" }, "Right label")),
          shown.map((i) => el("th", { scope: "col" }, el("span", {}, q.labels[i]))),
        ),
      ),
      el(
        "tbody",
        {},
        shown
          .filter((i) => sums[i])
          .map((i) =>
            el(
              "tr",
              {},
              el("th", { scope: "row" }, q.labels[i]),
              shown.map((j) => cell(q, i, j, sums[i])),
            ),
          ),
      ),
    ),
  );
}

/** @param {Quality} q @param {number} i @param {number} j @param {number} sum of the row */
function cell(q, i, j, sum) {
  const n = q.confusion[i][j];
  const made = el(
    "td",
    { "data-right": i === j && "true", title: `${q.labels[i]} called ${q.labels[j]}: ${n}` },
    n || "",
  );
  made.style.setProperty("--part", String(n / sum));
  return made;
}

/** Accuracy in words. @param {Quality} q */
export function accuracy(q) {
  // For few pictures, tenths of a percent would claim more than is known.
  const few = q.pictures < FEW;
  const large = few ? `${Math.round(q.accuracy * q.pictures)} of ${q.pictures}` : share(q.accuracy);
  return el(
    "p",
    {},
    el("strong", { class: "large" }, large),
    ` ${few ? "pictures" : `of ${counted(q.pictures, "picture")}`} right (95 % interval ${share(q.low)} to ${share(q.high)}); confidence is off by ${share(q.ece)} on average.`,
  );
}
