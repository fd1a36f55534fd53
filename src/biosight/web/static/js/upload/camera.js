// @ts-check
/** Taking pictures: each is kept in the browser first, and sent as soon as there is a network. */
import { ApiError, call, passes } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { tell } from "../frame/events.js";
import { complain, question } from "../frame/toast.js";
import { picked } from "./drop.js";
import { changeKept, forgetKept, keepForLater, keptFor } from "./later.js";
import { LONGEST_WAIT, located, wantsPlaces, whereNow } from "./located.js";
import { sessionOf } from "./session.js";

const user = document.body.dataset.user ?? "";
let [sending, again] = [false, false];

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
    const placed = await wantsPlaces(question);
    const ready = placed ? Date.now() + LONGEST_WAIT : 0;
    const id = await keepForLater({ user, collection, session, file, ready, refused: "" });
    if (placed) await changeKept(id, { file: await located(file, await whereNow()), ready: 0 });
  }
  await sendKept();
}

/** Send what waits, one after the other, until the network ends. */
async function sendKept() {
  again = sending; // a picture that came while others are sent goes after them
  if (sending) return;
  sending = true;
  try {
    for (const kept of await keptFor(user)) {
      if (kept.refused || kept.ready > Date.now()) continue;
      if (!(await sendOne(kept))) break;
    }
  } finally {
    sending = false;
    await drawKept();
    if (again) await sendKept();
  }
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
    return true;
  } catch (error) {
    const final = error instanceof ApiError && error.status !== 401 && !passes(error);
    if (final) await changeKept(/** @type {number} */ (kept.id), { refused: /** @type {ApiError} */ (error).message });
    return final;
  }
}

/** Say what waits, and what was refused: nothing is lost unless a person says so. */
async function drawKept() {
  const notice = document.querySelector("#kept-back");
  if (!(notice instanceof HTMLElement)) return;
  const all = await keptFor(user);
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
