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
let [sending, again] = [false, false];
/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;

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
  const session = sessionOf(collection);
  for (const { file } of found) {
    const placed = await wantsPlaces(user, question);
    const ready = placed ? Date.now() + LONGEST_WAIT : 0;
    const id = await keepForLater({ user, collection, session, file, ready, refused: "" }).catch(() => null);
    if (id === null) sendAtOnce(collection, file);
    else if (placed) await changeKept(id, { file: await located(file, await whereNow()), ready: 0 });
  }
  await sendKept();
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

/** Another person may have signed in elsewhere since this page opened: their name must not stand under these pictures. */
async function sendInTurn() {
  const waiting = (await keptFor(user).catch(() => [])).filter((kept) => !kept.refused && kept.ready <= Date.now());
  if (!waiting.length) return;
  const me = await call("GET", "/me").catch(() => null);
  if (me && me.id !== user) return;
  for (const kept of waiting) if (!(await sendOne(kept))) return;
}

/** @param {number} seconds how long the server wants to be left alone, 0 where it does not say */
function tryLater(seconds) {
  clearTimeout(next);
  next = setTimeout(() => sendKept().catch(complain), seconds * 1000 || LATER);
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
    if (passes(error)) tryLater(/** @type {ApiError} */ (error).wait);
    const final = error instanceof ApiError && error.status !== 401 && !passes(error);
    if (final) await changeKept(/** @type {number} */ (kept.id), { refused: /** @type {ApiError} */ (error).message });
    return final;
  }
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
            `${counted(waiting, "picture")} in this browser, to be sent when there is a network.`,
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
  return el(
    "span",
    { class: "grow" },
    `${kept.file.name} was refused: ${kept.refused} `,
    el("a", { class: "button", href: URL.createObjectURL(kept.file), download: kept.file.name }, "Save a copy"),
    " ",
    el("button", { type: "button", onclick: forget }, "Forget it"),
  );
}
