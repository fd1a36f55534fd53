// @ts-check
/** The review queue: one picture after the other, by keys. */

import { loadAhead } from "../frame/ahead.js";
import { API, call } from "../frame/api.js";
import { el, find, refocus } from "../frame/dom.js";
import { listen } from "../frame/events.js";
import { bind } from "../frame/keys.js";
import { may } from "../frame/may.js";
import { complain } from "../frame/toast.js";
import { nothingLeft, orderWords, showProgress, skipSame } from "../grid/group_words.js";
import { titleOf } from "../grid/tile.js";
import { changeOne, doAct, undoLast } from "../pictures/acts.js";
import { answerButtons, answerKeys, giveLabel } from "../pictures/answering.js";
import { drawAllGuesses, drawOpinions, drawState } from "../pictures/guesses.js";
import { askQueue } from "../pictures/review_queue.js";
import { Sitting } from "../pictures/sitting.js";
import { Stage } from "../pictures/stage.js";
import { favourites, strip } from "../pictures/strip.js";
import { breadcrumbs, hear } from "../pictures/taxa.js";

class Review {
  /** @param {HTMLElement} main */
  constructor(main) {
    this.main = main;
    this.data = main.dataset;
    this.collection = this.data.collection ?? "";
    this.editor = may(main, "change");
    this.box = find(main, "#review");
    /** @type {import("../pictures/review_queue.js").Drawn[]} */
    this.drawn = [];
    this.at = 0;
    this.waiting = 0;
    this.most = 0; // that waited since the page was opened
    /** Whether the pictures are the likeliest of each name that nobody has verified. */
    this.forNames = false;
    this.sitting = new Sitting();
    /** @type {Stage | null} */
    this.picture = null;
    /** @type {Schemas["ImageDetail"] | null} the picture in full */
    this.shown = null;
    /** @type {import("../pictures/answering.js").Asked} */
    this.asked = { data: this.data, image: () => this.shown, give: (answer) => this.answer(answer) };
  }

  async load() {
    const queue = await askQueue(this.collection);
    this.sitting.hear(queue);
    this.drawn = queue.images;
    this.forNames = queue.order === "names";
    find(this.main, "#order").replaceChildren(...orderWords(this.collection, queue));
    this.waiting = queue.waiting;
    this.at = 0;
    await this.draw();
  }

  async next() {
    if (this.sitting.isOver) return this.sitting.end(this.collection, this.box, () => this.load());
    const left = this.drawn.findIndex((d, i) => i > this.at && !d.done);
    const wrapped = left >= 0 ? left : this.drawn.findIndex((d) => !d.done);
    if (wrapped < 0) return this.load();
    this.at = wrapped;
    return this.draw();
  }

  /** @param {Record<string, any>} change */
  async answer(change) {
    const now = this.drawn[this.at];
    if (!now || !this.editor) return;
    try {
      const before = now.image.who;
      now.image = await changeOne(now.image, { ...change, via: now.via });
      if (now.image.who === "person" && before !== "person") this.waiting -= 1;
      now.done = now.image.who === "person";
      this.sitting.looked();
      if (this.forNames && now.done) this.waiting -= skipSame(this.drawn, now.image.label);
      await this.next();
    } catch (error) {
      complain(error);
    }
  }

  /** @param {number} to */
  move(to) {
    if (to < 0 || to >= this.drawn.length) return;
    this.at = to;
    this.draw().catch(complain);
  }

  async draw() {
    this.most = Math.max(this.most, this.waiting);
    showProgress(this.main, this, this.editor);
    const now = this.drawn[this.at];
    if (!now) return this.box.replaceChildren(nothingLeft(this.collection, this.forNames));
    const detail = await call("GET", `/images/${now.image.id}`);
    if (this.drawn[this.at] !== now) return;
    this.shown = detail;
    const how = now.via === "random" ? ", drawn at random" : "";
    find(this.main, "#told").textContent = `${detail.name}: ${titleOf(detail)}${how}`;
    if (detail.taxon) hear(detail.taxon);
    const stage = el("figure", { class: "stage" });
    this.picture?.leave();
    this.picture = new Stage(stage, now.image);
    const following = this.drawn[this.at + 1];
    if (following) loadAhead(`${API}/images/${following.image.id}/view`);
    this.put(stage, this.side(detail));
  }

  /** Draw the picture and what is beside it; the focus stays where it was. @param {HTMLElement} stage @param {HTMLElement} side */
  put(stage, side) {
    const { box } = this;
    const focused = box.contains(document.activeElement) ? document.activeElement?.textContent : null;
    const inStrip = !!document.activeElement?.closest(".strip");
    box.replaceChildren(
      stage,
      side,
      strip(this.drawn, this.at, (to) => this.move(to)),
    );
    const current = box.querySelector(".strip [aria-current]");
    if (inStrip) current?.focus();
    else refocus(box, focused);
    if (current instanceof HTMLElement) find(box, ".strip").scrollLeft = current.offsetLeft - box.clientWidth / 2;
  }

  /** @param {Schemas["ImageDetail"]} image */
  side(image) {
    const random = this.drawn[this.at]?.via === "random";
    return el(
      "aside",
      { class: "panel" },
      el(
        "div",
        { class: "answer" },
        drawState(image),
        this.editor && el("div", { class: "actions" }, answerButtons(this.asked)),
      ),
      random && el("p", { class: "soft" }, "Drawn at random: your answer measures the model."),
      this.forNames &&
        el("p", { class: "soft" }, "The likeliest picture of this name. Confirm it, and the name is verified."),
      image.taxon && image.taxon.line.length > 1 && breadcrumbs(this.collection, image.taxon),
      drawAllGuesses(image, this.editor ? (label) => giveLabel(this.asked, label) : null),
      drawOpinions(image),
      favourites(this.data),
      el("p", { class: "soft" }, el("a", { href: `/images/${image.id}` }, image.name)),
    );
  }

  async trash() {
    const now = this.drawn[this.at];
    if (!now || !(await doAct(this.collection, { kind: "trash", images: [now.image.id] }))) return;
    this.drawn.splice(this.at, 1);
    this.waiting -= 1;
    this.at = Math.min(this.at, this.drawn.length - 1);
    await (this.drawn.length ? this.draw() : this.load());
  }

  /** Go to the picture that an undo restored, ahead of the rest of the queue. @param {any} undone */
  async comeBack(undone) {
    const [image] = undone?.back ?? [];
    if (!image || image.collection !== this.collection) return this.load();
    const known = this.drawn.find((d) => d.image.id === image.id);
    const waits = image.who !== "person";
    if (waits && (known?.done || !known)) this.waiting += 1;
    if (known) Object.assign(known, { image, done: !waits });
    else this.drawn.splice(this.at, 0, { image, via: this.forNames ? "names" : "" });
    this.at = this.drawn.findIndex((d) => d.image.id === image.id);
    return this.draw();
  }

  bindKeys() {
    bind({
      next: () => this.move(this.at + 1),
      previous: () => this.move(this.at - 1),
      ...(this.editor && {
        ...answerKeys(this.asked),
        undo: () => undoLast(this.collection),
        trash: () => this.trash(),
      }),
    });
  }
}

/** @param {HTMLElement} main */
export async function mount(main) {
  const review = new Review(main);
  const stop = new AbortController();
  listen("reload", (undone) => review.comeBack(undone).catch(complain), { signal: stop.signal });
  review.bindKeys();
  review.box.addEventListener("swipe", (/** @type {CustomEvent} */ event) => review.move(review.at + event.detail));
  await review.load();
  return () => {
    stop.abort();
    review.picture?.leave();
  };
}
