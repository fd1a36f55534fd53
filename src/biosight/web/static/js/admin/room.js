// @ts-check
/** The storage limit of a person or a collection, typed in gigabytes. */
import { el } from "../frame/dom.js";

/**
 * @param {string} whose
 * @param {number} quota in gigabytes, 0 for the default limit
 * @param {(gigabytes: number) => void} set
 */
export function room(whose, quota, set) {
  const input = el("input", {
    type: "number",
    min: 0,
    step: "any",
    class: "short",
    value: quota || "",
    "aria-label": `Storage limit of ${whose}, GB`,
  });
  input.addEventListener("change", () => {
    if (input.reportValidity()) set(Number(input.value) || 0);
  });
  return input;
}
