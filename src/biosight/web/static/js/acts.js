// @ts-check
/** Doing things to pictures: long acts go on until finished, and every act offers its undo. */
import { call } from "./api.js";
import { counted } from "./dom.js";
import { complain, toast } from "./toast.js";

/** @typedef {{id: string, collection: string, name: string, label: string, who: string, unsure: boolean,
 *   confidence: number, machine_label: string, note: string, trashed: boolean, version: number,
 *   width: number, height: number, size: number, media_type: string, taken: string, day: string,
 *   created_at: number, path: string, model: string, sha256: string, session: string}} Image */

/** Tell every part of the page that pictures changed. @param {Image[]} images */
export function announce(images) {
  document.dispatchEvent(new CustomEvent("biosight:changed", { detail: images }));
}

/**
 * One act on named images or on all that match, 500 a call.
 * @param {string} collection @param {Record<string, any>} body @param {number} [expected] for progress
 * @returns {Promise<{act: string, changed: Image[], skipped: number}>}
 */
export async function act(collection, body, expected = 0) {
  const all = { act: "", changed: /** @type {Image[]} */ ([]), skipped: 0 };
  let start = "";
  const parts = inParts(body);
  for (const part of parts) {
    do {
      const done = await call("POST", `/collections/${collection}/acts`, { ...part, act: all.act, start });
      // An act that changed nothing so far has left the history: the next part begins anew.
      all.act = done.changed.length || all.changed.length ? done.act : "";
      all.changed.push(...done.changed);
      all.skipped += done.skipped;
      start = done.next;
      if (start && expected) toast(`${all.changed.length.toLocaleString("en")} of ${expected.toLocaleString("en")} done…`, { seconds: 2 });
    } while (start);
  }
  announce(all.changed);
  return all;
}

/** @param {Record<string, any>} body @returns {Record<string, any>[]} at most 500 images each */
function inParts(body) {
  if (!body.images || body.images.length <= 500) return [body];
  const parts = [];
  for (let i = 0; i < body.images.length; i += 500) parts.push({ ...body, images: body.images.slice(i, i + 500) });
  return parts;
}

const DONE = /** @type {Record<string, string>} */ ({
  confirm: "confirmed", relabel: "relabelled", unsure: "labelled as not sure", trash: "moved to the trash",
  restore: "restored", move: "moved", copy: "copied", note: "noted",
});

/**
 * Act, say so, offer undo.
 * @param {string} collection @param {Record<string, any>} body @param {number} [expected]
 * @returns {Promise<Image[]>} what changed; empty when nothing did or it failed
 */
export async function doAct(collection, body, expected) {
  try {
    const done = await act(collection, body, expected);
    const words = `${counted(done.changed.length, "picture")} ${DONE[body.kind]}${body.kind === "relabel" ? ` as ${body.label}` : ""}`;
    const skipped = done.skipped ? `; ${done.skipped} left as they were` : "";
    const undo = done.changed.length ? { act: "Undo", run: () => undoAct(done.act) } : {};
    toast(words + skipped, undo);
    return done.changed;
  } catch (error) {
    complain(error);
    return [];
  }
}

/** @param {string} id of an act */
export async function undoAct(id) {
  try {
    let start = "";
    let back = 0;
    let left = 0;
    do {
      const done = await call("POST", `/acts/${id}/undo`, { start });
      announce(done.changed);
      back += done.changed.length;
      left += done.left_alone;
      start = done.next;
      if (start) toast(`${back.toLocaleString("en")} undone…`, { seconds: 2 });
    } while (start);
    toast(`Undone for ${counted(back, "picture")}${left ? `; ${left} changed since and stay as they are` : ""}`);
    document.dispatchEvent(new CustomEvent("biosight:undone"));
  } catch (error) {
    complain(error);
  }
}

/** Undo one's own latest act here. @param {string} collection */
export async function undoLast(collection) {
  try {
    const [last] = await call("GET", `/collections/${collection}/last-act`);
    if (last) await undoAct(last.id);
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
    return now;
  } catch (error) {
    if (!(error instanceof Error) || !("status" in error) || error.status !== 412) throw error;
    const now = await call("GET", `/images/${image.id}`);
    announce([now]);
    toast(`Somebody changed this picture first: it is ${now.label || "without a label"} now.`, { problem: true });
    return now;
  }
}
