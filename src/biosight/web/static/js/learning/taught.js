// @ts-check
/** What a version was taught: each label before and now, and from which confidence on it is named. */
import { el } from "../frame/dom.js";
import { percent, row, span, table } from "./tables.js";

/** What was taught, a row per label: found before and now, and how often the name is right. @param {any} r */
export function taught(r) {
  return r?.new_labels?.length
    ? [
        el("h3", {}, r.new_labels.length === 1 ? "Your label" : `Your ${r.new_labels.length} labels`),
        table(
          ["Label", "Pictures", "Found before", "Found now", "Right when given", "Minimum confidence"],
          r.new_labels.map((/** @type {any} */ n) =>
            row(n.label, [
              n.pictures,
              n.after === undefined ? "" : `${n.before} of ${n.pictures}`,
              n.after === undefined ? span(n.recall) : `${n.after} of ${n.pictures}`,
              isGuess(n) ? "–" : span(n.precision),
              namedFrom(n),
            ]),
          ),
        ),
        el(
          "p",
          { class: "soft" },
          "Each picture was tested with a model that did not learn from it. The model gives the label only at or above the minimum confidence, where nine in ten are right.",
        ),
      ]
    : null;
}

/** Is a label proposed only? @param {any} n a taught label */
function isGuess(n) {
  return n.threshold === 0 && n.said === 0;
}

/** @param {any} n a taught label */
function namedFrom(n) {
  if (n.threshold === undefined) return "";
  if (n.threshold) return percent(n.threshold);
  if (!isGuess(n)) return "whenever it is the likeliest label";
  return n.more ? `a guess only: ${n.more} more pictures needed` : "a guess only: not reliable yet";
}
