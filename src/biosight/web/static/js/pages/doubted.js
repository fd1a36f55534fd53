// @ts-check
/** Labels that are likely wrong, in cohorts, with what confirmed look-alikes are called instead. */

import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { listen } from "../frame/events.js";
import { bind } from "../frame/keys.js";
import { may } from "../frame/may.js";
import { complain } from "../frame/toast.js";
import { Picker } from "../grid/picker.js";
import { doAct, undoLast } from "../pictures/acts.js";
import { called } from "../pictures/taxa.js";

const FEW = 24;

const NOTHING =
  "Confirm some pictures of each label first: a label is doubted where the most similar confirmed pictures have another label.";

/** @typedef {Schemas["CohortOut"]} Cohort */

/**
 * @param {Cohort} c @param {string} collection @param {boolean} editor @param {() => Promise<void>} reload
 */
function drawCohort(c, collection, editor, reload) {
  const picker = new Picker(c.images, {
    name: `${c.label}, perhaps ${c.suggested}`,
    all: true,
    editor,
    shown: FEW,
    changed: () => drawButtons(),
  });
  /** @param {Record<string, any>} body */
  const answer = async (body) => {
    const images = picker.in.map((i) => i.id);
    const versions = Object.fromEntries(picker.in.map((i) => [i.id, i.version]));
    if (await doAct(collection, { ...body, images, versions, via: "group" })) await reload();
  };
  const more =
    c.images.length > FEW &&
    el("button", { type: "button", onclick: () => showAll() }, `Show ${c.images.length - FEW} more`);
  const showAll = () => {
    picker.show(c.images.length);
    if (more) more.remove();
  };
  const buttons = el("div", { class: "actions" });
  const drawButtons = () =>
    buttons.replaceChildren(...[...(editor ? answers(c, picker, answer) : []), more].filter(Boolean));
  drawButtons();
  const title = `${counted(c.images.length, "picture")} of ${called(c.label)}, perhaps ${called(c.suggested)}`;
  return el("section", { class: "group" }, el("div", { class: "heading" }, el("h2", {}, title), buttons), picker.box);
}

/** @param {Cohort} c @param {Picker} picker @param {(body: Record<string, any>) => Promise<void>} answer */
function answers(c, picker, answer) {
  const button = (/** @type {string} */ words, /** @type {Record<string, any>} */ body, more = {}) =>
    el(
      "button",
      { type: "button", disabled: !picker.in.length, onclick: () => answer(body).catch(complain), ...more },
      words,
    );
  const relabel = `${picker.says("Relabel")} as ${called(c.suggested)}`;
  return [
    button(relabel, { kind: "relabel", label: c.suggested }, { class: "primary" }),
    button(`They are ${called(c.label)}`, { kind: "confirm" }),
  ];
}

/** @param {HTMLElement} main */
export async function mount(main) {
  const collection = main.dataset.collection ?? "";
  const editor = may(main, "change");
  const stop = new AbortController();
  const nothing = () =>
    el("div", { class: "empty" }, el("p", { class: "large" }, "No label looks wrong."), el("p", {}, NOTHING));
  const load = async () => {
    /** @type {Cohort[]} */
    const cohorts = await call("GET", `/collections/${collection}/doubted`);
    const drawn = cohorts.map((c) => drawCohort(c, collection, editor, load));
    find(main, "#review").replaceChildren(el("div", { class: "groups" }, drawn), ...(drawn.length ? [] : [nothing()]));
  };
  listen("reload", () => load().catch(complain), { signal: stop.signal });
  bind({ ...(editor && { undo: () => undoLast(collection) }) });
  await load();
  return () => stop.abort();
}
