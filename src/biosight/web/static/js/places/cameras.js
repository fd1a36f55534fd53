// @ts-check
/** Cameras that need a visit: what their pictures say, with the picture before and after. */
import { API, call } from "../frame/api.js";
import { counted, el, find, minute } from "../frame/dom.js";
import { tell } from "../frame/events.js";
import { complain, toast } from "../frame/toast.js";

/** @typedef {Schemas["CameraOut"]} Camera @typedef {Schemas["CameraSignOut"]} Sign */
/** @typedef {import("./sites.js").Page} Page */

/** @param {string} image @param {string} words */
function picture(image, words) {
  const drawn = image
    ? el(
        "a",
        { href: `/images/${image}` },
        el("img", { src: `${API}/images/${image}/thumbnail`, alt: words, loading: "lazy" }),
      )
    : el("span", { class: "no-picture" });
  return el("figure", {}, drawn, el("figcaption", { class: "soft" }, words));
}

/** Draw a sign, and the way to the pictures that show it. @param {Page} page @param {Camera} camera @param {Sign} sign */
function drawSign({ here }, camera, sign) {
  const days = `&since=${sign.since.slice(0, 10)}&until=${sign.until.slice(0, 10)}`;
  const when = sign.open ? `since ${minute(sign.since)}` : `from ${minute(sign.since)} to ${minute(sign.until)}`;
  const missing = sign.fault === "silent" || sign.fault === "fewer";
  return el(
    "li",
    { class: "camera-sign" },
    !missing && picture(sign.before, "before"),
    !missing && picture(sign.first, "first with it"),
    el(
      "div",
      {},
      el("p", {}, `${sign.words[0].toUpperCase()}${sign.words.slice(1)}, ${when}.`),
      sign.fault !== "silent" &&
        el(
          "a",
          { href: `${here}?deployment=${camera.deployment}&dated=true&sort=taken-first${days}` },
          "These pictures",
        ),
    ),
  );
}

/** @param {Page} page @param {Camera} camera @param {() => Promise<unknown>} again */
function drawCamera(page, camera, again) {
  const open = camera.signs.filter((s) => s.open);
  const ended = camera.signs.filter((s) => !s.open);
  const fine = async () => {
    await call("POST", `${page.here}/cameras/${camera.deployment}/fine`);
    toast(`Noted: all is fine at ${camera.name}. Later pictures are compared with each other.`);
    await again();
    tell("layers"); // the map shows them too
  };
  return el(
    "article",
    { class: "camera" },
    el(
      "header",
      {},
      el("h3", {}, camera.name),
      el("small", { class: "soft" }, `${counted(camera.pictures, "picture")} compared`),
      page.editor &&
        el(
          "button",
          { type: "button", "aria-label": `All is fine at ${camera.name}`, onclick: () => fine().catch(complain) },
          "All is fine",
        ),
    ),
    open.length > 0 &&
      el(
        "ul",
        { class: "plain" },
        open.map((s) => drawSign(page, camera, s)),
      ),
    ended.length > 0 &&
      el(
        "details",
        { class: "plain" },
        el("summary", {}, `${counted(ended.length, "fault")} that ended`),
        el(
          "ul",
          { class: "plain" },
          ended.map((s) => drawSign(page, camera, s)),
        ),
      ),
  );
}

/** @param {Schemas["CamerasOut"]} found */
function told({ cameras, checked, waiting }) {
  const now = cameras.filter((c) => c.signs.some((s) => s.open)).length;
  const looked = checked ? `${counted(checked, "deployment")} looked at. ` : "";
  if (waiting) return `${looked}${counted(waiting, "deployment")} still to be looked at.`;
  return now
    ? `${looked}${counted(now, "camera seems", "cameras seem")} to need a visit.`
    : `${looked}No camera seems to need a visit.`;
}

/**
 * Show the cameras of a collection; an editor's page looks at those that have something new.
 * @param {HTMLElement} main @param {Page} page @param {AbortSignal} stop
 */
export async function drawCameras(main, page, stop) {
  const section = find(main, "#cameras");
  const show = async () => {
    /** @type {Schemas["CamerasOut"]} */
    const found = await call("GET", `${page.here}/cameras`);
    section.hidden = !found.checked && !found.waiting;
    find(section, "#cameras-told").textContent = told(found);
    const box = find(section, "#cameras-found");
    const focused = box.contains(document.activeElement);
    box.replaceChildren(...found.cameras.map((c) => drawCamera(page, c, show)));
    if (focused) find(section, "#cameras-told").focus();
    return found.waiting;
  };
  let waiting = await show();
  while (waiting && page.editor && !stop.aborted) {
    const left = (await call("POST", `${page.here}/cameras/check`)).waiting;
    const stuck = left >= waiting;
    waiting = left;
    find(section, "#cameras-told").textContent = `${counted(left, "deployment")} still to be looked at.`;
    if (left && !stuck) continue;
    await show();
    tell("layers"); // the map shows them too
    return;
  }
}
