// @ts-check
/** Boxes for the kinds of notices. */
import { el } from "../frame/dom.js";

/** @typedef {import("../pages/notices.js").Words} Words */

/** @param {Words} words @param {string[]} chosen */
export function kindBoxes(words, chosen) {
  return Object.entries(words.kinds).map(([value, name]) =>
    el(
      "label",
      { class: "check" },
      el("input", { type: "checkbox", name: "kinds", value, checked: chosen.includes(value) }),
      ` ${name}`,
    ),
  );
}
