// @ts-check
/** One tile of the grid: picture, label, and a mark that says whose label it is. */
import { el, percent, shown } from "../frame/dom.js";

/** @param {import("../pictures/acts.js").Image} image @returns {"person" | "unsure" | "nobody" | "machine"} */
export function stateOf(image) {
  if (image.who === "machine") return image.unsure ? "unsure" : "machine";
  return image.who === "person" ? "person" : "nobody";
}

const MARKS = { person: "✓", unsure: "?", nobody: "–", machine: "" };
const WORDS = {
  person: "confirmed by a person",
  unsure: "not sure",
  nobody: "not labelled",
  machine: "by the machine",
};

/** @param {import("../pictures/acts.js").Image} image @param {boolean} selected */
export function drawTile(image, selected) {
  const state = stateOf(image);
  const sure = image.who === "machine" ? percent(image.confidence) : "";
  return el(
    "div",
    {
      class: "tile",
      role: "option",
      id: `t-${image.id}`,
      "data-id": image.id,
      "data-state": state,
      "aria-selected": String(selected),
      "aria-label": `${image.name}: ${shown(image.label)}, ${WORDS[state]} ${sure}`,
      title: image.name,
    },
    el("img", { src: `/api/v1/images/${image.id}/thumbnail`, alt: "", loading: "lazy", decoding: "async" }),
    el("button", { class: "pick", type: "button", tabindex: -1, "aria-label": `Select ${image.name}` }, "✓"),
    el(
      "div",
      { class: "name" },
      MARKS[state] ? el("span", { class: "mark", "aria-hidden": "true" }, MARKS[state]) : null,
      el("b", {}, shown(image.label)),
      el("i", {}, sure),
    ),
  );
}
