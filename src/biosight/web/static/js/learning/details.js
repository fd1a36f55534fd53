// @ts-check
/** Details of a version for people who train networks, folded away for everybody else. */
import { el } from "../frame/dom.js";

/** @param {string} text */
export const firstSentence = (text) => text.split(/(?<=[.;]) /, 1)[0].replace(/;$/, ".");

/** Draw these details, folded. @param {Record<string, any>} c the card */
export function details(c) {
  const said = {
    Network: c.arch,
    "Input, pixels": c.input_size,
    Precision: c.precision,
    "Started from": c.started_from,
    Code: c.git_commit,
    "Training set": c.training_set,
    "SHA-256": c.sha256,
    ...c.parameters,
    ...c.made_with,
  };
  const rows = Object.entries(said).filter(([, value]) => value);
  return el(
    "details",
    {},
    el("summary", {}, "Technical details"),
    c.trained_on !== firstSentence(c.trained_on) && el("p", { class: "words" }, c.trained_on),
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Technical details" },
      el(
        "table",
        {},
        el(
          "tbody",
          {},
          rows.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value))),
        ),
      ),
    ),
  );
}
