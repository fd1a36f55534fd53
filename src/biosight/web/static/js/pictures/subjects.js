// @ts-check
/** What a picture shows: its subjects beside it, each with its details, and boxes without a name. */
import { counted, el, percent } from "../frame/dom.js";
import { overlap, SURE, WORDS } from "./boxes.js";
import { chooseLabel } from "./relabel.js";
import { called } from "./taxa.js";

/** @typedef {Schemas["SubjectOut"]} Subject @typedef {Schemas["RegionOut"]} Region */

/**
 * @typedef {object} Describing
 * @property {DOMStringMap} data the page's attributes, for the chooser of labels
 * @property {() => Schemas["ImageDetail"]} image
 * @property {(subjects: Subject[]) => Promise<any>} save keeps all subjects
 * @property {(at: number) => void} draw lets the person draw the box of a subject
 */

const SEXES = { "": "not said", female: "female", male: "male" };
const STAGES = { "": "not said", adult: "adult", subadult: "subadult", juvenile: "juvenile" };
const BEHAVIOURS = ["foraging", "grazing", "browsing", "resting", "walking", "running", "vigilance", "grooming"];

/** @param {string} label @param {Region | null} [region] @returns {Subject} */
const fresh = (label, region = null) => ({
  label,
  count: 0,
  sex: "",
  life_stage: "",
  behaviour: "",
  individual: "",
  region,
  machine: "",
});

/** What is said of a subject, in words. @param {Subject} s */
function details(s) {
  const many = s.count ? counted(s.count, "individual") : "";
  return [many, s.sex, s.life_stage, s.behaviour, s.individual && `“${s.individual}”`, s.machine && `by ${s.machine}`]
    .filter(Boolean)
    .join(" · ");
}

/** Return the boxes of a detector that are sure and that no subject has. @param {Schemas["ImageDetail"]} image */
export function unnamedBoxes(image) {
  const kind = image.thing === "human" ? "human" : "animal";
  const sure = image.boxes.filter((b) => b.score >= SURE);
  // Without a box of its own, the first subject is the surest of its kind.
  const own = image.subjects[0].region || !image.label ? null : sure.find((b) => b.kind === kind);
  const drawn = image.subjects.flatMap((s) => s.region ?? []);
  return sure.filter((b) => b !== own && !drawn.some((r) => overlap(b, r) > 0.5));
}

export class Subjects {
  /** @param {Describing} page @param {boolean} editor */
  constructor(page, editor) {
    this.page = page;
    this.editor = editor;
    this.open = -1;
  }

  get said() {
    return this.page.image().subjects;
  }

  /** @param {number} at @param {Partial<Subject>} change */
  change(at, change) {
    return this.page.save(this.said.map((s, n) => (n === at ? { ...s, ...change } : s)));
  }

  /** Ask for a label and add a subject. @param {Region | null} [region] */
  async add(region = null) {
    const label = await chooseLabel(this.page.data, "What else is in the picture?");
    if (!label) return;
    const now = this.said;
    this.open = now.length;
    // A picture that nobody has named gets its first name.
    const others = now.length === 1 && !now[0].label ? [] : now;
    await this.page.save([...others, fresh(label, region)]);
  }

  /** @param {number} at */
  remove(at) {
    this.open = -1;
    return this.page.save(this.said.filter((_, n) => n !== at));
  }

  /** Draw the section. @returns {HTMLElement | false} nothing where there is nothing to say */
  section() {
    const image = this.page.image();
    const plain = image.subjects.length === 1 && !details(image.subjects[0]);
    if (!this.editor && plain) return false;
    const add = { type: "button", class: "quiet", title: "N", onclick: () => this.add() };
    return el(
      "section",
      { class: "subjects" },
      el("h2", { class: "minor" }, "What it shows"),
      el(
        "ol",
        {},
        image.subjects.map((s, n) => el("li", {}, this.editor ? this.row(s, n) : [el("b", {}, name(s)), line(s)])),
        this.editor && unnamedBoxes(image).map((b) => this.unnamed(b)),
      ),
      this.editor && el("button", add, "Add another subject"),
    );
  }

  /** @param {Schemas["BoxOut"]} box */
  unnamed(box) {
    const { kind, score, ...region } = box;
    return el(
      "li",
      { class: "soft" },
      `${kind === "animal" ? "An animal" : `A ${WORDS[kind][0]}`} without a name, ${percent(score)} `,
      el("button", { type: "button", class: "quiet", onclick: () => this.add(region) }, "Name it"),
    );
  }

  /** @param {Subject} s @param {number} at */
  row(s, at) {
    const row = el(
      "details",
      { open: this.open === at },
      el("summary", {}, el("b", {}, name(s)), line(s)),
      this.form(s, at),
    );
    row.addEventListener("toggle", () => {
      if (row.open) this.open = at;
      else if (this.open === at) this.open = -1;
    });
    return row;
  }

  /** @param {Subject} s @param {number} at */
  form(s, at) {
    const button = (/** @type {string} */ words, /** @type {() => any} */ onclick, key = "") =>
      el("button", { type: "button", class: "quiet", onclick, title: key || null }, words);
    const number = { type: "number", min: 0, max: 100000, value: s.count || "", inputmode: "numeric" };
    const field = (/** @type {string} */ words, /** @type {string} */ key, /** @type {any} */ input) => {
      input.addEventListener("change", () => {
        this.change(at, { [key]: key === "count" ? Math.max(0, Math.round(Number(input.value)) || 0) : input.value });
      });
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
      el(
        "div",
        { class: "actions" },
        button(s.region ? "Change its box" : "Draw its box", () => this.page.draw(at), "D"),
        s.region && button("Remove its box", () => this.change(at, { region: null })),
        at > 0 && button("Relabel it", () => this.relabel(at)),
        this.said.length > 1 && button("Remove it", () => this.remove(at)),
      ),
    );
  }

  /** @param {number} at */
  async relabel(at) {
    const label = await chooseLabel(this.page.data, "Label");
    if (label) await this.change(at, { label });
  }
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
