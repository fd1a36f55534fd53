// @ts-check
/** Two readers: a person names a picture without knowing what others or the machine said of it. */

import { loadAhead } from "../frame/ahead.js";
import { API, call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { bind } from "../frame/keys.js";
import { may } from "../frame/may.js";
import { complain, toast } from "../frame/toast.js";
import { answerKeys, askLabel, thingButtons } from "../pictures/answering.js";
import { word } from "../pictures/identified.js";
import { Stage } from "../pictures/stage.js";
import { favourites } from "../pictures/strip.js";

const SAID = /** @type {Record<string, string>} */ ({
  one: "Hidden until a second reader has answered.",
  agreed: "Both readers agree.",
  differ: "The readers differ: the picture is under Conflicts.",
});

class Reader {
  /** @param {HTMLElement} main */
  constructor(main) {
    this.main = main;
    this.data = main.dataset;
    this.here = `/collections/${this.data.collection}`;
    this.box = find(main, "#review");
    /** @type {any} what waits, by the server's last answer */
    this.all = null;
    /** @type {any[]} */
    this.left = [];
    /** @type {any[]} what was answered here, the last one last */
    this.answered = [];
    /** @type {Stage | null} */
    this.picture = null;
    this.busy = false;
    /**
     * It has no `image`: neither the label nor the guesses may be shown.
     * @type {import("../pictures/answering.js").Asked}
     */
    this.asked = {
      data: this.data,
      give: ({ label }) => this.answer(label ?? ""),
      confirm: () => askLabel(this.asked),
      question: () => "What does it show?",
    };
  }

  async load() {
    this.all = await call("GET", `${this.here}/to-identify`);
    this.left = this.all.images;
    this.draw();
  }

  draw() {
    const [now, following] = this.left;
    this.picture?.leave();
    const words = [
      this.all.yours &&
        `${counted(this.all.yours, "picture that another reader has answered waits", "pictures that another reader has answered wait")} for you.`,
      this.answered.length && `You have read ${counted(this.answered.length, "picture")} since you opened this page.`,
    ].filter(Boolean);
    find(this.main, "#waiting").textContent = words.join(" ");
    if (!now) return this.drawNothing();
    const stage = el("figure", { class: "stage" });
    this.picture = new Stage(stage, { ...now, label: "" });
    if (following) loadAhead(`${API}/images/${following.id}/view`);
    this.box.replaceChildren(stage, this.side(now));
  }

  drawNothing() {
    this.box.replaceChildren(
      el(
        "div",
        { class: "empty" },
        el("p", { class: "large" }, "You have read every picture that needs a reader."),
        el("p", {}, el("a", { href: `${this.here}/review/agreement` }, "Agreement of the readers")),
      ),
    );
  }

  /** @param {Schemas["ToIdentifyOut"]} now */
  side(now) {
    const name = () => askLabel(this.asked);
    return el(
      "aside",
      { class: "panel" },
      el("h2", {}, "What does it show?"),
      el(
        "div",
        { class: "actions" },
        el("button", { type: "button", class: "primary", onclick: name, title: "R or Enter" }, "Name it"),
        el("button", { type: "button", onclick: () => this.answer(""), title: "U" }, "Can’t name it"),
        thingButtons(this.asked),
        el("button", { type: "button", onclick: () => this.skip(), title: "S" }, "Skip"),
        this.answered.length > 0 &&
          el("button", { type: "button", onclick: () => this.takeBack(), title: "Ctrl + Z" }, "Take back"),
      ),
      favourites(this.data),
      el("p", { class: "soft" }, [now.name, now.taken.replace("T", " ")].filter(Boolean).join(" · ")),
    );
  }

  /** @param {string} label */
  async answer(label) {
    const [now] = this.left;
    if (!now || this.busy) return;
    this.busy = true;
    try {
      const done = await call("POST", `${this.here}/identifications`, { image: now.id, label });
      toast(`${word(label)}. ${SAID[done.state] ?? ""}`);
      if (done.second_by) this.all.yours -= 1;
      this.answered.push(now);
      await this.next();
    } catch (error) {
      complain(error);
      await this.load();
    } finally {
      this.busy = false;
    }
  }

  async next() {
    this.left = this.left.slice(1);
    if (this.left.length) this.draw();
    else await this.load();
  }

  skip() {
    if (this.left.length < 2) return toast("No other picture waits.");
    this.left = [...this.left.slice(1), this.left[0]];
    this.draw();
  }

  async takeBack() {
    const last = this.answered.at(-1);
    if (!last) return;
    try {
      await call("DELETE", `/images/${last.id}/identifications`);
      this.answered.pop();
      this.all = await call("GET", `${this.here}/to-identify`);
      this.left = [last, ...this.all.images.filter((/** @type {Schemas["ToIdentifyOut"]} */ i) => i.id !== last.id)];
      this.draw();
    } catch (error) {
      complain(error);
    }
  }
}

/** @param {HTMLElement} main */
export async function mount(main) {
  const reader = new Reader(main);
  if (!may(main, "answer")) {
    reader.box.replaceChildren(el("p", { class: "empty" }, "Only editors and owners can be readers."));
    return;
  }
  bind({ ...answerKeys(reader.asked), skip: () => reader.skip(), undo: () => reader.takeBack() });
  await reader.load();
  return () => reader.picture?.leave();
}
