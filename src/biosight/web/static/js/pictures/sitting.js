// @ts-check
/** A sitting: some minutes for one question, with a bar of the minutes, and what was gained at their end. */
import { el } from "../frame/dom.js";
import { goTo } from "../frame/events.js";
import { fill } from "../frame/form.js";
import { complain } from "../frame/toast.js";
import { askQueue } from "./review_queue.js";
import { called } from "./taxa.js";

/** @typedef {import("./review_queue.js").Queue} Queue */

const MINUTE = 60_000;
const PACE = "biosight:pace"; // milliseconds a look, as this person took last
const USUAL_PACE = 5000;
/** The most names that the question offers. */
const OFFERED = 200;

/** How many pictures likely show a name. @param {Schemas["LikelyCountOut"]} l */
export const fromTo = (l) => `${Math.floor(l.low).toLocaleString("en")} to ${Math.ceil(l.high).toLocaleString("en")}`;

export class Sitting {
  constructor() {
    this.minutes = Number(new URLSearchParams(location.search).get("minutes")) || 0;
    this.began = Date.now();
    this.looks = 0;
    /** @type {Queue | null} */
    this.first = null;
    /** @type {Queue | null} */
    this.last = null;
  }

  /** Hear what the queue says, each time that it is asked. @param {Queue} queue */
  hear(queue) {
    this.first ??= queue;
    this.last = queue;
  }

  get gone() {
    return Date.now() - this.began;
  }

  get pace() {
    return this.looks > 4 ? this.gone / this.looks : Number(localStorage.getItem(PACE)) || USUAL_PACE;
  }

  looked() {
    this.looks += 1;
    if (this.looks > 4) localStorage.setItem(PACE, String(Math.round(this.pace)));
  }

  get isOver() {
    return this.minutes > 0 && this.gone >= this.minutes * MINUTE;
  }

  /** What is known of the number that is asked for, in words; "" for other questions. */
  get known() {
    const now = this.last?.now;
    return now ? ` ${called(now.label)}: likely ${fromTo(now)} pictures.` : "";
  }

  /** How much of the time is gone, for a bar, and what is likely left, in words. */
  get told() {
    const left = Math.max(0, this.minutes * MINUTE - this.gone);
    const looks = Math.floor(left / this.pace).toLocaleString("en");
    return {
      share: Math.min(1, this.gone / (this.minutes * MINUTE)),
      words: `${Math.ceil(left / MINUTE)} of ${this.minutes} minutes left: about ${looks} more looks at your pace.${this.known}`,
    };
  }

  /** Show what the minutes brought; the queue is asked once more for that. @param {string} collection @param {HTMLElement} box @param {() => Promise<void>} load */
  async end(collection, box, load) {
    this.hear(await askQueue(collection));
    const more = () => {
      this.minutes = 0;
      load().catch(complain);
    };
    box.replaceChildren(this.gained(collection, more));
  }

  /** What was gained, and where to go on. @param {string} collection @param {() => void} more goes on without a limit */
  gained(collection, more) {
    const here = `/collections/${collection}`;
    return el(
      "div",
      { class: "empty" },
      el("p", { class: "large" }, `${this.minutes} minutes: ${this.looks.toLocaleString("en")} looks.`),
      el("p", {}, this.gain()),
      el(
        "p",
        { class: "actions" },
        el("a", { class: "button primary", href: `${here}/names` }, "The list of names"),
        el("button", { type: "button", onclick: more }, "Go on"),
      ),
    );
  }

  gain() {
    const [first, last] = [this.first, this.last];
    if (!first || !last) return "";
    if (first.now && last.now)
      return `${called(last.now.label)}: likely ${fromTo(first.now)} pictures before, ${fromTo(last.now)} now.`;
    const less = Math.max(0, first.waiting - last.waiting).toLocaleString("en");
    if (last.order === "names")
      return `${less} fewer names wait for a look; ${last.waiting.toLocaleString("en")} still do.`;
    return `${less} fewer pictures wait for review.`;
  }
}

/**
 * Ask how many minutes there are and for what, and begin.
 * @param {string} here address of the collection @param {Schemas["VerifiedNameOut"][]} names
 */
export async function askSitting(here, names) {
  const once = new Map(names.map((n) => [n.path, n]));
  const most = [...once.values()].sort((a, b) => b.images - a.images).slice(0, OFFERED);
  const questions = /** @type {[string, string][]} */ ([
    ["names", "Which names are here?"],
    ["", "How often is the model right?"],
    ...most.map((n) => [`count ${n.path}`, `How many pictures show ${called(n.label)}?`]),
  ]);
  const minutes = /** @type {[string, string][]} */ (["10", "20", "30", "60", "120"].map((m) => [m, `${m} minutes`]));
  const fields = [
    { name: "minutes", label: "Time", options: minutes, value: "30" },
    { name: "question", label: "Question", options: questions, value: "names" },
  ];
  const words = "The pictures that help most come first. At the end you see what was gained.";
  await fill({ title: "I have some minutes", words, ok: "Begin", fields }, async (said) => {
    const [kind, path] = said.question.split(/ (.*)/);
    const query = new URLSearchParams({ minutes: said.minutes });
    if (kind) query.set("for", kind);
    if (path) query.set("under", path);
    goTo(`${here}/review?${query}`);
  });
}
