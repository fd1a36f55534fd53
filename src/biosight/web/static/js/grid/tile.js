// @ts-check
/** One tile of the grid: picture, label, and a mark that says whose label it is. */
import { counted, el, find, percent } from "../frame/dom.js";
import { called, lineOf, rankOf, words } from "../pictures/taxa.js";
import { thingMark } from "../pictures/things.js";
import { tilePicture } from "./framing.js";

/** @typedef {"person" | "bulk" | "unfamiliar" | "unsure" | "undecided" | "nobody" | "machine"} State */

/** @param {import("../pictures/acts.js").Image} image @returns {State} */
export function stateOf(image) {
  if (image.who === "machine" && image.unfamiliar) return "unfamiliar";
  if (image.who === "machine") return image.unsure ? "unsure" : "machine";
  if (image.who === "bulk") return "bulk";
  if (image.who === "person") return image.label ? "person" : "undecided";
  return "nobody";
}

/** What a picture without a label is called. @param {import("../pictures/acts.js").Image} image */
export function titleOf(image) {
  return named(image.label) || (image.who === "person" ? "Undecided" : "Unlabelled");
}

/** Return a label as pictures bear it: an animal of none of the model's groups is said in words. @param {string} label */
function named(label) {
  if (label !== "Animalia") return called(label);
  return document.body.dataset.names === "common" ? "other animal" : "Animalia (other animal)";
}

const MARKS = { person: "✓", bulk: "≈", unfamiliar: "?", unsure: "?", undecided: "∅", nobody: "–", machine: "" };
const WORDS = {
  person: "confirmed by a person",
  bulk: "accepted in bulk",
  unfamiliar: "unlike all that the model learnt from",
  unsure: "unsure",
  undecided: "somebody looked and could not name it",
  nobody: "unlabelled",
  machine: "by the machine",
};

/**
 * Write levels and common names into the tiles, once the taxa of the labels are known.
 * @param {ParentNode} box
 */
export function markLevels(box) {
  for (const tile of box.querySelectorAll(".tile")) {
    const level = tile.querySelector(".level");
    if (!level || !(tile instanceof HTMLElement) || !tile.dataset.label) continue;
    level.textContent = rankOf(tile.dataset.label);
    find(tile, ".name b").textContent = named(tile.dataset.label);
  }
}

/** How many names a picture shows beside its label. @param {string[]} labels */
function beside(labels) {
  if (!labels?.length) return null;
  const words = labels.map(named).join(", ");
  return el("small", { class: "others", title: `also ${words}` }, `+${labels.length}`);
}

/** Draw a tile. Hidden text behind its name says what the marks mean to people who can't see them.
 * @param {import("./stacks.js").Stacked} image @param {boolean} selected
 * @param {boolean} [first] whether it is among the first that one sees */
export function drawTile(image, selected, first = false) {
  const state = stateOf(image);
  const sure = image.who !== "machine" ? "" : image.unfamiliar ? "unfamiliar" : percent(image.confidence);
  const stack = image.stack ? `, an event of ${image.stack.images} pictures` : "";
  return el(
    "div",
    {
      class: "tile",
      role: "option",
      id: `t-${image.id}`,
      "data-id": image.id,
      "data-state": state,
      "data-label": image.label,
      "data-version": image.version,
      "aria-selected": String(selected),
      title: [words(lineOf(image.label_path)), image.name].filter(Boolean).join("\n"),
    },
    el("img", {
      fetchpriority: first ? "high" : "auto",
      loading: first ? "eager" : "lazy",
      src: tilePicture(image),
      alt: "",
      decoding: "async",
    }),
    image.stack &&
      el(
        "span",
        { class: "event-mark", "aria-hidden": "true", title: `An event of ${image.stack.images} pictures` },
        el("span", { class: "thing stack" }),
        String(image.stack.images),
      ),
    el("span", { class: "pick", "aria-hidden": "true", title: `Select ${image.name}` }, "✓"),
    el(
      "div",
      { class: "name" },
      MARKS[state] ? el("span", { class: "mark", "aria-hidden": "true" }, MARKS[state]) : null,
      thingMark(image.thing),
      el("b", {}, titleOf(image)),
      image.others ? el("small", { class: "others" }, `+ ${counted(image.others, "other")}`) : null,
      beside(image.also_labels),
      el("small", { class: "level" }, rankOf(image.label)),
      el("i", {}, sure),
      el("span", { class: "unseen" }, `, ${WORDS[state]}${stack}, ${image.name}`),
    ),
  );
}
