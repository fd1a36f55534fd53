// @ts-check
/**
 * The answers for a picture: confirm, another label, undecided, Empty, People, Vehicle, a level up
 * or down, a favourite. One table gives the keys and the buttons of the picture page, the review,
 * readers, groups and the grid.
 */
import { el } from "../frame/dom.js";
import { meant } from "../frame/keys.js";
import { countOne } from "./counting.js";
import { byDigit } from "./guesses.js";
import { broader, finer } from "./levels.js";
import { chooseLabel } from "./relabel.js";
import { called } from "./taxa.js";
import { THINGS } from "./things.js";

/** @typedef {{confirm?: true, undecided?: true, label?: string}} Answer */

/**
 * @typedef {object} Asked
 * @property {DOMStringMap} data the page's attributes: favourites, labels, the collection
 * @property {(answer: Answer) => any} give does what an answer says
 * @property {() => any} [image] the picture in full; absent for many pictures, or if it must not be shown
 * @property {() => any} [confirm] called instead of giving {confirm}
 * @property {() => boolean} [ready] whether there is anything to name
 * @property {() => any} [counted] called after individuals were counted
 * @property {() => string} [question] the title of the dialog for a label
 */

/** Ask for a label and give it. @param {Asked} asked */
export async function askLabel(asked) {
  if (asked.ready && !asked.ready()) return;
  const label = await chooseLabel(asked.data, asked.question?.() ?? "Label");
  if (label) await asked.give({ label });
}

/** Give a label; the picture's own label confirms it. @param {Asked} asked @param {string} label */
export function giveLabel(asked, label) {
  return asked.give(label === asked.image?.()?.label ? { confirm: true } : { label });
}

/** @param {Asked} asked @param {(image: Schemas["ImageDetail"]) => string} level */
function giveLevel(asked, level) {
  const image = asked.image?.();
  const label = image ? level(image) : "";
  return label ? asked.give({ label }) : undefined;
}

/** What Confirm does. @param {Asked} asked */
const confirming = (asked) => asked.confirm ?? (() => asked.give({ confirm: true }));

/**
 * The keys of all answers, by their names in frame/keys.js.
 * @param {Asked} asked @returns {Record<string, (event: KeyboardEvent) => any>}
 */
export function answerKeys(asked) {
  return {
    confirm: confirming(asked),
    relabel: () => askLabel(asked),
    undecided: () => asked.give({ undecided: true }),
    ...Object.fromEntries(THINGS.map((t) => [t.thing, () => asked.give({ label: t.label })])),
    ...(asked.image && {
      broader: () => giveLevel(asked, broader),
      finer: () => giveLevel(asked, finer),
      count: () => countOne(asked),
    }),
    favourite: (event) => {
      const label = byDigit(asked.data, asked.image?.() ?? null, Number(meant(event)));
      if (label) giveLabel(asked, label);
    },
  };
}

/** @param {string} words @param {string} key @param {() => any} onclick @param {Record<string, any>} [more] */
function button(words, key, onclick, more = {}) {
  return el("button", { type: "button", title: key, onclick, ...more }, words);
}

/** Relabel and Undecided. @param {Asked} asked */
export function namingButtons(asked) {
  return [
    button("Relabel", "R", () => askLabel(asked)),
    button("Undecided", "U", () => asked.give({ undecided: true })),
  ];
}

/** Empty, People and Vehicle, beside each other. @param {Asked} asked */
export function thingButtons(asked) {
  return el(
    "span",
    { class: "things", role: "group", "aria-label": "No organism" },
    THINGS.map((t) => button(t.words, t.key, () => asked.give({ label: t.label }), { class: "quiet" })),
  );
}

/** The same three in one field, where a bar has little room. @param {Asked} asked */
export function thingChoice(asked) {
  const choice = el(
    "select",
    { "aria-label": "No organism", title: "E, M or V" },
    el("option", { value: "" }, "Mark as …"),
    THINGS.map((t) => el("option", { value: t.label }, t.words)),
  );
  choice.addEventListener("change", () => asked.give({ label: choice.value }));
  return choice;
}

/** One level up or down from the picture's label, where there is one. @param {Asked} asked */
export function levelButtons(asked) {
  const image = asked.image?.();
  const [up, down] = image ? [broader(image), finer(image)] : ["", ""];
  return [
    up && button(`↑ ${called(up)}`, "P", () => asked.give({ label: up })),
    down && button(`↓ ${called(down)}`, "F", () => asked.give({ label: down })),
  ];
}

/**
 * The buttons of all answers but favourites, which the page shows as a list.
 * @param {Asked} asked @param {{confirm?: string, disabled?: boolean}} [how] the words of the first button
 */
export function answerButtons(asked, how = {}) {
  return [
    button(how.confirm ?? "Confirm", "A or Enter", confirming(asked), { class: "primary", disabled: how.disabled }),
    ...namingButtons(asked),
    thingButtons(asked),
    asked.image && button("Count", "C", () => countOne(asked), { class: "quiet" }),
    ...levelButtons(asked), // last: as wide as their names, they move none of the others
  ];
}

/** An answer as an act on many pictures. @param {Answer} answer @returns {{kind: string, label?: string}} */
export function asAct({ confirm, undecided, label }) {
  if (confirm) return { kind: "confirm" };
  return undecided ? { kind: "undecided" } : { kind: "relabel", label };
}
