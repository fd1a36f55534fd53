// @ts-check
/** The machine's five guesses as bars, and the badge that says whose label counts. */
import { el, percent } from "../frame/dom.js";
import { stateOf, titleOf } from "../grid/tile.js";
import { called, hear, words } from "./taxa.js";
import { thingMark } from "./things.js";

/** @typedef {Schemas["GuessOut"]} Guess */

/**
 * Draw the line of names through a model's answer and why it ends there, then other names that the model
 * considers, and its groups.
 * @param {Schemas["ImageDetail"]} image @param {((label: string) => void) | null} choose
 */
export function drawAllGuesses(image, choose) {
  if (!image.finer.length) return drawGuesses(image.top, choose);
  return [
    image.levels.length > 1 && drawLevels(image, choose),
    image.stops && el("p", { class: "soft" }, image.stops),
    image.levels.length > 1 && el("h2", { class: "minor" }, "Other names that the model considers"),
    drawGuesses(guessesOf(image), choose, "The machine's other guesses"),
    el(
      "details",
      { class: "plain" },
      el("summary", {}, "Groups that the model considers"),
      drawGuesses(image.top, choose, "The machine's groups"),
    ),
  ];
}

/** Return what a picture may also be, without the names on the line of the answer. @param {Schemas["ImageDetail"]} image */
function guessesOf(image) {
  const line = new Set(image.levels.length > 1 ? image.levels.map((l) => l.label) : []);
  return image.finer.length ? image.finer.filter((g) => !line.has(g.label)) : image.top;
}

/**
 * Return the label that a digit gives a picture: a favourite, or a guess if there are none.
 * @param {DOMStringMap} data @param {Schemas["ImageDetail"]} image @param {number} digit
 */
export function byDigit(data, image, digit) {
  const favourites = JSON.parse(data.favourites ?? "[]");
  const guesses = image ? guessesOf(image) : [];
  return favourites.length ? favourites[digit - 1] : guesses[digit - 1]?.label;
}

/**
 * Draw what experts say of the picture; this is shown only, and never an answer.
 * @param {Schemas["ImageDetail"]} image
 */
export function drawOpinions(image) {
  return image.opinions
    .filter((/** @type {Schemas["OpinionOut"]} */ o) => o.top.length)
    .map((/** @type {Schemas["OpinionOut"]} */ o) => [
      el("h2", { class: "minor" }, `Looks like, according to ${o.model}`),
      el(
        "ul",
        { class: "looks" },
        o.top
          .slice(0, 3)
          .map((/** @type {Guess} */ g) =>
            el("li", {}, el("span", {}, g.label), el("span", { class: "number" }, percent(g.confidence))),
          ),
      ),
      el(
        "p",
        { class: "soft" },
        o.weight
          ? `This opinion has a weight of ${percent(o.weight)} in the finer name.`
          : "This opinion does not affect the name, because it has no weight yet.",
      ),
    ]);
}

/**
 * Draw each name on the line with its probability; what the model did not go down to is faint.
 * @param {Schemas["ImageDetail"]} image @param {((label: string) => void) | null} choose
 */
function drawLevels(image, choose) {
  const said = image.levels.filter((l) => l.needs !== null && l.confidence >= l.needs);
  const machine = image.levels.indexOf(said[said.length - 1]);
  return el(
    "div",
    { class: "guesses levels", role: "group", "aria-label": "The machine's answer, level by level" },
    image.levels.map((level, n) =>
      el(
        "button",
        {
          class: n > machine ? "guess beyond" : n === machine ? "guess answer" : "guess",
          type: "button",
          disabled: !choose,
          title: choose ? `Label as ${level.label}` : "",
          onclick: () => choose?.(level.label),
        },
        el("span", {}, called(level.label)),
        el("span", { class: "number" }, percent(level.confidence)),
        el("progress", { class: "track", value: level.confidence, max: 1, "aria-hidden": "true" }),
      ),
    ),
  );
}

/**
 * @param {Guess[]} top @param {((label: string) => void) | null} choose @param {string} [name]
 */
export function drawGuesses(top, choose, name = "The machine's guesses") {
  top.forEach(hear);
  if (!top.length) return el("p", { class: "soft" }, "This picture is not classified yet; it will be soon.");
  return el(
    "div",
    { class: "guesses", role: "group", "aria-label": name },
    top.map((g) =>
      el(
        "button",
        {
          class: "guess",
          type: "button",
          disabled: !choose,
          title: [words(g.line), choose ? `Label as ${g.label}` : ""].filter(Boolean).join("\n"),
          onclick: () => choose?.(g.label),
        },
        el("span", {}, called(g.label)),
        el("span", { class: "number" }, percent(g.confidence)),
        el("progress", { class: "track", value: g.confidence, max: 1, "aria-hidden": "true" }),
      ),
    ),
  );
}

/** @param {Schemas["ImageDetail"]} image */
export function drawState(image) {
  const state = stateOf(image);
  const words = {
    person: "✓ named by a person",
    bulk: "≈ accepted in bulk: nobody looked at each picture",
    machine: `by the machine, ${percent(image.confidence)}`,
    unfamiliar: "? unfamiliar to the model",
    unsure: `? unsure, ${percent(image.confidence)}`,
    undecided: "∅ somebody looked, and could not name it",
    nobody: "– nobody has named it",
  };
  return el(
    "p",
    {},
    thingMark(image.thing),
    el("strong", { class: "large" }, titleOf(image)),
    " ",
    el(
      "span",
      { class: ["unfamiliar", "unsure", "undecided", "nobody"].includes(state) ? "state unsure" : "state" },
      words[state],
    ),
  );
}
