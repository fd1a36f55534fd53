// @ts-check
/** The chooser: find a label by scientific or common name, recent ones first, or add a new one. */
import { call } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { composing } from "../frame/keys.js";
import { complain } from "../frame/toast.js";
import { forgetGone, known, recent, remember } from "./recent_labels.js";
import { alike, areAlike } from "./spelling.js";
import { words } from "./taxa.js";

/** @typedef {{label: string, line: string[], note: string, fresh: "" | "word" | "under", near: boolean}} Choice */

const WAIT = 60;

/** @param {string} label @returns {Choice} */
const plain = (label) => ({ label, line: [], note: "", fresh: "", near: true });

/** Recent and favourite labels that begin with what is typed. @param {DOMStringMap} data @param {string} typed */
function near(data, typed) {
  const labels = [...new Set([...recent(data), ...known(data)])];
  const wanted = alike(typed);
  return labels.filter((l) => alike(l).startsWith(wanted)).map(plain);
}

/**
 * Return recent and favourite labels, then what the server knows, then new labels from the words.
 * @param {DOMStringMap} data @param {string} typed @param {any[]} met @returns {Choice[]}
 */
export function choices(data, typed, met) {
  const wanted = alike(typed);
  const begins = (/** @type {string} */ name) => ` ${alike(name)}`.includes(` ${wanted}`);
  const found = met.map((m) => ({
    label: m.label,
    line: m.line.slice(0, -1),
    note: [m.found, m.taxon_rank, m.found === m.vernacular_name ? "" : m.vernacular_name].filter(Boolean).join(" · "),
    fresh: /** @type {""} */ (""),
    near: [m.label, m.found, m.vernacular_name].some(begins),
  }));
  const close = near(data, typed)
    .filter((c) => !typed || found.some((k) => k.label === c.label) || !met.length)
    .map((c) => found.find((k) => k.label === c.label) ?? c);
  const rest = found.filter((k) => !close.some((c) => c.label === k.label));
  const label = typed.trim().replace(/\s+/g, " ");
  const there = [...found, ...close].some((k) => areAlike(k.label, typed));
  // People who type a whole word rarely mean the middle of a name.
  const names = [...close, ...rest.filter((k) => k.near), ...rest.filter((k) => !k.near)];
  if (!label || there) return names;
  return [
    ...names,
    { label, line: [], note: "a word of your own, outside the tree", fresh: "word", near: false },
    { label, line: [], note: "add it to the tree, below …", fresh: "under", near: false },
  ];
}

/** The dialog: a field, and the list of what it may mean. */
class Chooser {
  /** @param {DOMStringMap} data @param {string} title @param {{only?: boolean}} how @param {(label: string | null) => void} resolve */
  constructor(data, title, how, resolve) {
    this.data = data;
    this.how = how;
    this.resolve = resolve;
    this.at = 0;
    this.moved = false;
    this.timer = 0;
    this.asked = "";
    /** @type {Choice[]} */
    this.shown = [];
    this.input = el("input", {
      "aria-label": "Label",
      role: "combobox",
      "aria-controls": "choices",
      "aria-expanded": "true",
      autocomplete: "off",
      maxlength: 80,
      placeholder: "Scientific or common name",
    });
    this.list = el("ul", { class: "choices", id: "choices", role: "listbox", tabindex: -1 });
    const leave = () => this.dialog.close();
    const close = el("button", { type: "button", class: "quiet icon", "aria-label": "Close", onclick: leave }, "×");
    const head = el("header", { class: "titled" }, el("h2", {}, title), close);
    this.dialog = el("dialog", { "aria-label": title }, head, this.input, this.list);
  }

  /** @param {string | null} label */
  finish(label) {
    if (label) remember(this.data, label);
    this.resolve(label);
    this.dialog.close();
  }

  /** @param {Choice} choice */
  async take(choice) {
    if (choice.fresh !== "under") return this.finish(choice.label);
    const parent = await chooseLabel(this.data, `“${choice.label}” is a kind of …`, { only: true });
    if (!parent) return this.input.focus();
    try {
      const made = await call("POST", `/collections/${this.data.collection}/names`, { label: choice.label, parent });
      this.finish(made.label);
    } catch (error) {
      complain(error);
    }
  }

  draw() {
    const { at, list } = this;
    list.replaceChildren(
      ...this.shown.map((choice, i) =>
        el(
          "li",
          { role: "option", id: `choice${i}`, "aria-selected": String(i === at), onclick: () => this.take(choice) },
          el("span", {}, choice.label, choice.line.length > 0 && el("small", { class: "soft" }, words(choice.line))),
          choice.note && el("small", { class: "soft" }, choice.note),
        ),
      ),
    );
    this.input.setAttribute("aria-activedescendant", at < 0 ? "" : `choice${at}`);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {any[]} met */
  show(met) {
    const was = this.moved ? this.shown[this.at] : undefined;
    this.shown = choices(this.data, this.input.value, met).filter((c) => !this.how.only || !c.fresh);
    this.at = was ? this.shown.findIndex((c) => c.label === was.label && c.fresh === was.fresh) : -1;
    // Neither a new word nor the middle of a name is chosen by itself: a stray Enter would make a label.
    if (this.at < 0) this.at = this.shown.findIndex((c) => c.near);
    this.draw();
  }

  async ask() {
    const typed = this.input.value.trim();
    this.asked = typed;
    const query = `?q=${encodeURIComponent(typed)}`;
    const met = typed ? await call("GET", `/collections/${this.data.collection}/names${query}`) : [];
    if (this.asked === typed) this.show(met);
  }

  askSoon() {
    this.moved = false;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask().catch(complain), WAIT);
  }

  /** Arrows choose, Enter takes, once the server has answered for the latest text. @param {KeyboardEvent} event */
  async key(event) {
    if (composing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.shown.length) {
      event.preventDefault();
      this.moved = true;
      this.at =
        this.at < 0 && step < 0 ? this.shown.length - 1 : (this.at + step + this.shown.length) % this.shown.length;
      this.draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(this.timer);
      if (this.asked !== this.input.value.trim()) await this.ask().catch(complain);
      if (this.shown[this.at]) this.take(this.shown[this.at]);
    }
  }

  open() {
    this.input.addEventListener("input", () => this.askSoon());
    this.input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
    this.dialog.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      if (event.target === this.dialog) this.dialog.close(); // beside it, on the backdrop
    });
    this.dialog.addEventListener("close", () => {
      this.dialog.remove();
      this.resolve(null);
    });
    document.body.append(this.dialog);
    this.show([]);
    forgetGone(this.data)
      .then(() => this.input.value || this.show([]))
      .catch(complain);
    this.dialog.showModal();
    // On a phone the keyboard would hide the list, so it opens only when the field is touched.
    if (matchMedia("(pointer: coarse)").matches) this.list.focus();
    else this.input.focus();
  }
}

/**
 * Let the person choose or type a label. The dialog opens at once, so that no key typed after R
 * gets lost; what the server knows is added when it arrives.
 * @param {DOMStringMap} data @param {string} title @param {{only?: boolean}} [how] `only`: nothing new
 * @returns {Promise<string | null>}
 */
export function chooseLabel(data, title, how = {}) {
  return new Promise((resolve) => new Chooser(data, title, how, resolve).open());
}
