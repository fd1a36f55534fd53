// @ts-check
/** The label chooser: type ahead, recent labels first, a new label on the spot. */
import { call } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { complain } from "../frame/toast.js";

const RECENT = "biosight:recent-labels";

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

/**
 * @param {DOMStringMap} data of a page's main
 * @param {string[]} used in the collection
 * @returns {string[]} labels worth offering
 */
function labelsFor(data, used) {
  const known = JSON.parse(data.labels ?? "[]");
  return [...new Set([...recent(), ...JSON.parse(data.favourites ?? "[]"), ...used, ...known])];
}

/** @param {string} text @param {string[]} labels @returns {{label: string, fresh: boolean}[]} */
export function matching(text, labels) {
  const wanted = text.trim().toLowerCase();
  const starts = labels.filter((l) => l.toLowerCase().startsWith(wanted));
  const contains = labels.filter((l) => !starts.includes(l) && l.toLowerCase().includes(wanted));
  const found = [...starts, ...contains].map((label) => ({ label, fresh: false }));
  const known = labels.some((l) => l.toLowerCase() === wanted);
  return wanted && !known ? [...found, { label: text.trim(), fresh: true }] : found;
}

/**
 * Let the person choose or type a label. The dialog opens at once, so that no key typed after R
 * goes astray; the collection's own labels join when they arrive.
 * @param {DOMStringMap} data @param {string} title
 * @returns {Promise<string | null>}
 */
export function chooseLabel(data, title) {
  let labels = labelsFor(data, []);
  return new Promise((resolve) => {
    let at = 0;
    let shown = matching("", labels);
    const input = el("input", {
      "aria-label": "Label",
      role: "combobox",
      "aria-controls": "choices",
      "aria-expanded": "true",
      autocomplete: "off",
      maxlength: 80,
      placeholder: "Type a label",
    });
    const list = el("ul", { class: "choices", id: "choices", role: "listbox" });
    const dialog = el("dialog", { "aria-label": title }, el("h2", {}, title), input, list);
    /** @param {string | null} label */
    const finish = (label) => {
      if (label) remember(label);
      resolve(label);
      dialog.close();
    };
    const draw = () => {
      list.replaceChildren(
        ...shown.map((choice, i) =>
          el(
            "li",
            {
              role: "option",
              id: `choice${i}`,
              "aria-selected": String(i === at),
              onclick: () => finish(choice.label),
            },
            el("span", {}, choice.label),
            choice.fresh ? el("small", { class: "soft" }, "new label") : null,
          ),
        ),
      );
      input.setAttribute("aria-activedescendant", `choice${at}`);
      list.children[at]?.scrollIntoView({ block: "nearest" });
    };
    input.addEventListener("input", () => {
      shown = matching(input.value, labels);
      at = 0;
      draw();
    });
    input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && shown.length) {
        event.preventDefault();
        at = (at + step + shown.length) % shown.length;
        draw();
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (shown[at]) finish(shown[at].label);
      }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(null);
    });
    document.body.append(dialog);
    draw();
    dialog.showModal();
    input.focus();
    call("GET", `/collections/${data.collection}/labels`).then((there) => {
      labels = labelsFor(data, there.map((/** @type {any} */ l) => l.label).filter(Boolean));
      shown = matching(input.value, labels);
      at = Math.min(at, Math.max(0, shown.length - 1));
      draw();
    }, complain);
  });
}
