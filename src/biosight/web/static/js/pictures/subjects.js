// @ts-check
/** What a picture shows, as a list beside it: its subjects with their details, and boxes without a name. */
import { counted, el, percent } from "../frame/dom.js";
import { WORDS } from "./boxes.js";
import { unnamedBoxes } from "./describing.js";
import { called } from "./taxa.js";

/** @typedef {Schemas["SubjectOut"]} Subject @typedef {import("./describing.js").Describing} Describing */

const SEXES = { "": "not said", female: "female", male: "male" };
const STAGES = { "": "not said", adult: "adult", subadult: "subadult", juvenile: "juvenile" };
const BEHAVIOURS = ["foraging", "grazing", "browsing", "resting", "walking", "running", "vigilance", "grooming"];

/** What is said of a subject, in words. @param {Subject} s */
function details(s) {
  const many = s.count ? counted(s.count, "individual") : "";
  return [many, s.sex, s.life_stage, s.behaviour, s.individual && `“${s.individual}”`, s.machine && `by ${s.machine}`]
    .filter(Boolean)
    .join(" · ");
}

/**
 * Draw the section; nothing where there is nothing to say.
 * @param {Describing} describing @returns {HTMLElement | false}
 */
export function subjectSection(describing) {
  const { image, editor } = describing;
  if (!editor && image.subjects.length === 1 && !details(image.subjects[0])) return false;
  const add = { type: "button", class: "quiet", title: "N", onclick: () => describing.add() };
  const entry = (/** @type {Subject} */ s, /** @type {number} */ at) =>
    el("li", {}, editor ? row(describing, s, at) : [el("b", {}, name(s)), " ", line(s)]);
  return el(
    "section",
    { class: "subjects" },
    el("h2", { class: "minor" }, "What it shows"),
    el("ol", {}, image.subjects.map(entry), editor && unnamedBoxes(image).map((b) => unnamed(describing, b))),
    editor && el("button", add, "Add another subject"),
  );
}

/** @param {Describing} describing @param {Schemas["BoxOut"]} box */
function unnamed(describing, { kind, score, ...region }) {
  return el(
    "li",
    { class: "soft" },
    `${kind === "animal" ? "An animal" : `A ${WORDS[kind][0]}`} without a name, ${percent(score)} `,
    el("button", { type: "button", class: "quiet", onclick: () => describing.add(region) }, "Name it"),
  );
}

/** @param {Describing} describing @param {Subject} s @param {number} at */
function row(describing, s, at) {
  const open = describing.open === at;
  const made = el("details", { open }, el("summary", {}, el("b", {}, name(s)), line(s)), form(describing, s, at));
  made.addEventListener("toggle", () => {
    if (made.open) describing.open = at;
    else if (describing.open === at) describing.open = -1;
  });
  return made;
}

/** @param {Describing} describing @param {Subject} s @param {number} at */
function form(describing, s, at) {
  const number = { type: "number", min: 0, max: 100000, value: s.count || "", inputmode: "numeric" };
  const field = (/** @type {string} */ words, /** @type {string} */ key, /** @type {any} */ input) => {
    const said = () => (key === "count" ? Math.max(0, Math.round(Number(input.value)) || 0) : input.value.trim());
    input.name = `${key}-${at}`;
    for (const end of ["change", "blur"]) {
      input.addEventListener(end, () => {
        const now = describing.image.subjects[at];
        if (input.isConnected && now && said() !== now[/** @type {"sex"} */ (key)])
          describing.change(at, { [key]: said() });
      });
    }
    return el("label", { class: key === "behaviour" && "wide" }, words, input);
  };
  return el(
    "div",
    { class: "describe" },
    field("Individuals", "count", el("input", number)),
    field("Sex", "sex", choice(SEXES, s.sex)),
    field("Life stage", "life_stage", choice(STAGES, s.life_stage)),
    field("Individual's id", "individual", el("input", { maxlength: 100, value: s.individual })),
    field("Behaviour", "behaviour", el("input", { maxlength: 100, value: s.behaviour, list: `behaviours-${at}` })),
    el(
      "datalist",
      { id: `behaviours-${at}` },
      BEHAVIOURS.map((b) => el("option", { value: b })),
    ),
    buttons(describing, s, at),
  );
}

/** @param {Describing} describing @param {Subject} s @param {number} at */
function buttons(describing, s, at) {
  const button = (/** @type {string} */ words, /** @type {() => any} */ onclick, key = "") =>
    el("button", { type: "button", class: "quiet", onclick, title: key || null }, words);
  return el(
    "div",
    { class: "actions" },
    button(s.region ? "Change its box" : "Draw its box", () => describing.drawBox(at), "D"),
    s.region && button("Remove its box", () => describing.change(at, { region: null })),
    at > 0 && button("Relabel it", () => describing.relabel(at)),
    describing.image.subjects.length > 1 && button("Remove it", () => describing.remove(at)),
  );
}

/** @param {Subject} s */
const name = (s) => (s.label ? called(s.label) : "No label");

/** @param {Subject} s */
function line(s) {
  const said = details(s);
  return said && el("small", { class: "soft" }, said);
}

/** @param {Record<string, string>} words @param {string} now */
function choice(words, now) {
  return el(
    "select",
    {},
    Object.entries(words).map(([value, text]) => el("option", { value, selected: value === now }, text)),
  );
}
