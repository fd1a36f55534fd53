// @ts-check
/** Taking pictures: each is kept in the browser first, and sent as soon as there is a network. */
import { ApiError, call, passes } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { tell } from "../frame/events.js";
import { complain, question, toast } from "../frame/toast.js";
import { picked } from "./drop.js";
import { changeKept, forgetKept, keepForLater, keptFor } from "./later.js";
import { LONGEST_WAIT, located, wantsPlaces, whereNow } from "./located.js";
import { sessionOf } from "./session.js";
import { add } from "./upload.js";

const LATER = 30000; // ms until the next try, where the server names no time
const user = document.body.dataset.user ?? "";
let [sending, again, other] = [false, false, false];
/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;
let pause = 0; // seconds for which the server wants to be left alone

addEventListener("online", () => sendKept().catch(complain));

/** @param {HTMLElement} main @param {string} collection */
export function wireCamera(main, collection) {
  const field = /** @type {HTMLInputElement} */ (find(main, "#camera"));
  find(main, "#take").addEventListener("click", () => field.click());
  field.addEventListener("change", () => take(picked(field), collection).catch(complain));
  sendKept().catch(complain);
}

/** @param {import("./drop.js").Found[]} found @param {string} collection */
async function take(found, collection) {
  const kept = [];
  for (const { file } of found) {
    const id = await keepOne(collection, file).catch(() => null);
    if (id === null) sendAtOnce(collection, file);
    else kept.push({ id, file });
  }
  const placed = kept.length > 0 && (await wantsPlaces(user, question).catch(() => false));
  for (const { id, file } of kept) {
    const change = placed ? await located(file, await whereNow()).catch(() => file) : file;
    await changeKept(id, { file: change, ready: 0 });
  }
  await sendKept();
}

/** Keep a picture until it has its place, or a while. @param {string} collection @param {File} file */
async function keepOne(collection, file) {
  const ready = Date.now() + LONGEST_WAIT;
  return keepForLater({ user, collection, session: sessionOf(collection), file, ready, refused: "" });
}

/** Upload a picture that this browser can't keep (a private window, a full disk). @param {string} collection @param {File} file */
function sendAtOnce(collection, file) {
  add(collection, [{ file, path: file.name }], Number(document.body.dataset.maxMb));
}

/** Send what waits, one after the other, until the network ends. */
async function sendKept() {
  again = sending; // a picture that came while others are sent goes after them
  if (sending) return;
  sending = true;
  try {
    await alone(sendInTurn);
  } finally {
    sending = false;
    await drawKept();
    if (again) await sendKept();
  }
}

/** Let one tab alone do something, where the browser can say so (over HTTPS). @param {() => Promise<void>} run */
function alone(run) {
  return navigator.locks ? navigator.locks.request("biosight:kept", run) : run();
}

/** Send what is ready. What waits for its place is looked at again when it can wait no longer. */
async function sendInTurn() {
  const waiting = (await keptFor(user).catch(() => [])).filter((kept) => !kept.refused);
  if (waiting.some((kept) => kept.ready > Date.now())) tryLater(LONGEST_WAIT / 1000);
  for (const kept of waiting.filter((one) => one.ready <= Date.now())) {
    if (!(await isStillMe()) || !(await sendOne(kept))) return tryLater(0);
  }
}

/** Another person may have signed in elsewhere since this page opened: their name must not stand under these pictures. */
async function isStillMe() {
  const me = await call("GET", "/me").catch(() => null);
  other = me !== null && me.id !== user;
  return me !== null && !other;
}

/** @param {number} seconds until the next try, 0 for what the server asked for */
function tryLater(seconds) {
  clearTimeout(next);
  next = setTimeout(() => sendKept().catch(complain), (seconds || pause) * 1000 || LATER);
  pause = 0;
}

/** @param {import("./later.js").Kept} kept @returns {Promise<boolean>} whether it goes on with the next */
async function sendOne(kept) {
  const form = new FormData();
  form.append("session", kept.session);
  form.append("path", kept.file.name);
  form.append("file", kept.file, kept.file.name);
  try {
    const answer = await call("POST", `/collections/${kept.collection}/images`, form);
    await forgetKept(/** @type {number} */ (kept.id));
    if (answer.outcome === "stored") tell("stored", answer.image);
    else if (answer.outcome === "trashed") toast(`${kept.file.name} is in the trash already.`);
    else toast(`${kept.file.name} is here already.`);
    return true;
  } catch (error) {
    if (!isFinal(error)) pause = error instanceof ApiError ? error.wait : 0;
    else await changeKept(/** @type {number} */ (kept.id), { refused: /** @type {ApiError} */ (error).message });
    return isFinal(error);
  }
}

/** Return whether the server refuses a picture for what it is, not for its own state. @param {unknown} error */
function isFinal(error) {
  return error instanceof ApiError && error.status < 500 && error.status !== 401 && !passes(error);
}

/** Say what waits, and what was refused: nothing is lost unless a person says so. */
async function drawKept() {
  const notice = document.querySelector("#kept-back");
  if (!(notice instanceof HTMLElement)) return;
  const all = await keptFor(user).catch(() => []);
  notice.hidden = !all.length;
  const waiting = all.filter((kept) => !kept.refused).length;
  notice.replaceChildren(
    ...(waiting
      ? [
          el(
            "span",
            { class: "grow" },
            `${counted(waiting, "picture")} in this browser, to be sent when ${other ? "you sign in again: somebody else is signed in" : "there is a network"}.`,
          ),
          el("button", { type: "button", onclick: () => sendKept().catch(complain) }, "Send now"),
        ]
      : []),
    ...all.filter((kept) => kept.refused).map(refusedLine),
  );
}

/** @param {import("./later.js").Kept} kept */
function refusedLine(kept) {
  const forget = async () => {
    await forgetKept(/** @type {number} */ (kept.id));
    await drawKept();
  };
  const retry = async () => {
    await changeKept(/** @type {number} */ (kept.id), { refused: "" });
    await sendKept();
  };
  return el(
    "span",
    { class: "grow" },
    `${kept.file.name} was refused: ${kept.refused} `,
    el("a", { class: "button", href: URL.createObjectURL(kept.file), download: kept.file.name }, "Save a copy"),
    " ",
    el("button", { type: "button", onclick: retry }, "Try again"),
    " ",
    el("button", { type: "button", onclick: forget }, "Forget it"),
  );
}
