// @ts-check
/** Doing things to pictures: long acts go on until finished, and every act offers its undo. */
import { call } from "../frame/api.js";
import { counted } from "../frame/dom.js";
import { complain, retract, toast } from "../frame/toast.js";

/** @typedef {{id: string, collection: string, name: string, label: string, thing: string, who: string, unsure: boolean,
 *   confidence: number, machine_label: string, note: string, trashed: boolean, version: number,
 *   label_path: string, group: string, width: number, height: number, size: number, media_type: string, taken: string, day: string,
 *   created_at: number, path: string, model: string, novelty: number, unfamiliar: boolean, sha256: string, session: string,
 *   deployment: string, site: string, camera: string, folder: string, uploader: string, dated: string, individuals: number}} Image */

/**
 * This page's own acts, the last at the end: Ctrl+Z takes them back in turn. @type {{id: string, collection: string}[]}
 */
const mine = [];

/** Tell every part of the page that pictures changed. @param {Image[]} images */
export function announce(images) {
  document.dispatchEvent(new CustomEvent("biosight:changed", { detail: images }));
}

/**
 * One act on named images or on all that match, 500 a call.
 * @param {string} collection @param {Record<string, any>} body @param {number} [expected] for progress
 * @returns {Promise<{act: string, said: string, changed: Image[], skipped: number, stale: Image[]}>}
 */
export async function act(collection, body, expected = 0) {
  const all = {
    act: "",
    said: "",
    changed: /** @type {Image[]} */ ([]),
    skipped: 0,
    stale: /** @type {Image[]} */ ([]),
  };
  let start = "";
  const parts = inParts(body);
  for (const part of parts) {
    do {
      const done = await call("POST", `/collections/${collection}/acts`, { ...part, act: all.act, start });
      // An act that changed nothing so far has left the history: the next part begins anew.
      all.act = done.changed.length || all.changed.length ? done.act : "";
      all.said = done.said;
      all.changed.push(...done.changed);
      all.skipped += done.skipped;
      all.stale.push(...done.stale);
      start = done.next;
      if (start && expected)
        toast(`${all.changed.length.toLocaleString("en")} of ${expected.toLocaleString("en")} done…`, { seconds: 2 });
    } while (start);
  }
  if (all.act) mine.push({ id: all.act, collection });
  announce([...all.changed, ...all.stale]);
  return all;
}

/** @param {Record<string, any>} body @returns {Record<string, any>[]} at most 500 images each */
function inParts(body) {
  if (!body.images || body.images.length <= 500) return [body];
  const parts = [];
  for (let i = 0; i < body.images.length; i += 500) parts.push({ ...body, images: body.images.slice(i, i + 500) });
  return parts;
}

/**
 * Act, say so, offer undo.
 * @param {string} collection @param {Record<string, any>} body @param {number} [expected]
 * @returns {Promise<Image[]>} what changed; empty when nothing did or it failed
 */
export async function doAct(collection, body, expected) {
  try {
    const done = await act(collection, body, expected);
    const said = `${counted(done.changed.length, "picture")} ${done.said}`;
    const undo = done.changed.length ? { act: "Undo", of: done.act, run: () => undoAct(done.act, said) } : {};
    toast([said, ...leftOver(body, done)].join("; "), undo);
    return done.changed;
  } catch (error) {
    complain(error);
    return [];
  }
}

/** What was not changed, in words. @param {Record<string, any>} body @param {{skipped: number, stale: Image[]}} done */
function leftOver(body, done) {
  const words = [];
  if (done.skipped) words.push(body.target ? `${done.skipped} there already` : `${done.skipped} left as they were`);
  if (done.stale.length) {
    const now = [...new Set(done.stale.map((i) => i.label || "no label"))].slice(0, 3).join(", ");
    words.push(`${done.stale.length} changed by somebody else first (now ${now}) and left alone`);
  }
  return words;
}

/** @param {string} id of an act @param {string} [what] it was, in words */
export async function undoAct(id, what = "") {
  try {
    let start = "";
    const all = { changed: 0, left: 0, gone: 0 };
    do {
      const done = await call("POST", `/acts/${id}/undo`, { start });
      announce(done.changed);
      all.changed += done.changed.length;
      all.left += done.left_alone;
      all.gone += done.gone;
      start = done.next;
      if (start) toast(`${all.changed.toLocaleString("en")} undone…`, { seconds: 2 });
    } while (start);
    const at = mine.findIndex((m) => m.id === id);
    if (at >= 0) mine.splice(at, 1);
    retract(id);
    toast(
      [
        `Undone${what ? `: ${what}` : ` for ${counted(all.changed, "picture")}`}`,
        all.left ? `${all.left} changed since and stay as they are` : "",
        all.gone ? `${all.gone} are gone for good` : "",
      ]
        .filter(Boolean)
        .join("; "),
    );
    document.dispatchEvent(new CustomEvent("biosight:undone"));
  } catch (error) {
    complain(error);
  }
}

/** Undo one's own latest act here: this page's, else the store's. @param {string} collection */
export async function undoLast(collection) {
  try {
    const here = mine.filter((m) => m.collection === collection).at(-1);
    if (here) return await undoAct(here.id);
    const [last] = await call("GET", `/collections/${collection}/last-act`);
    if (last) await undoAct(last.id, `${last.summary}, ${counted(last.count, "picture")}`);
    else toast("There is nothing of yours to undo here.");
  } catch (error) {
    complain(error);
  }
}

/**
 * Change one picture as it was seen; when somebody was faster, show theirs.
 * @param {Image} image @param {Record<string, any>} change
 * @returns {Promise<Image>} the image as it is now
 */
export async function changeOne(image, change) {
  try {
    const now = await call("PATCH", `/images/${image.id}`, change, { headers: { "If-Match": `"${image.version}"` } });
    announce([now]);
    if (now.act) {
      mine.push({ id: now.act, collection: now.collection });
      const said = "note" in change ? "Note kept" : `${change.confirm ? "Confirmed" : "Labelled"} as ${now.label}`;
      toast(said, { act: "Undo", of: now.act, run: () => undoAct(now.act, said) });
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
