// @ts-check
/** What two readers called a picture, in words. */
import { el } from "../frame/dom.js";
import { called } from "./taxa.js";

/** @param {string} label */
export const word = (label) => (label ? called(label) : "Undecided");

/** A picture's identifications, as far as this person may know them. @param {HTMLElement} box @param {Schemas["IdentificationsOut"]} r */
export function drawIdentified(box, r) {
  if (!r) return;
  const lines = r.sealed
    ? ["One reader has answered. The answer is hidden until a second reader has answered."]
    : [
        `${r.first_by}: ${word(r.first)}`,
        r.second_by ? `${r.second_by}: ${word(r.second)}` : "Waits for a second reader.",
        r.settled_by && `${r.settled_by} chose ${word(r.settled)}`,
      ].filter(Boolean);
  box.hidden = false;
  box.replaceChildren(
    el("h2", { class: "minor" }, "Two readers"),
    el(
      "ul",
      { class: "said" },
      lines.map((line) => el("li", {}, line)),
    ),
  );
}
