// @ts-check
/** What the machine says of a picture, as a section of its page. */
import { el } from "../frame/dom.js";
import { familiarity } from "./about.js";
import { boxLine } from "./boxes.js";
import { drawAllGuesses, drawOpinions } from "./guesses.js";

/**
 * @param {Schemas["ImageDetail"]} image @param {((label: string) => void) | null} choose
 * @param {{heat: () => void, boxes: () => void}} show shows what the model looked at, and what a detector found
 */
export function guessSection(image, choose, { heat, boxes }) {
  const looked = el("button", { type: "button", class: "quiet", onclick: heat, title: "H" }, "What it looked at");
  return el(
    "section",
    {},
    el("h2", { class: "minor" }, "The machine's guesses"),
    boxLine(image, boxes),
    drawAllGuesses(image, choose),
    drawOpinions(image),
    image.model && !image.boxes.length && el("p", {}, looked),
    familiarity(image),
  );
}
