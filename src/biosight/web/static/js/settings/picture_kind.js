// @ts-check
/** What a collection's pictures are: chosen in its settings, and offered where their cameras say it. */
import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { complain, toast } from "../frame/toast.js";
import { watch } from "../pictures/work.js";

/** @typedef {Schemas["PictureKindOut"]["picture_kind"]} Kind */

/** What pictures may be, in words for a list of choices, each with a picture of it. @type {[Kind, string, string][]} */
export const KIND_CARDS = [
  ["camera traps", "Camera traps", "traps"],
  ["photographs", "Photographs", "photos"],
  ["as they are", "Anything else: cells, plates, scans", "others"],
];

/** Say what the pictures are, and have those that are there looked at. @param {string} here @param {Kind} kind @param {boolean} again */
async function choose(here, kind, again) {
  const done = await call("PUT", `${here}/picture-kind`, { picture_kind: kind, again });
  if (done.job) watch(done.job);
  else toast("Saved. New pictures are looked at in this way.");
}

/** @param {HTMLElement} main @param {string} here */
export function wireKind(main, here) {
  const form = /** @type {HTMLFormElement} */ (find(main, "#kind"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const kind = /** @type {HTMLSelectElement} */ (find(form, "select")).value;
    const again = /** @type {HTMLInputElement} */ (find(form, "[name=again]")).checked;
    choose(here, /** @type {Kind} */ (kind), again).catch(complain);
  });
}

/** Return what an upload's cameras suggest; null where they say nothing (but if most pictures are `strange`) or somebody has chosen. @param {string} collection @param {string} session @param {boolean} strange @returns {Promise<Schemas["PictureKindOut"] | null>} */
export async function suggestedKind(collection, session, strange) {
  const query = `session=${encodeURIComponent(session)}`;
  const found = await call("GET", `/collections/${collection}/picture-kind?${query}`);
  return (found.suggested || strange) && !found.picture_kind ? found : null;
}

/**
 * One line that offers what the cameras suggest.
 * @param {string} collection @param {Schemas["PictureKindOut"]} found @param {() => void} done
 */
export function kindOffer(collection, found, done) {
  /** @param {Kind} kind @param {boolean} again */
  const answer = async (kind, again) => {
    try {
      await choose(`/collections/${collection}`, kind, again);
      done();
    } catch (error) {
      complain(error);
    }
  };
  return el(
    "p",
    { class: "offer-kind" },
    el(
      "span",
      {},
      found.suggested
        ? `${counted(found.images, "picture is", "pictures are")} from camera traps (${found.cameras.join(", ")}).`
        : "Are these from camera traps? BioSight can look for animals, people and empty frames in them.",
    ),
    el(
      "button",
      { type: "button", class: "primary", onclick: () => answer("camera traps", true) },
      "Find the animals in them",
    ),
    el("button", { type: "button", onclick: () => answer("as they are", false) }, "No, as they are"),
  );
}
