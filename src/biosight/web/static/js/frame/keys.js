// @ts-check
/** One table of keys: it drives the shortcuts and draws the help sheet. */
import { el } from "./dom.js";

/** @type {{action: string, keys: string[], show: string, what: string}[]} */
export const KEYS = [
  { action: "next", keys: ["ArrowRight"], show: "→", what: "Next picture" },
  { action: "previous", keys: ["ArrowLeft"], show: "←", what: "Previous picture" },
  { action: "down", keys: ["ArrowDown"], show: "↓", what: "Row below" },
  { action: "up", keys: ["ArrowUp"], show: "↑", what: "Row above" },
  { action: "first", keys: ["Home"], show: "Home", what: "First picture" },
  { action: "last", keys: ["End"], show: "End", what: "Last picture loaded" },
  { action: "open", keys: [" ", "o"], show: "Space", what: "Open the picture large" },
  { action: "confirm", keys: ["a", "Enter"], show: "A or Enter", what: "Confirm the label" },
  { action: "relabel", keys: ["r"], show: "R", what: "Give another label" },
  {
    action: "favourite",
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    show: "1 – 9",
    what: "Give a favourite label; where there are none, 1 to 5 give the machine's guesses",
  },
  { action: "broader", keys: ["p"], show: "P", what: "One level up in the tree of names" },
  { action: "finer", keys: ["f"], show: "F", what: "One level down, to the likeliest finer name" },
  { action: "undecided", keys: ["u"], show: "U", what: "Undecided: you looked and can't name it" },
  { action: "empty", keys: ["e"], show: "E", what: "Empty: nothing to see" },
  { action: "human", keys: ["m"], show: "M", what: "Human: people in the picture" },
  { action: "vehicle", keys: ["v"], show: "V", what: "Vehicle" },
  { action: "count", keys: ["c"], show: "C", what: "Count: then type how many individuals there are, and Enter" },
  { action: "skip", keys: ["s"], show: "S", what: "Skip this group" },
  { action: "select", keys: ["x"], show: "X", what: "Select or unselect" },
  { action: "all", keys: ["Ctrl+a"], show: "Ctrl + A", what: "Select all loaded pictures" },
  { action: "undo", keys: ["Ctrl+z"], show: "Ctrl + Z", what: "Undo your last act" },
  { action: "trash", keys: ["Delete", "Backspace"], show: "Del", what: "Move to the trash" },
  { action: "details", keys: ["i"], show: "I", what: "Show or hide details" },
  { action: "subject", keys: ["n"], show: "N", what: "Add another subject: a second animal in the picture" },
  { action: "drawBox", keys: ["d"], show: "D", what: "Draw the box of the open subject" },
  { action: "heat", keys: ["h"], show: "H", what: "Show what the model looked at" },
  { action: "boxes", keys: ["b"], show: "B", what: "Show or hide the boxes around animals and people" },
  { action: "planeBefore", keys: ["["], show: "[", what: "Plane before, in a stack" },
  { action: "planeAfter", keys: ["]"], show: "]", what: "Next plane, in a stack" },
  { action: "zoomIn", keys: ["+", "="], show: "+", what: "Zoom in" },
  { action: "zoomOut", keys: ["-"], show: "−", what: "Zoom out" },
  { action: "search", keys: ["/"], show: "/", what: "Search" },
  { action: "clear", keys: ["Escape"], show: "Esc", what: "Clear the selection, or go back" },
  { action: "help", keys: ["?"], show: "?", what: "This sheet" },
];

/** @type {Record<string, (event: KeyboardEvent) => void>} */
let bound = {};

/** @param {Record<string, (event: KeyboardEvent) => void>} actions by name in KEYS */
export function bind(actions) {
  bound = { help, ...actions };
}

export function unbind() {
  bound = { help };
}

const OFF = "biosight:single-keys-off";

/**
 * Single-letter keys can be switched off, for people who dictate or whose hands slip (WCAG 2.1.4).
 */
function singleKeys() {
  return localStorage.getItem(OFF) === null;
}

/**
 * Return the key that is meant: on keyboards whose letters are not Latin, or whose digits need Shift, by its place.
 * @param {KeyboardEvent} event
 */
export function meant(event) {
  if (event.key.length !== 1) return event.key;
  const [, letter, digit] = /^(?:Key([A-Z])|Digit([0-9]))$/.exec(event.code) ?? [];
  if (digit && !event.shiftKey && !/[a-z0-9]/i.test(event.key)) return digit;
  if (letter && /\p{L}/u.test(event.key) && !/[a-z]/i.test(event.key)) return letter.toLowerCase();
  return event.key.toLowerCase();
}

/** Return whether an input method is at work: its keys are not ours. @param {KeyboardEvent} event */
export const composing = (event) => event.isComposing || event.keyCode === 229;

/** @param {KeyboardEvent} event @returns {string} such as "Ctrl+a" */
function name(event) {
  const key = meant(event);
  return event.ctrlKey || event.metaKey ? `Ctrl+${key}` : key;
}

/** @param {EventTarget | null} target */
function typing(target) {
  if (!(target instanceof HTMLElement)) return false;
  return target.matches("input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]");
}

/** @param {EventTarget | null} target @param {string} key */
function hasOwnUse(target, key) {
  const pressed = key === "Enter" || key === " ";
  return pressed && target instanceof HTMLElement && !!target.closest("button, a, summary");
}

document.addEventListener("keydown", (event) => {
  const key = name(event);
  if (event.altKey || composing(event) || document.querySelector("dialog[open]")) return;
  if (typing(event.target)) {
    if (key === "Escape") /** @type {HTMLElement} */ (event.target).blur();
    return;
  }
  if (hasOwnUse(event.target, key) || (key.length === 1 && key !== "?" && !singleKeys())) return;
  const row = KEYS.find((k) => k.keys.includes(key));
  if (!row || !bound[row.action]) return;
  event.preventDefault();
  bound[row.action](event);
});

/** Return the address of the guide's page about this page. */
function guide() {
  return document.querySelector(".top .help")?.getAttribute("href") ?? "/help";
}

/** Show the keys that work on this page. */
export function help() {
  const rows = KEYS.filter((k) => bound[k.action]);
  const dialog = el(
    "dialog",
    { "aria-labelledby": "keys" },
    el("h2", { id: "keys" }, "Keys"),
    el(
      "dl",
      { class: "keys" },
      rows.flatMap((k) => [el("dt", {}, el("kbd", {}, k.show)), el("dd", {}, k.what)]),
    ),
    bound.select
      ? el(
          "p",
          { class: "soft" },
          "Shift with a click or an arrow selects a range, Ctrl-click adds one. On a Mac, Cmd stands for Ctrl.",
        )
      : "",
    el(
      "label",
      { class: "check" },
      el("input", {
        type: "checkbox",
        checked: singleKeys(),
        onchange: (/** @type {Event} */ e) => {
          if (/** @type {HTMLInputElement} */ (e.target).checked) localStorage.removeItem(OFF);
          else localStorage.setItem(OFF, "off");
        },
      }),
      " Single letters and digits act",
    ),
    el(
      "form",
      { method: "dialog" },
      el(
        "menu",
        {},
        el("a", { class: "button", href: guide(), onclick: () => dialog.close() }, "The guide"),
        el("button", {}, "Close"),
      ),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
