// @ts-check
/** What the filter can choose from: sites, deployments, cameras, people and labels, with how many pictures each has. */
import { call } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { called } from "../pictures/taxa.js";

/** @typedef {import("./filters.js").Part} Part */
/** @typedef {{value: string, words: string, images: number}} Value */

/** The value in a select that means "none of them", because "" means any. */
const NONE = "-";
const NOTHING = /** @type {Record<string, string>} */ ({
  sites: "no site",
  deployments: "no deployment",
  cameras: "unknown",
  uploaders: "somebody who left",
});

/** The names of values, from the latest answers. @type {Map<string, string>} */
const said = new Map();

/** @param {string} facet @param {string} value */
export function wordsOf(facet, value) {
  if (facet === "labels") return called(value) || "no label";
  return said.get(`${facet} ${value}`) || NOTHING[facet] || value;
}

/**
 * Ask for the values of all facets, and keep their names.
 * @param {string} here @param {string} query @returns {Promise<Record<string, Value[]>>}
 */
async function ask(here, query) {
  const names = Object.keys(NOTHING)
    .map((name) => `of=${name}`)
    .join("&");
  const found = await call("GET", `${here}/facets${query}${query ? "&" : "?"}${names}`);
  for (const [facet, values] of Object.entries(found))
    for (const v of values) if (v.words) said.set(`${facet} ${v.value}`, v.words);
  return found;
}

/**
 * Ask for the names of the filter's own values, unless all are known.
 * @param {string} here @param {Part[]} parts @param {Record<string, any>} filter
 */
export async function learnFacets(here, parts, filter) {
  const unknown = parts.some(
    (p) =>
      p.facet && p.facet !== "labels" && [filter[p.name] ?? []].flat().some((v) => v && !said.has(`${p.facet} ${v}`)),
  );
  if (unknown) await ask(here, "");
}

/** A row of the labels' list. @param {string} value @param {number} images @param {boolean} checked */
const check = (value, images, checked) =>
  el(
    "label",
    { class: "inline" },
    el("input", { type: "checkbox", value, checked }),
    el("b", { class: "grow" }, called(value) || "no label"),
    el("small", { class: "count" }, images.toLocaleString("en")),
  );

/**
 * Fill the sheet's lists whenever it opens.
 * @param {any} sheet @param {string} here @param {Part[]} parts @param {() => Record<string, any>} filter
 * @param {(filter: Record<string, any>) => string} asQuery
 */
export function wireFacets(sheet, here, parts, filter, asQuery) {
  sheet.addEventListener("toggle", () => {
    if (sheet.open) fillFacets(sheet.querySelector("form"), here, parts, filter(), asQuery).catch(complain);
  });
}

/**
 * Fill the sheet's lists with the values that the rest of the filter leaves.
 * @param {HTMLElement} form @param {string} here @param {Part[]} parts @param {Record<string, any>} filter
 * @param {(filter: Record<string, any>) => string} asQuery
 */
async function fillFacets(form, here, parts, filter, asQuery) {
  const faceted = parts.filter((p) => p.facet);
  const rest = Object.fromEntries(Object.entries(filter).filter(([name]) => !faceted.some((p) => p.name === name)));
  const { label: _, under: __, ...unlabelled } = rest;
  const [found, labels] = await Promise.all([
    ask(here, asQuery(rest)),
    call("GET", `${here}/labels${asQuery(unlabelled)}`),
  ]);
  for (const part of faceted) {
    const box = form.querySelector(`[data-facet="${part.facet}"]`);
    const now = [filter[part.name] ?? []].flat();
    if (part.facet === "labels")
      box?.replaceChildren(
        ...labels
          .filter((/** @type {Schemas["LabelOut"]} */ l) => l.images)
          .map((/** @type {Schemas["LabelOut"]} */ l) => check(l.label, l.images, now.includes(l.label))),
      );
    else if (box instanceof HTMLSelectElement) options(box, part, found[part.facet], now);
  }
}

/** @param {HTMLSelectElement} box @param {Part} part @param {Value[]} values @param {string[]} now */
function options(box, part, values, now) {
  const any = box.options[0];
  const many = now.length > 1;
  const one = (/** @type {Value} */ v) =>
    el(
      "option",
      { value: v.value || NONE, selected: !many && now.includes(v.value) },
      `${v.words || NOTHING[part.facet]} (${v.images.toLocaleString("en")})`,
    );
  box.replaceChildren(any, ...values.filter((v) => v.value || part.kind === "many").map(one));
  if (many) box.prepend(el("option", { value: now.join(), selected: true }, `${now.length} chosen`));
}

/**
 * Return what is chosen in the sheet's lists.
 * @param {any} form @param {Part[]} parts @returns {Record<string, any>}
 */
export function chosenFacets(form, parts) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const part of parts.filter((p) => p.facet)) {
    const box = form.querySelector(`[data-facet="${part.facet}"]`);
    if (part.facet === "labels")
      found[part.name] = [...box.querySelectorAll("input:checked")].map((/** @type {any} */ i) => i.value);
    else if (box.options.length > 1) {
      const value = box.value === NONE ? "" : box.value;
      found[part.name] = part.kind === "many" ? (box.value ? value.split(",") : []) : value;
    }
  }
  return found;
}
