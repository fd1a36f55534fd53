// @ts-check
/** The gate's report: a candidate against what it came from. */
import { el } from "../frame/dom.js";
import { share } from "./plots.js";
import { percent, row, signed, table } from "./tables.js";
import { taught } from "./taught.js";

const TITLES = /** @type {Record<string, string>} */ ({
  better: "Better",
  "no worse": "Not worse: a person decides",
  worse: "Worse",
  "a person decides": "A person decides",
});

/** @param {any} r */
export function gate(r) {
  return el(
    "section",
    {},
    el("h2", {}, "Compared with the model that it was made from"),
    verdict(r, ` ${r.candidate || "This version"} against ${r.champion}.`),
    taught(r),
    parts(r),
    levels(r),
    summary(r),
    recalls(r),
    matrices(r),
  );
}

/** The verdict and its reasons. @param {any} r @param {any[]} more words or links behind the verdict */
export function verdict(r, ...more) {
  const kind = r.verdict === "worse" ? "state worse" : "state";
  return [
    el("p", {}, el("span", { class: kind }, TITLES[r.verdict] ?? r.verdict), more),
    el(
      "ul",
      {},
      r.reasons.map((/** @type {string} */ t) => el("li", {}, t)),
    ),
  ];
}

/** @param {any} r */
function parts(r) {
  const all = r.parts?.length
    ? r.parts
    : [
        {
          name: r.measured_on,
          pictures: r.pictures,
          champion: r.champion_accuracy,
          candidate: r.candidate_accuracy,
          low: r.low,
          high: r.high,
        },
      ];
  return table(
    ["Right on", "Pictures", "Before", "After", "Change in points (95 % interval)"],
    all.map((/** @type {any} */ p) =>
      row(p.name, [
        p.pictures.toLocaleString("en"),
        share(p.champion),
        share(p.candidate),
        `${signed(p.low)} to ${signed(p.high)}`,
      ]),
    ),
    "parts",
  );
}

const LEVELS = /** @type {Record<string, string>} */ ({ order: "Order", family: "Family", said: "Finer" });

/** Both sides at each level of the tree. @param {any} r */
function levels(r) {
  const said = (/** @type {number | null} */ value, /** @type {number} */ part) =>
    value === null ? "–" : part ? `${share(value)} of ${percent(part)}` : share(value);
  return r.levels?.length
    ? [
        el("h3", {}, "By level"),
        table(
          ["Level", "Pictures", "Before", "After"],
          r.levels.map((/** @type {any} */ x) =>
            row(`${LEVELS[x.level]}, ${x.part}`, [
              x.pictures.toLocaleString("en"),
              said(x.champion, x.champion_share),
              said(x.candidate, x.candidate_share),
            ]),
          ),
        ),
        el(
          "p",
          { class: "soft" },
          "“Finer”: “90 % of 40 %” means that 40 % of the pictures got an answer below the group level, and 90 % of these answers are right.",
        ),
      ]
    : null;
}

/** @param {any} r */
function summary(r) {
  const speed = r.champion_ms
    ? ` The new model takes ${r.candidate_ms.toFixed(1)} ms per picture, the old model ${r.champion_ms.toFixed(1)} ms.`
    : "";
  return el(
    "p",
    {},
    `The verdict is based on ${r.pictures.toLocaleString("en")} pictures. Only the old model is right on ${r.only_champion_right} of them, only the new model on ${r.only_candidate_right}. Confidence differs from accuracy by ${share(r.champion_ece)} before and ${share(r.candidate_ece)} after, on average.${speed}`,
    el(
      "small",
      { class: "soft", title: "How likely such a difference is by chance alone (McNemar's test)" },
      ` p = ${Number(r.mcnemar_p).toPrecision(2)}`,
    ),
  );
}

/** @param {any} r */
function recalls(r) {
  const lines = r.labels.filter((/** @type {any} */ x) => x.pictures);
  return lines.length
    ? [
        el("h3", {}, "Share of pictures found, by label"),
        table(
          ["Label", "Pictures", "Before (95 % interval)", "After"],
          lines.map((/** @type {any} */ x) =>
            row(
              x.label,
              [x.pictures, `${percent(x.champion)} (${percent(x.low)} to ${percent(x.high)})`, percent(x.candidate)],
              x.candidate < x.low ? 2 : -1,
            ),
          ),
        ),
      ]
    : null;
}

/** @param {any} r */
function matrices(r) {
  const names = r.labels.map((/** @type {any} */ x) => x.label);
  return el(
    "details",
    {},
    el("summary", {}, "Which labels are mixed up"),
    el("p", { class: "soft" }, "Rows are people's labels, columns are the model's answers."),
    matrix("Before", r.champion_confusion, names),
    matrix("After", r.candidate_confusion, names),
  );
}

/** @param {string} title @param {number[][]} counts @param {string[]} names */
function matrix(title, counts, names) {
  const shown = names.map((_, n) => n).filter((n) => counts[n].some(Boolean) || counts.some((line) => line[n]));
  return [
    el("h3", {}, title),
    table(
      ["", ...shown.map((n) => names[n])],
      shown.map((n) =>
        row(
          names[n],
          shown.map((m) => counts[n][m] || ""),
        ),
      ),
    ),
  ];
}
