// @ts-check
/** Make elements, and write numbers, sizes and times as people read them. */

/**
 * Return an element with attributes (on… are listeners) and children.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...any} children
 * @returns {any}
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...there(children));
  return made;
}

/** Return what is there of children, flat: conditions that do not hold leave nothing. @param {any[]} children */
export function there(children) {
  return children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false);
}

/** @param {ParentNode} root @param {string} selector @returns {any} the element; it must be there */
export function find(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`no ${selector} on this page`);
  return found;
}

/** @param {number} n @param {string} one @param {string} [many] */
export function counted(n, one, many = `${one}s`) {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** Return several numbers of things in words, without those that are 0. @param {[number, string][]} numbers */
export function several(numbers) {
  return numbers.flatMap(([n, one]) => (n ? counted(n, one) : [])).join(", ");
}

/** @param {number} bytes */
export function size(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Return a local time to the minute, as people read it. @param {string} taken YYYY-MM-DDTHH:MM… */
export const minute = (taken) => taken.replace("T", " ").slice(0, 16);

/** @param {number} seconds since 1970 */
export function when(seconds) {
  return new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** @param {number} share 0 to 1; rounded down, so that less than 1 never becomes 100 % */
export function percent(share) {
  return `${Math.floor(share * 100)} %`;
}

/** @param {string} label */
export function shown(label) {
  return label || "No label";
}

/** @param {HTMLFormElement} form @returns {Record<string, string>} its fields as text */
export function fields(form) {
  return Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, String(v)]));
}

/**
 * Redraw a box; the field that is being filled in keeps its focus and what was typed.
 * @param {HTMLElement} box @param {any[]} children
 */
export function redraw(box, children) {
  const active = /** @type {any} */ (box.contains(document.activeElement) ? document.activeElement : null);
  const { name, value, textContent } = active ?? {};
  box.replaceChildren(...children);
  const field = name ? box.querySelector(`[name="${name}"]`) : null;
  if (!(field instanceof HTMLElement)) return refocus(box, textContent);
  if ("value" in field && active.matches("input, textarea")) field.value = value;
  field.focus();
}

/**
 * After a redraw, focus the button or link that has the text of the one focused before.
 * @param {ParentNode} box
 * @param {string | null | undefined} text
 */
export function refocus(box, text) {
  if (!text) return;
  const again = [...box.querySelectorAll("button, a")].find((b) => b.textContent === text);
  if (again instanceof HTMLElement) again.focus();
}
