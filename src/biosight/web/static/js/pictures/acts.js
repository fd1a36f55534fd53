// @ts-check
/** Doing things to pictures: every act offers its undo. */

import { call } from "../frame/api.js";
import { counted } from "../frame/dom.js";
import { tell } from "../frame/events.js";
import { complain, retract, toast } from "../frame/toast.js";
import { hush, watch } from "./work.js";

/** @typedef {Schemas["ImageOut"]} Image */

/**
 * This page's own acts, the latest at the end: Ctrl+Z undoes them one after the other.
 * @type {{id: string, collection: string}[]}
 */
const mine = [];

/** Tell every part of the page that pictures changed. @param {Image[]} images */
export function announce(images) {
  tell("changed", images);
}

/**
 * Do one act on named images or on all that match; for more than 500, a job does it.
 * @param {string} collection @param {Record<string, any>} body
 * @returns {Promise<{act: string, said: string, changed: Image[], skipped: number, stale: Image[], job: import("./work.js").Job | null}>}
 */
export async function act(collection, body) {
  const done = await call("POST", `/collections/${collection}/acts`, body);
  if (done.changed.length || done.job) mine.push({ id: done.act, collection });
  if (done.job) watch(done.job);
  else announce([...done.changed, ...done.stale]);
  return done;
}

/**
 * Do an act, say so, and offer undo.
 * @param {string} collection @param {Record<string, any>} body
 * @returns {Promise<boolean>} whether anything changed or will change
 */
export async function doAct(collection, body) {
  try {
    const done = await act(collection, body);
    if (done.job) return true;
    const said = `${counted(done.changed.length, "picture")} ${done.said}`;
    const undo = done.changed.length ? { act: "Undo", of: done.act, run: () => undoAct(done.act, said) } : {};
    toast([said, ...leftOver(body, done)].join("; "), undo);
    return done.changed.length > 0;
  } catch (error) {
    complain(error);
    return false;
  }
}

/**
 * Say what was not changed.
 * @param {Record<string, any>} body @param {{skipped: number, stale: Image[]}} done
 */
function leftOver(body, done) {
  const words = [];
  if (done.skipped) words.push(body.target ? `${done.skipped} there already` : `${done.skipped} left as they were`);
  if (done.stale.length) {
    const now = [...new Set(done.stale.map((i) => i.label || "no label"))].slice(0, 3).join(", ");
    words.push(`${done.stale.length} changed by somebody else first (now ${now}) and left alone`);
  }
  return words;
}

/** Undo one act in the store, and drop it from what this page can undo. @param {string} id */
async function takeBack(id) {
  const done = await call("POST", `/acts/${id}/undo`);
  const at = mine.findIndex((m) => m.id === id);
  if (at >= 0) mine.splice(at, 1);
  retract(id);
  return done;
}

/**
 * Undo an act; one that is still under way stops first.
 * @param {string} id @param {string} [what] it was, in words
 */
export async function undoAct(id, what = "") {
  try {
    hush(id);
    const done = await takeBack(id);
    if (done.job) return watch(done.job);
    announce(done.changed);
    toast(
      [
        `Undone${what ? `: ${what}` : ` for ${counted(done.changed.length, "picture")}`}`,
        done.left_alone ? `${done.left_alone} changed since and stay as they are` : "",
        done.gone ? `${done.gone} are gone for good` : "",
      ]
        .filter(Boolean)
        .join("; "),
    );
    tell("reload", { undone: id, back: done.changed });
  } catch (error) {
    complain(error);
  }
}

/**
 * Undo several acts, the newest first, and say so once.
 * @param {string[]} ids @param {string} what they were, in words
 */
export async function undoActs(ids, what) {
  /** @type {Image[]} */
  const back = [];
  let left = 0;
  try {
    for (const id of ids) {
      const done = await takeBack(id);
      back.push(...done.changed);
      left += done.left_alone + done.gone;
    }
    toast([`Undone: ${what}`, left ? `${left} changed since and stay as they are` : ""].filter(Boolean).join("; "));
  } catch (error) {
    complain(error);
  }
  announce(back);
  tell("reload", { undone: "", back });
}

/**
 * Undo the person's latest act here: the latest of this page, or else of the store.
 * @param {string} collection
 */
export async function undoLast(collection) {
  try {
    const here = mine.filter((m) => m.collection === collection).at(-1);
    if (here) return await undoAct(here.id);
    const [last] = await call("GET", `/collections/${collection}/last-act`);
    if (last) await undoAct(last.id, `${last.summary}, ${counted(last.count, "picture")}`);
    else toast("You have done nothing here that can be undone.");
  } catch (error) {
    complain(error);
  }
}

/**
 * Change one picture as it was seen; if somebody was faster, show their change instead.
 * @param {Image} image @param {Record<string, any>} change
 * @returns {Promise<Schemas["ImageDetail"]>} the image as it is now
 */
export function changeOne(image, change) {
  const label = (/** @type {Image} */ now) =>
    now.label ? `${change.confirm ? "Confirmed" : "Labelled"} as ${now.label}` : "Left undecided";
  return send(image, ["PATCH", ""], change, (now) => ("note" in change ? "Note kept" : label(now)));
}

/**
 * Say all that a picture shows, as it was seen; if somebody was faster, show their change instead.
 * @param {Image} image @param {Schemas["SubjectOut"][]} subjects
 * @returns {Promise<Schemas["ImageDetail"]>} the image as it is now
 */
export function describeOne(image, subjects) {
  const said = subjects.map(({ machine: _, ...s }) => s);
  return send(image, ["PUT", "/subjects"], { subjects: said }, () => "Kept what the picture shows", "subjects");
}

/**
 * @param {Image} image @param {[string, string]} where the method, and what follows the picture's address
 * @param {Record<string, any>} body @param {(now: Image) => string} words what was done
 * @param {string} [topic] of the message, so that it replaces the one before
 * @returns {Promise<Schemas["ImageDetail"]>}
 */
async function send(image, [method, below], body, words, topic = "") {
  const address = `/images/${image.id}${below}`;
  try {
    const now = await call(method, address, body, { headers: { "If-Match": `"${image.version}"` } });
    announce([now]);
    if (now.act) {
      mine.push({ id: now.act, collection: now.collection });
      const said = words(now);
      toast(said, { act: "Undo", of: now.act, topic, run: () => undoAct(now.act, said) });
    }
    return now;
  } catch (error) {
    if (!(error instanceof Error) || !("status" in error) || error.status !== 412) throw error;
    const now = await call("GET", `/images/${image.id}`);
    announce([now]);
    toast(`Somebody changed this picture first: it is ${now.label || "without a label"} now.`, { problem: true });
    return now;
  }
}
