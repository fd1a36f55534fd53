// @ts-check
/**
 * The filter is in the address, so that a view can be sent to a colleague. The page holds its parts
 * (gallery/filters.py).
 */
import { el, find } from "../frame/dom.js";
import { lineOf } from "../pictures/taxa.js";
import { chosenFacets, wordsOf } from "./facets.js";

/** @typedef {{name: string, kind: string, field: string, also: string, op: string, always: boolean, unless: string, chip: string,
 *   title: string, facet: string, choices: [string, string][]}} Part */

/** @returns {Part[]} */
export function parts() {
  return JSON.parse(find(document, "#main").dataset.filters ?? "[]");
}

/** @returns {Record<string, any>} the filter that the address names */
export function fromAddress() {
  const query = new URLSearchParams(location.search);
  const many = new Set(parts().flatMap((part) => (part.kind === "many" ? [part.name] : [])));
  const names = [...parts().map((part) => part.name), "sort", "stacked"].filter((name) => query.has(name));
  return Object.fromEntries(names.map((name) => [name, many.has(name) ? query.getAll(name) : query.get(name)]));
}

/** @param {Record<string, any>} filter @returns {string} the query of an address; a label may be empty */
export function asQuery(filter) {
  const said = Object.entries(filter).filter(
    ([name, value]) => value !== undefined && value !== null && value !== false && (value !== "" || name === "label"),
  );
  const pairs = said.flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
  const text = new URLSearchParams(pairs).toString();
  return text ? `?${text}` : "";
}

/**
 * Return a value of the address in the form that the API's bodies need.
 * @param {Part} part @param {any} said
 */
function meant(part, said) {
  if (part.kind === "flag") return said === "true";
  return part.kind === "percent" ? Number(said) : said;
}

/** @param {Record<string, any>} filter @returns {Record<string, any>} */
export function asBody(filter) {
  return Object.fromEntries(
    parts()
      .filter((part) => part.name in filter)
      .map((part) => [part.name, meant(part, filter[part.name])]),
  );
}

/** @param {Record<string, any>} filter */
export function isPlain(filter) {
  return !Object.keys(filter).some((name) => name !== "sort" && name !== "stacked");
}

const TESTS = /** @type {Record<string, (a: any, b: any) => boolean>} */ ({
  "=": (a, b) => a === b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
});

/**
 * Return whether an image (still) matches; words are left to the server.
 * @param {Schemas["ImageOut"]} image
 * @param {Record<string, any>} filter
 * @param {string} collection
 */
export function matches(image, filter, collection) {
  const percent = Math.floor(image.confidence * 100);
  const undecided = image.who === "person" && !image.label;
  const [hour, month] = [image.taken.slice(11, 13), image.taken.slice(5, 7)];
  /** @type {Record<string, any>} */
  const shown = { ...image, percent, undecided, uploaded_by: image.uploader, hour, month };
  const asked = parts().filter(
    (part) => part.field && (part.always || (part.name in filter && !(part.unless && filter[part.unless]))),
  );
  return (
    image.collection === collection &&
    asked.every((part) =>
      part.also && [filter[part.name]].flat().some((value) => shown[part.also].includes(value))
        ? true
        : part.kind === "path"
          ? shown[part.field].startsWith(filter[part.name])
          : part.kind === "many"
            ? filter[part.name].includes(shown[part.field])
            : TESTS[part.op](shown[part.field], meant(part, filter[part.name])),
    )
  );
}

/** "to" is inclusive for people, exclusive in the API. @param {Part} part @param {any} value @param {number} way */
function moved(part, value, way) {
  return part.kind === "percent" && part.op === "<" && value !== "" ? Number(value) + way : value;
}

/** @param {Part} part @param {any} value */
function chip(part, value) {
  const words =
    part.kind === "path"
      ? lineOf(value).at(-1)
      : part.facet
        ? [value]
            .flat()
            .map((one) => wordsOf(part.facet, one))
            .join(" or ")
        : part.choices.find(([name]) => name === value)?.[1];
  return part.chip.replace("{}", words ?? String(moved(part, value, -1)).replace("T", " "));
}

/**
 * Draw the filter's parts as chips that can be removed one by one.
 * @param {HTMLElement} box
 * @param {Record<string, any>} filter
 * @param {number} total
 */
export function drawApplied(box, filter, total) {
  const shown = parts().filter((part) => part.chip && said(filter[part.name]));
  /** @param {string[]} away */
  const without = (away) =>
    location.pathname + asQuery(Object.fromEntries(Object.entries(filter).filter(([k]) => !away.includes(k))));
  box.replaceChildren(
    ...(shown.length && !total ? [el("span", {}, "No picture matches.")] : []),
    ...shown.map((part) =>
      el(
        "a",
        { class: "button", href: without([part.name]), title: "Remove this part of the filter" },
        `${chip(part, filter[part.name])} ×`,
      ),
    ),
    ...(shown.length > 1
      ? [el("a", { class: "button", href: without(shown.map((part) => part.name)) }, "Clear all")]
      : []),
  );
}

/** Return whether a value asks for anything. @param {any} value */
const said = (value) => (Array.isArray(value) ? value.length > 0 : Boolean(value));

/**
 * Highlight the sheet's button while one of its parts applies.
 * @param {HTMLElement} main
 * @param {Record<string, any>} filter
 */
export function mark(main, filter) {
  find(main, "#filters").toggleAttribute(
    "data-active",
    parts().some((part) => part.title && said(filter[part.name])),
  );
}

/**
 * Wire the bar's controls. @param {HTMLElement} main @param {Record<string, any>} filter
 * @param {(change: Record<string, any>) => void} set
 */
export function wire(main, filter, set) {
  mark(main, filter);
  const text = find(main, "#text");
  const sort = find(main, "#sort");
  const form = find(main, "#filters form");
  const controls = parts().filter((part) => part.title);
  text.value = filter.text ?? "";
  sort.value = filter.sort ?? "newest";
  const simple = controls.filter((part) => !part.facet);
  for (const part of simple) form.elements[part.name].value = moved(part, filter[part.name] ?? "", -1);
  const chosen = () => ({
    ...Object.fromEntries(simple.map((part) => [part.name, moved(part, form.elements[part.name].value, 1)])),
    ...chosenFacets(form, controls),
  });

  let timer = 0;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => set({ text: text.value }), 250);
  });
  sort.addEventListener("change", () => set({ sort: sort.value }));
  form.addEventListener("change", () => set(chosen()));
  form.addEventListener("reset", () => setTimeout(() => set(chosen())));
  form.addEventListener("submit", (/** @type {Event} */ e) => e.preventDefault());
}

/**
 * Return a filter with some parts changed. Empty parts are removed, except the label "", which
 * means no label.
 * @param {Record<string, any>} filter @param {Record<string, any>} change
 */
export function changed(filter, change) {
  const stays = (/** @type {string} */ part, /** @type {any} */ value) =>
    Array.isArray(value) ? value.length > 0 : value !== "" || part === "label";
  return Object.fromEntries(Object.entries({ ...filter, ...change }).filter(([part, value]) => stays(part, value)));
}
