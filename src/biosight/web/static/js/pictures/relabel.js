// @ts-check
/** The chooser: any label by its scientific or common name, recent ones first, a new one on the spot. */
import { call } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { words } from "./taxa.js";

/** @typedef {{label: string, line: string[], note: string, fresh: "" | "word" | "under"}} Choice */

const RECENT = "biosight:recent-labels";
const WAIT = 60;

/** @returns {string[]} */
function recent() {
  try {
    return JSON.parse(localStorage.getItem(RECENT) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {string} label */
export function remember(label) {
  localStorage.setItem(RECENT, JSON.stringify([label, ...recent().filter((l) => l !== label)].slice(0, 8)));
}

/** As names are compared: without case, accents and differences of Unicode form. @param {string} text */
export function alike(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ").trim();
}

/** @param {string} label @returns {Choice} */
const plain = (label) => ({ label, line: [], note: "", fresh: "" });

/** Recent and favourite labels that begin with what is typed. @param {DOMStringMap} data @param {string} typed */
function near(data, typed) {
  const labels = [
    ...new Set([...recent(), ...JSON.parse(data.favourites ?? "[]"), ...JSON.parse(data.labels ?? "[]")]),
  ];
  const wanted = alike(typed);
  return labels.filter((l) => alike(l).startsWith(wanted)).map(plain);
}

/**
 * What the server knows, behind what is near at hand; last what could be made of the words.
 * @param {DOMStringMap} data @param {string} typed @param {any[]} met @returns {Choice[]}
 */
export function choices(data, typed, met) {
  const wanted = alike(typed);
  const begins = (/** @type {string} */ name) => ` ${alike(name)}`.includes(` ${wanted}`);
  const known = met.map((m) => ({
    label: m.label,
    line: m.line.slice(0, -1),
    note: [m.found, m.taxon_rank, m.found === m.vernacular_name ? "" : m.vernacular_name].filter(Boolean).join(" · "),
    fresh: /** @type {""} */ (""),
    near: [m.label, m.found, m.vernacular_name].some(begins),
  }));
  const close = near(data, typed)
    .filter((c) => !typed || known.some((k) => k.label === c.label) || !met.length)
    .map((c) => known.find((k) => k.label === c.label) ?? c);
  const rest = known.filter((k) => !close.some((c) => c.label === k.label));
  const label = typed.trim().replace(/\s+/g, " ");
  const there = [...known, ...close].some((k) => alike(k.label) === wanted);
  if (!label || there) return [...close, ...rest];
  // A whole word that is typed is rarely meant as the middle of a name.
  return [
    ...close,
    ...rest.filter((k) => k.near),
    { label, line: [], note: "a word of your own", fresh: "word" },
    { label, line: [], note: "new under …", fresh: "under" },
    ...rest.filter((k) => !k.near),
  ];
}

/**
 * Let the person choose or type a label. The dialog opens at once, so that no key typed after R
 * goes astray; what the server knows joins when it arrives.
 * @param {DOMStringMap} data @param {string} title @param {{only?: boolean}} [how] `only`: nothing new
 * @returns {Promise<string | null>}
 */
export function chooseLabel(data, title, how = {}) {
  return new Promise((resolve) => {
    let at = 0;
    let timer = 0;
    let asked = "";
    let shown = choices(data, "", []);
    const input = el("input", {
      "aria-label": "Label",
      role: "combobox",
      "aria-controls": "choices",
      "aria-expanded": "true",
      autocomplete: "off",
      maxlength: 80,
      placeholder: "Scientific or common name",
    });
    const list = el("ul", { class: "choices", id: "choices", role: "listbox", tabindex: -1 });
    const dialog = el("dialog", { "aria-label": title }, el("h2", {}, title), input, list);
    /** @param {string | null} label */
    const finish = (label) => {
      if (label) remember(label);
      resolve(label);
      dialog.close();
    };
    /** @param {Choice} choice */
    const take = async (choice) => {
      if (choice.fresh !== "under") return finish(choice.label);
      const parent = await chooseLabel(data, `“${choice.label}” is a kind of …`, { only: true });
      if (!parent) return input.focus();
      try {
        const made = await call("POST", `/collections/${data.collection}/names`, { label: choice.label, parent });
        finish(made.label);
      } catch (error) {
        complain(error);
      }
    };
    const draw = () => {
      list.replaceChildren(
        ...shown.map((choice, i) =>
          el(
            "li",
            { role: "option", id: `choice${i}`, "aria-selected": String(i === at), onclick: () => take(choice) },
            el("span", {}, choice.label, choice.line.length > 0 && el("small", { class: "soft" }, words(choice.line))),
            choice.note && el("small", { class: "soft" }, choice.note),
          ),
        ),
      );
      input.setAttribute("aria-activedescendant", `choice${at}`);
      list.children[at]?.scrollIntoView({ block: "nearest" });
    };
    /** @param {any[]} met */
    const show = (met) => {
      shown = choices(data, input.value, met).filter((c) => !how.only || !c.fresh);
      at = Math.min(at, Math.max(0, shown.length - 1));
      draw();
    };
    const ask = async () => {
      const typed = input.value.trim();
      asked = typed;
      const query = `?q=${encodeURIComponent(typed)}`;
      const met = typed ? await call("GET", `/collections/${data.collection}/names${query}`) : [];
      if (asked === typed) show(met);
    };
    /** What was typed last is asked before it is taken. @returns {Promise<void>} */
    const asking = async () => {
      clearTimeout(timer);
      if (asked !== input.value.trim()) await ask();
    };
    input.addEventListener("input", () => {
      at = 0;
      clearTimeout(timer);
      timer = window.setTimeout(() => ask().catch(complain), WAIT);
    });
    input.addEventListener("keydown", async (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && shown.length) {
        event.preventDefault();
        at = (at + step + shown.length) % shown.length;
        draw();
      } else if (event.key === "Enter") {
        event.preventDefault();
        await asking().catch(complain);
        if (shown[at]) take(shown[at]);
      }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(null);
    });
    document.body.append(dialog);
    show([]);
    dialog.showModal();
    // On a phone the keyboard would hide the list: it comes when the field is touched.
    if (matchMedia("(pointer: coarse)").matches) list.focus();
    else input.focus();
  });
}
