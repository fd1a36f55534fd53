// @ts-check
/** First-run hints: one per page, until the person closes it. Then it is gone for good. */

import { el } from "./dom.js";
import { may } from "./may.js";

/**
 * Hints by the name of the page, some in other words where one touches instead of typing; those about changing pictures are for editors only.
 * @type {Record<string, {words: string, touch?: string, editors?: boolean}>}
 */
const HINTS = {
  collection: {
    words: "The labels are listed beside the pictures. Drop more pictures anywhere to add them. Press ? for the keys.",
    touch: "",
    editors: true,
  },
  review: {
    words:
      "Press A to confirm the label, R to give another, and the arrows to move on. Answers to pictures drawn at random measure how often the model is right.",
    touch: "",
    editors: true,
  },
  places: { words: "Add a site, then a deployment of a camera there: exports need the place and the time." },
  collection_model: { words: "A try-on shows what another model would say. Nothing changes until you apply it." },
  drift: { words: "A check tells whether new pictures still look like the first ones of the collection." },
};
const GONE = "biosight:hints-gone";

/** @returns {string[]} the pages whose hint was closed; "*" for all */
function gone() {
  try {
    return JSON.parse(localStorage.getItem(GONE) ?? "[]");
  } catch {
    return [];
  }
}

/** Show the page's hint at its top, unless it was closed. @param {HTMLElement} main */
export function showHint(main) {
  const page = main.dataset.page ?? "";
  const hint = HINTS[page];
  const before = gone();
  if (!hint || before.includes(page) || before.includes("*")) return;
  if (hint.editors && !may(main, "change")) return;
  const words = matchMedia("(pointer: coarse)").matches ? (hint.touch ?? hint.words) : hint.words;
  if (!words) return;
  const close = (/** @type {string} */ what) => {
    localStorage.setItem(GONE, JSON.stringify([...gone(), what]));
    box.remove();
    main.focus({ preventScroll: true });
  };
  const box = el(
    "aside",
    { class: "hint", "aria-label": "Hint" },
    el("p", {}, words),
    el("button", { type: "button", onclick: () => close(page) }, "Got it"),
    el("button", { type: "button", class: "quiet", onclick: () => close("*") }, "No more hints"),
  );
  const heading = main.querySelector(".heading");
  if (heading) heading.after(box);
  else main.prepend(box);
}
