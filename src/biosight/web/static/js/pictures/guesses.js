// @ts-check
/** The machine's five guesses as bars, and the badge that says whose label counts. */
import { el, percent, shown } from "../frame/dom.js";
import { stateOf } from "../grid/tile.js";

/**
 * @param {{label: string, confidence: number}[]} top @param {((label: string) => void) | null} choose
 */
export function drawGuesses(top, choose) {
  if (!top.length)
    return el("p", { class: "soft" }, "The machine has not classified this picture yet; it will be soon.");
  return el(
    "div",
    { class: "guesses", role: "group", "aria-label": "The machine's guesses" },
    top.map((g) =>
      el(
        "button",
        {
          class: "guess",
          type: "button",
          disabled: !choose,
          title: choose ? `Label as ${g.label}` : "",
          onclick: () => choose?.(g.label),
        },
        el("span", {}, g.label),
        el("span", { class: "number" }, percent(g.confidence)),
        el("progress", { class: "track", value: g.confidence, max: 1, "aria-hidden": "true" }),
      ),
    ),
  );
}

/** @param {any} image */
export function drawState(image) {
  const state = stateOf(image);
  const words = {
    person: "✓ said by a person",
    machine: `by the machine, ${percent(image.confidence)}`,
    unsure: `? not sure, ${percent(image.confidence)}`,
    nobody: "– nobody has named it",
  };
  return el(
    "p",
    {},
    el("strong", { class: "large" }, shown(image.label)),
    " ",
    el("span", { class: state === "unsure" || state === "nobody" ? "state unsure" : "state" }, words[state]),
  );
}
