// @ts-check
/** What the figures of names share: choose a name, switch between ways to show them, write and save them. */
import { call } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { chooseLabel } from "../pictures/relabel.js";
import { asPath } from "../pictures/taxa.js";

/**
 * Ask for a name, and return its path in the tree; "" for none.
 * @param {DOMStringMap} data @param {string} here @param {string} words
 */
export async function choosePath(data, here, words) {
  const label = await chooseLabel(data, words, { only: true });
  if (!label) return "";
  const [found] = (await call("GET", `${here}/names?q=${encodeURIComponent(label)}`)).filter(
    (/** @type {Schemas["NameFound"]} */ n) => n.label === label,
  );
  return asPath(found?.line ?? [label]);
}

/**
 * Wire buttons of which one is pressed. @param {Iterable<Element>} buttons
 * @param {(chosen: DOMStringMap) => void} choose what the pressed button says
 */
export function switchBetween(buttons, choose) {
  const all = /** @type {HTMLElement[]} */ ([...buttons]);
  for (const button of all)
    button.addEventListener("click", () => {
      for (const one of all) one.setAttribute("aria-pressed", String(one === button));
      choose(button.dataset);
    });
}

/** Return a text as a cell of a CSV that no spreadsheet takes for a formula. @param {string} text */
export const quoted = (text) => `"${/^[=+\-@\t\r]/.test(text) ? "'" : ""}${text.replaceAll('"', '""')}"`;

/**
 * Save content as a file on the device.
 * @param {string} name @param {string} kind @param {string} content
 */
export function save(name, kind, content) {
  const link = el("a", { href: URL.createObjectURL(new Blob([content], { type: kind })), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}
