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
    el("h2", {}, "Compared with what it came from"),
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
    ["Right on", "Pictures", "Before", "After", "Points (95 %)"],
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
          "“Finer”: accuracy of answers below the group level, and how many pictures got one.",
        ),
      ]
    : null;
}

/** @param {any} r */
function summary(r) {
  const speed = r.champion_ms
    ? ` A picture takes ${r.candidate_ms.toFixed(1)} ms instead of ${r.champion_ms.toFixed(1)}.`
    : "";
  return el(
    "p",
    {},
    `Of the ${r.pictures.toLocaleString("en")} pictures that decide, only the old model is right on ${r.only_champion_right}, and only the new one on ${r.only_candidate_right}. Confidence is off by ${share(r.champion_ece)} before, ${share(r.candidate_ece)} after.${speed}`,
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
        el("h3", {}, "Found, by label"),
        table(
          ["Label", "Pictures", "Before (95 %)", "After"],
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
    el("p", { class: "soft" }, "A row is what people say, a column what the model says."),
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
