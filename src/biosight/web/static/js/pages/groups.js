// @ts-check
/** Review in groups of look-alikes: take out what doesn't belong, and confirm the rest. */

import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { listen } from "../frame/events.js";
import { bind } from "../frame/keys.js";
import { may } from "../frame/may.js";
import { complain, toast } from "../frame/toast.js";
import { framingChoice } from "../grid/framing.js";
import { noGroup, pace } from "../grid/group_words.js";
import { Picker } from "../grid/picker.js";
import { act, undoAct, undoLast } from "../pictures/acts.js";
import { answerKeys, asAct, askLabel, thingButtons } from "../pictures/answering.js";
import { called } from "../pictures/taxa.js";

/** @typedef {Schemas["LookAlikes"]} Group */

class Groups {
  /** @param {HTMLElement} main */
  constructor(main) {
    this.collection = main.dataset.collection ?? "";
    this.editor = may(main, "change");
    this.box = find(main, "#review");
    this.began = Date.now();
    /** Pictures put aside or taken out, which are not shown again until the page is left. @type {Set<string>} */
    this.aside = new Set();
    /** Groups that were confirmed, so that undo comes back to them. @type {{act: string, group: Group}[]} */
    this.confirmed = [];
    /** @type {Group} */
    this.group = { label: "", images: [], odd: 0, left: 0, waiting: 0, kept: 0 };
    // Look-alikes of camera traps are look-alike animals: they are shown without their frames.
    const usual = main.dataset.kind === "camera traps" ? "close" : "square";
    this.framing = framingChoice(usual, () => this.picker.box);
    this.picker = this.pick();
    this.done = 0;
    this.only = new URLSearchParams(location.search).get("label") ?? "";
    /** All answers except Confirm apply to the pictures taken out. @type {import("../pictures/answering.js").Asked} */
    this.asked = {
      data: main.dataset,
      give: (answer) => this.tellTakenOut(answer),
      confirm: () => this.confirm(),
      ready: () => this.picker.out.length > 0,
      question: () => `Label for the ${this.picker.out.length} taken out`,
    };
  }

  pick() {
    return new Picker(this.group.images, {
      name: `Look-alikes, proposed as ${this.group.label}`,
      all: true,
      editor: this.editor,
      changed: () => this.drawBar(),
    });
  }

  async load() {
    const ask = (/** @type {string} */ label) =>
      call("POST", `/collections/${this.collection}/group`, { label, without: [...this.aside] });
    this.group = await ask(this.only);
    if (!this.group.images.length && this.only) {
      this.only = "";
      this.group = await ask("");
    }
    this.draw();
  }

  draw() {
    const { group, box } = this;
    this.picker = this.pick();
    if (group.odd < group.images.length) this.picker.box.children[group.odd].classList.add("from-here");
    const head = el("div", { class: "group-head" }, el("div", { id: "group-bar" }, this.bar()), this.framing);
    box.replaceChildren(...(group.images.length ? [head, this.picker.box] : [this.nothing()]));
    if (group.images.length) this.picker.box.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  nothing() {
    return noGroup(this.collection, this.group, this.aside.size, () => {
      this.aside.clear();
      this.load().catch(complain);
    });
  }

  drawBar() {
    find(this.box, "#group-bar").replaceChildren(...this.bar());
  }

  bar() {
    const { group, done } = this;
    // If few pictures wait under each name, each picture is confirmed under its own name.
    const mixed = group.images.some((i) => i.label !== group.label) ? "and below, each by its own name, " : "";
    return [
      el(
        "h2",
        {},
        called(group.label),
        " ",
        el("small", { class: "soft" }, `${mixed}${counted(group.left, "picture")}`),
      ),
      this.editor && this.actions(),
      el("progress", { max: done + group.waiting || 1, value: done, "aria-label": "Reviewed here" }),
      el("p", { class: "soft" }, pace(this.done, this.began, group.waiting)),
    ].filter(Boolean);
  }

  actions() {
    const [confirmed, out] = [this.picker.in.length, this.picker.out.length];
    return el(
      "div",
      { class: "actions" },
      el(
        "button",
        { type: "button", class: "primary", onclick: () => this.confirm(), title: "Enter", disabled: !confirmed },
        `Confirm ${confirmed}`,
      ),
      out > 0 && [
        el("button", { type: "button", onclick: () => askLabel(this.asked), title: "R" }, `Name the ${out} taken out`),
        thingButtons(this.asked),
      ],
      el("button", { type: "button", onclick: () => this.skip(), title: "S" }, "Skip"),
    );
  }

  /** @param {Schemas["ImageOut"][]} images @param {Record<string, any>} body */
  async answer(images, body) {
    const versions = Object.fromEntries(images.map((i) => [i.id, i.version]));
    const ids = images.map((i) => i.id);
    const made = await act(this.collection, { ...body, via: "group", versions, images: ids });
    const said = `${counted(made.changed.length, "picture")} ${made.said}`;
    toast(said, { act: "Undo", of: made.act, run: () => undoAct(made.act, said) });
    this.done += made.changed.length;
    this.confirmed.push({ act: made.act, group: this.group });
  }

  async confirm() {
    const { picker } = this;
    if (!picker.in.length) return;
    try {
      await this.answer(picker.in, { kind: "confirm" });
      for (const image of picker.out) this.aside.add(image.id);
      this.only = this.group.label;
      await this.load();
    } catch (error) {
      complain(error);
    }
  }

  /** @param {import("../pictures/answering.js").Answer} answer */
  async tellTakenOut(answer) {
    const { out, in: images } = this.picker;
    if (!out.length) return;
    try {
      await this.answer(out, asAct(answer));
      const { left, waiting, odd } = this.group;
      this.group = { ...this.group, images, left: left - out.length, waiting: waiting - out.length };
      this.group.odd = Math.min(odd, images.length);
      this.draw();
    } catch (error) {
      complain(error);
    }
  }

  skip() {
    for (const image of this.group.images) this.aside.add(image.id);
    this.only = this.group.label;
    this.load().catch(complain);
  }

  /** Return to the group that an undo restored, or else to what waits now. @param {{undone?: string} | undefined} detail */
  async comeBack(detail) {
    const at = this.confirmed.findIndex((c) => c.act === detail?.undone);
    if (at < 0) return this.load();
    const [was] = this.confirmed.splice(at, 1);
    const images = await Promise.all(was.group.images.map((i) => call("GET", `/images/${i.id}`)));
    this.done = Math.max(0, this.done - images.filter((i) => i.who === "machine").length);
    this.group = { ...was.group, images: images.filter((i) => !i.trashed) };
    for (const image of this.group.images) this.aside.delete(image.id);
    this.draw();
  }
}

/** @param {HTMLElement} main */
export async function mount(main) {
  const groups = new Groups(main);
  const stop = new AbortController();
  listen("reload", (detail) => groups.comeBack(detail).catch(complain), { signal: stop.signal });
  const undo = () => undoLast(groups.collection);
  bind({ ...(groups.editor && { ...answerKeys(groups.asked), skip: () => groups.skip(), undo }) });
  await groups.load();
  return () => stop.abort();
}
