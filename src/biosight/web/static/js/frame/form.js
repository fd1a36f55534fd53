// @ts-check
/** A dialog with several fields; if the input is refused, it stays open and shows the reason. */
import { el, fields } from "./dom.js";

/**
 * @typedef {{name: string, label: string, value?: any, type?: string, hint?: string, required?: boolean,
 *   options?: [string, string][], cards?: [string, string, string][]}} Field options: value and words; cards: these and
 *   the name of a picture, "" for none
 */

/**
 * @param {{title: string, words?: any, ok: string, fields: Field[]}} ask
 * @param {(values: Record<string, string>, form: HTMLFormElement) => Promise<void>} send throws the error to show
 * @returns {Promise<boolean>} whether it was sent
 */
export function fill(ask, send) {
  return new Promise((resolve) => {
    const problem = el("p", { class: "problem", role: "alert", hidden: true });
    const submit = el("button", { class: "primary" }, ask.ok);
    const form = el(
      "form",
      { class: "fields" },
      el("h2", {}, ask.title),
      ask.words && el("div", { class: "soft" }, ask.words),
      ask.fields.map((f) =>
        f.cards
          ? choice(f, f.cards)
          : el(
              "label",
              {},
              f.required ? `${f.label} (required)` : f.label,
              control(f),
              f.hint && el("small", { class: "soft" }, f.hint),
            ),
      ),
      problem,
      el("menu", {}, el("button", { type: "button", onclick: () => end("") }, "Cancel"), submit),
    );
    const dialog = el("dialog", { "aria-label": ask.title }, form);
    form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      submit.disabled = true;
      try {
        await send(fields(form), form);
        end("sent");
      } catch (error) {
        problem.textContent = error instanceof Error ? error.message : String(error);
        problem.hidden = false;
        submit.disabled = false;
      }
    });
    // The event of closing comes with the next frame, which may be late: only Escape waits for it.
    const settle = () => {
      dialog.remove();
      resolve(dialog.returnValue === "sent");
    };
    const end = (/** @type {string} */ how) => {
      dialog.close(how);
      settle();
    };
    dialog.addEventListener("close", settle);
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Choices with a picture each. @param {Field} f @param {[string, string, string][]} cards */
function choice(f, cards) {
  return el(
    "fieldset",
    { class: "choice-cards" },
    el("legend", {}, f.label),
    el(
      "div",
      {},
      cards.map(([value, words, picture]) =>
        el(
          "label",
          {},
          el("input", { type: "radio", name: f.name, value, checked: value === (f.value ?? "") }),
          el("span", { class: picture ? `kind-picture ${picture}` : "kind-picture" }),
          el("span", {}, words),
        ),
      ),
    ),
    f.hint && el("small", { class: "soft" }, f.hint),
  );
}

/** @param {Field} f */
function control(f) {
  const value = f.value ?? "";
  if (f.options)
    return el(
      "select",
      { name: f.name },
      f.options.map(([v, words]) =>
        el("option", { value: v, selected: f.value !== undefined && v === String(value) }, words),
      ),
    );
  const { name, type = "text", required } = f;
  if (type === "lines") return el("textarea", { name, required, rows: 4 }, value);
  return el("input", { name, type, required, value, step: type === "number" ? "any" : null });
}
