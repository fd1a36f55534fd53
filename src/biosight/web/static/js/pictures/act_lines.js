// @ts-check
/** Acts as lines of the history: one each, and one for a row of equal ones. */

import { counted, el, when } from "../frame/dom.js";
import { undoAct, undoActs } from "./acts.js";

/** @typedef {Schemas["ActOut"]} Act */

const LEAST = 3;
const APART_SECONDS = 600;
const PICTURES = 6;

/**
 * Put acts together that follow each other: one person did the same with one picture after another.
 * @param {Act[]} acts the newest first
 * @returns {Act[][]} rows of at least three, and single ones
 */
export function together(acts) {
  /** @type {Act[][]} */
  const rows = [];
  for (const act of acts) {
    const row = rows.at(-1);
    if (row && goesOn(row.at(-1), act)) row.push(act);
    else rows.push([act]);
  }
  return rows.flatMap((row) => (row.length < LEAST ? row.map((act) => [act]) : [row]));
}

/** @param {Act | undefined} later @param {Act} act the one before it */
function goesOn(later, act) {
  const one = (/** @type {Act} */ a) => a.count === 1 && !a.under_way;
  const same = (/** @type {Act} */ a) => [a.kind, a.summary, a.by, a.mine, a.undone, a.can_undo].join("\n");
  return Boolean(later && one(later) && one(act) && same(later) === same(act) && later.at - act.at < APART_SECONDS);
}

/** @param {Act[]} row acts that belong together, or one */
export function line(row) {
  return row.length === 1 ? single(row[0]) : several(row);
}

/** @param {Act} a */
function single(a) {
  return el(
    "li",
    {},
    pictures(a.images, a.summary),
    words(
      a.summary,
      a.count ? `${counted(a.count, "picture")}${a.under_way ? " so far" : ""}` : "",
      `${who(a)}, ${when(a.at)}`,
    ),
    a.undone ? el("span", { class: "soft" }, "undone") : null,
    a.can_undo ? button("Undo", `${a.summary}, ${counted(a.count, "picture")}`, () => undoAct(a.id, a.summary)) : null,
  );
}

/** @param {Act[]} row equal acts, the newest first */
function several(row) {
  const [newest] = row;
  const oldest = /** @type {Act} */ (row.at(-1));
  const many = counted(row.length, "picture");
  const short = (/** @type {Act} */ a) => new Date(a.at * 1000).toLocaleTimeString(undefined, { timeStyle: "short" });
  const until = short(newest) === short(oldest) ? "" : ` to ${short(newest)}`;
  const undo = () =>
    undoActs(
      row.map((a) => a.id),
      `${newest.summary}, ${many}`,
    );
  return el(
    "li",
    {},
    pictures(row.flatMap((a) => a.images).slice(0, PICTURES), newest.summary),
    words(newest.summary, `${many}, one after another`, `${who(newest)}, ${when(oldest.at)}${until}`),
    newest.undone ? el("span", { class: "soft" }, "undone") : null,
    newest.can_undo ? button("Undo all", `${newest.summary}, ${many}`, undo) : null,
    el("details", { class: "each" }, el("summary", {}, "Show each"), el("ol", { class: "rows" }, row.map(single))),
  );
}

/** @param {string[]} ids @param {string} summary */
function pictures(ids, summary) {
  return el(
    "span",
    { class: "shown" },
    ids.map((id) =>
      el(
        "a",
        { href: `/images/${id}`, "aria-label": `A picture of “${summary}”` },
        el("img", { src: `/api/v1/images/${id}/thumbnail`, alt: "", loading: "lazy" }),
      ),
    ),
  );
}

/** @param {string} summary @param {string} many @param {string} below who and when */
function words(summary, many, below) {
  return el(
    "span",
    { class: "grow" },
    el("strong", {}, summary),
    many && `, ${many}`,
    el("br"),
    el("small", { class: "soft" }, below),
  );
}

/** @param {Act} a */
function who(a) {
  return a.mine ? "you" : a.by;
}

/** @param {string} text @param {string} of what it undoes @param {() => any} run */
function button(text, of, run) {
  const onclick = (/** @type {MouseEvent} */ e) => {
    /** @type {HTMLButtonElement} */ (e.currentTarget).disabled = true;
    run();
  };
  return el("button", { type: "button", "aria-label": `${text}: ${of}`, onclick }, text);
}
