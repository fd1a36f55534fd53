// @ts-check
/** What a person does to the subjects of a picture: add, change, remove, and draw their boxes. */
import { complain } from "../frame/toast.js";
import { describeOne } from "./acts.js";
import { overlap, SURE } from "./boxes.js";
import { chooseLabel } from "./relabel.js";
import { BoxDrawing } from "./subject_box.js";

/** @typedef {Schemas["SubjectOut"]} Subject @typedef {Schemas["RegionOut"]} Region */

/** @param {string} label @param {Region | null} region @returns {Subject} */
const fresh = (label, region) => ({
  label,
  count: 0,
  sex: "",
  life_stage: "",
  behaviour: "",
  individual: "",
  region,
  machine: "",
});

/** Return the boxes of a detector that are sure and that no subject has. @param {Schemas["ImageDetail"]} image */
export function unnamedBoxes(image) {
  const kind = image.thing === "human" ? "human" : "animal";
  const sure = image.boxes.filter((b) => b.score >= SURE);
  // Where nobody drew a box, the first subject is the surest of its kind.
  const own = image.subjects[0].region || !image.label ? null : sure.find((b) => b.kind === kind);
  const drawn = image.subjects.flatMap((s) => s.region ?? []);
  return sure.filter((b) => b !== own && !drawn.some((r) => overlap(b, r) > 0.5));
}

export class Describing {
  /**
   * @param {DOMStringMap} data the page's attributes, for the chooser of labels
   * @param {HTMLElement} stage where the picture is
   * @param {{image: Schemas["ImageDetail"], show: (now: Schemas["ImageDetail"]) => Promise<any>}} page
   * @param {boolean} editor
   */
  constructor(data, stage, page, editor) {
    this.data = data;
    this.stage = stage;
    this.page = page;
    this.editor = editor;
    /** The subject whose details are open, by its place. */
    this.open = -1;
    /** @type {BoxDrawing | null} */
    this.drawing = null;
    /** One change after the other: each builds on the answer to the one before. */
    this.saving = Promise.resolve();
  }

  get image() {
    return this.page.image;
  }

  /** Keep what the picture shows after a change. @param {(now: Subject[]) => Subject[]} changed */
  save(changed) {
    const one = async () => this.page.show(await describeOne(this.image, changed(this.image.subjects)));
    this.saving = this.saving.then(one).catch(complain);
    return this.saving;
  }

  /** @param {number} at @param {Partial<Subject>} change */
  change(at, change) {
    return this.save((now) => now.map((s, n) => (n === at ? { ...s, ...change } : s)));
  }

  /** Ask for a label and add a subject. @param {Region | null} [region] */
  async add(region = null) {
    const label = await chooseLabel(this.data, "What else is in the picture?");
    if (!label) return;
    const [first, ...more] = this.image.subjects;
    this.open = first.label || more.length ? this.image.subjects.length : 0;
    // A picture that nobody has named gets its first name.
    await this.save((now) =>
      this.open ? [...now, fresh(label, region)] : [{ ...now[0], label, region: region ?? now[0].region }],
    );
  }

  /** @param {number} at */
  async relabel(at) {
    const label = await chooseLabel(this.data, "Label");
    if (label) await this.change(at, { label });
  }

  /** @param {number} at */
  remove(at) {
    this.open = -1;
    return this.save((now) => now.filter((_, n) => n !== at));
  }

  /** Let the person draw the box of a subject. @param {number} at */
  drawBox(at) {
    this.drawing?.stop();
    this.drawing = new BoxDrawing(this.stage, this.image, {
      region: this.image.subjects[at].region,
      keep: (region) => this.change(at, { region }),
      over: () => {
        this.drawing = null;
      },
    });
  }

  /** The keys, by their names in frame/keys.js. */
  get keys() {
    return {
      subject: () => this.add(),
      drawBox: () => this.drawBox(Math.min(Math.max(0, this.open), this.image.subjects.length - 1)),
    };
  }
}
