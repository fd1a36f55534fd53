// @ts-check
/** Uploads: a few at a time, hashed first if the browser allows it, retried with back-off, counted. */

import { ApiError, call, passes } from "../frame/api.js";
import { tell } from "../frame/events.js";
import { noPicture } from "./drop.js";
import { askKnown } from "./known.js";
import { note, sessionOf } from "./session.js";
import { isSidecar, keywordsOf, Sidecars } from "./sidecar.js";

const AT_ONCE = 4;
const TRIES = 7;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let beating;
let leaving = false;
const ASK_AT_ONCE = 40;
const OWN_TABLE = "biosight.csv";
const JUNK = new Set([".ds_store", "thumbs.db", "desktop.ini"]);

/** @typedef {{file: File, path: string, sidecar: File | undefined, collection: string, max: number}} Waiting */
/** @typedef {{waiting: Waiting[], active: number, total: number, stored: number, duplicates: number,
 *   trashed: any[], refused: {path: string, reason: string, again?: Waiting}[], latest: any, others: number, strange: number, began: number,
 *   stopped: number, collection: string, session: string, paused: string, otherModels: string[], tops: import("./offer.js").Top[],
 *   brought: Schemas["BroughtNames"], kind: Schemas["PictureKindOut"] | null, table: File | null}} State */

/** @type {State} */
export const state = fresh("");

/** Tell the dock to draw the state. */
function redraw() {
  if (busy() && !leaving) beat();
  tell("uploading");
}

/** Remember the progress, in case the page is closed. */
function beat() {
  clearTimeout(beating);
  beating = setTimeout(() => busy() && beat(), 3000);
  note(state.collection, { pulse: Date.now(), there: settled(), total: state.total + state.stopped });
}

addEventListener("pagehide", () => {
  if (busy()) note(state.collection, { pulse: 0 });
  leaving = true; // requests that the browser cuts off now are no failures to show
});
addEventListener("pageshow", () => {
  leaving = false;
});

/** @param {string} collection @returns {State} */
function fresh(collection) {
  return {
    waiting: [],
    active: 0,
    total: 0,
    stored: 0,
    duplicates: 0,
    trashed: [],
    refused: [],
    latest: null,
    others: 0,
    strange: 0,
    began: Date.now(),
    stopped: 0,
    collection,
    session: "",
    paused: "",
    tops: [],
    otherModels: [],
    brought: { folders: [], keywords: [] },
    kind: null,
    table: null,
  };
}

export function busy() {
  return state.active > 0 || state.waiting.length > 0;
}

/** Forget a finished receipt. */
export function dismiss() {
  if (!busy()) Object.assign(state, fresh(""));
  redraw();
}

/** Return how many are settled, whatever became of them. */
export function settled() {
  return state.stored + state.duplicates + state.trashed.length + state.refused.length;
}

/** Start no more files; those under way are finished. */
export function stop() {
  state.stopped += state.waiting.length;
  state.total -= state.waiting.length;
  state.waiting = [];
  redraw();
}

/**
 * Take files into a collection.
 * @param {string} collection @param {{file: File, path: string}[]} files @param {number} maxMb
 */
export function add(collection, files, maxMb) {
  if (!busy()) Object.assign(state, fresh(collection), { session: sessionOf(collection) });
  const [waited, sidecars] = [state.waiting.length, new Sidecars(files)];
  for (const { file, path } of files) {
    if (JUNK.has(file.name.toLowerCase()) || file.name.startsWith("._")) continue;
    if (file.name === OWN_TABLE) state.table = file;
    else if (isSidecar(file.name)) continue;
    else if (noPicture(file)) state.others += 1;
    else state.waiting.push({ file, path, sidecar: sidecars.of(path), collection, max: maxMb * 1048576 });
  }
  state.total += state.waiting.length - waited;
  state.others += sidecars.left;
  redraw();
  while (state.active < AT_ONCE && state.waiting.length) work();
}

/** Send refused files once more. */
export function retry() {
  const again = state.refused.flatMap((r) => (r.again ? [r.again] : []));
  state.refused = state.refused.filter((r) => !r.again);
  state.waiting.push(...again);
  while (state.active < AT_ONCE && state.waiting.length) work();
}

/** One worker: takes files until none wait. */
async function work() {
  state.active += 1;
  for (let batch = take(); batch.length; batch = take()) {
    const known = await askKnown(batch);
    for (const one of batch) await settle(one, known);
  }
  state.active -= 1;
  if (!busy()) {
    note(state.collection, { done: true });
    tell("uploaded", state.collection);
  }
  redraw();
}

/** Take a few files to ask about at once; fewer if little waits, so that all workers have some. */
function take() {
  const fair = Math.ceil(state.waiting.length / AT_ONCE);
  return state.waiting.splice(0, Math.max(1, Math.min(ASK_AT_ONCE, fair)));
}

/** @param {Waiting} one @param {Map<Waiting, string>} known */
async function settle(one, known) {
  try {
    if (one.file.size === 0) throw new ApiError(422, "empty", "The file is empty.");
    if (one.file.size > one.max)
      throw new ApiError(413, "too_large", `Larger than the ${Math.round(one.max / 1048576)} MB that are allowed.`);
    if (known.has(one)) state.duplicates += 1;
    else count(await send(one));
  } catch (error) {
    const final = error instanceof ApiError && error.status >= 400 && error.status < 500;
    const reason = error instanceof Error ? error.message : String(error);
    state.refused.push({ path: one.path, reason, again: final ? undefined : one });
  }
  redraw();
}

/** @param {Schemas["Uploaded"]} answer */
function count(answer) {
  if (answer.outcome === "stored") {
    state.stored += 1;
    state.strange += answer.image.unfamiliar ? 1 : 0;
    state.latest = answer.image;
    tell("stored", answer.image);
  } else if (answer.outcome === "trashed") state.trashed.push(answer.image);
  else state.duplicates += 1;
}

/** @param {Waiting} one @returns {Promise<any>} the server's answer; waits out passing errors */
async function send(one) {
  const words = await keywordsOf(one.sidecar);
  for (let attempt = 1; ; attempt++) {
    const form = new FormData();
    form.append("session", state.session);
    form.append("path", one.path);
    if (words) form.append("keywords", words);
    form.append("file", one.file, one.file.name);
    try {
      const answer = await call("POST", `/collections/${one.collection}/images`, form);
      state.paused = "";
      return answer;
    } catch (error) {
      if (!passes(error) || attempt === TRIES) throw error;
      state.paused = /** @type {ApiError} */ (error).message;
      redraw();
      const wait =
        Math.max(/** @type {ApiError} */ (error).wait * 1000, 500 * 2 ** attempt) * (0.75 + Math.random() / 2);
      await new Promise((r) => setTimeout(r, Math.min(wait, 30000)));
    }
  }
}
