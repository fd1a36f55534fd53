// @ts-check
/** Short messages at the bottom, with an act such as Undo, and dialogs that ask a question. */
import { el, find } from "./dom.js";

/**
 * @param {string} text
 * @param {{problem?: boolean, act?: string, of?: string, run?: () => void, seconds?: number, topic?: string}} [options]
 * a message replaces an earlier one of its `topic`
 */
export function toast(text, options = {}) {
  const box = find(document, "#toasts");
  const made = el("div", { class: options.problem ? "toast problem" : "toast" }, el("span", {}, text));
  if (options.act) {
    made.append(el("button", { type: "button", onclick: () => dismiss(made, options.run) }, options.act));
  }
  if (options.of) made.dataset.of = options.of;
  if (options.topic) {
    for (const before of box.querySelectorAll(`[data-topic="${options.topic}"]`)) before.remove();
    made.dataset.topic = options.topic;
  }
  box.append(made);
  while (box.children.length > 3) box.firstChild.remove();
  setTimeout(() => made.remove(), (options.seconds ?? (options.problem ? 9 : 6)) * 1000);
}

/** Tell people who listen what others see happen. @param {string} text */
export function say(text) {
  const box = document.querySelector("#said");
  if (box && box.textContent !== text) box.textContent = text;
}

/** Remove the messages of an act: there is nothing left to undo. @param {string} act its id */
export function retract(act) {
  for (const made of document.querySelectorAll(`#toasts [data-of="${act}"]`)) made.remove();
}

/** @param {unknown} error shown in its own words */
export function complain(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  toast(error instanceof Error ? error.message : String(error), { problem: true });
}

/** @param {HTMLElement} made @param {(() => void) | undefined} run */
function dismiss(made, run) {
  made.remove();
  run?.();
}

/**
 * Ask before something that can't be undone, or for one line of text.
 * @param {{title: string, words?: string, ok: string, danger?: boolean, input?: string, value?: string}} ask
 * @returns {Promise<string | null>} the text ("yes" without an input), or null
 */
export function question(ask) {
  return new Promise((resolve) => {
    const input = ask.input
      ? el("input", { "aria-label": ask.input, value: ask.value ?? "", maxlength: 120, required: true })
      : null;
    const dialog = el(
      "dialog",
      { "aria-labelledby": "asked" },
      el(
        "form",
        { method: "dialog" },
        el("h2", { id: "asked" }, ask.title),
        ask.words ? el("p", {}, ask.words) : null,
        input,
        el(
          "menu",
          {},
          el("button", { type: "button", onclick: () => dialog.close("") }, "Cancel"),
          el("button", { class: ask.danger ? "danger" : "primary", value: "yes" }, ask.ok),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? (input ? input.value : "yes") : null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
