// @ts-check
/** The filter lives in the address, so that a view can be sent to a colleague. */
import { el, find } from "./dom.js";

export const NAMES = ["label", "who", "unsure", "above", "below", "since", "until", "text", "session", "unfamiliar", "trash", "sort"];

/** @returns {Record<string, any>} the filter that the address names */
export function fromAddress() {
  const query = new URLSearchParams(location.search);
  /** @type {Record<string, any>} */
  const filter = {};
  for (const name of NAMES) if (query.has(name)) filter[name] = query.get(name);
  return filter;
}

/** @param {Record<string, any>} filter @returns {string} the query of an address; a label may be empty */
export function asQuery(filter) {
  const query = new URLSearchParams();
  for (const name of NAMES) {
    const value = filter[name];
    if (value === undefined || value === null || value === false) continue;
    if (value === "" && name !== "label") continue;
    query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** @param {Record<string, any>} filter @returns {Record<string, any>} as the API's bodies have it */
export function asBody(filter) {
  const { sort: _, ...body } = filter;
  for (const name of ["unsure", "unfamiliar", "trash"]) if (name in body) body[name] = body[name] === "true";
  for (const name of ["above", "below"]) if (name in body) body[name] = Number(body[name]);
  return body;
}

/** @param {Record<string, any>} filter */
export function isPlain(filter) {
  return !Object.keys(filter).some((name) => name !== "sort");
}

/** Does an image (still) match? Dates and text are left to the server. @param {any} image @param {Record<string, any>} filter @param {string} collection */
export function matches(image, filter, collection) {
  const percent = Math.floor(image.confidence * 100);
  return image.collection === collection
    && image.trashed === (filter.trash === "true")
    && (filter.label === undefined || image.label === filter.label)
    && (!filter.who || image.who === filter.who)
    && (!filter.unsure || image.unsure)
    && (!filter.unfamiliar || image.unfamiliar)
    && (!filter.above || percent >= Number(filter.above))
    && (!filter.below || percent < Number(filter.below))
    && (!filter.session || image.session === filter.session);
}

const CHIPS = /** @type {Record<string, (value: string) => string>} */ ({
  who: (v) => `said by ${{ machine: "the machine", person: "a person", nobody: "nobody" }[v] ?? v}`,
  above: (v) => `from ${v} %`, below: (v) => `to ${Number(v) - 1} %`, since: (v) => `since ${v}`, until: (v) => `until ${v}`,
  text: (v) => `“${v}”`, session: () => "one upload", unfamiliar: () => "unfamiliar",
});

/** The filter's parts as chips that take themselves away. @param {HTMLElement} box @param {Record<string, any>} filter @param {number} total */
export function drawApplied(box, filter, total) {
  const names = Object.keys(CHIPS).filter((name) => filter[name]);
  /** @param {string[]} away */
  const without = (away) => location.pathname + asQuery(Object.fromEntries(Object.entries(filter).filter(([k]) => !away.includes(k))));
  box.replaceChildren(
    ...(names.length && !total ? [el("span", {}, "No picture matches.")] : []),
    ...names.map((name) => el("a", { class: "button", href: without([name]), title: "Take this part of the filter away" }, `${CHIPS[name](filter[name])} ×`)),
    ...(names.length > 1 ? [el("a", { class: "button", href: without(names) }, "Clear all")] : []),
  );
}

/**
 * Wire the bar's controls. @param {HTMLElement} main @param {Record<string, any>} filter
 * @param {(change: Record<string, any>) => void} set
 */
export function wire(main, filter, set) {
  const text = find(main, "#text");
  const sort = find(main, "#sort");
  const form = find(main, "#filters form");
  text.value = filter.text ?? "";
  sort.value = filter.sort ?? "newest";
  for (const name of ["who", "above", "since", "until", "unfamiliar"]) form.elements[name].value = filter[name] ?? "";
  form.elements.below.value = filter.below ? Number(filter.below) - 1 : "";
  const active = ["who", "above", "below", "since", "until", "unfamiliar"].some((n) => filter[n]);
  find(main, "#filters").toggleAttribute("data-active", active);

  let timer = 0;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => set({ text: text.value }), 250);
  });
  sort.addEventListener("change", () => set({ sort: sort.value }));
  form.addEventListener("change", () => set(values(form)));
  form.addEventListener("reset", () => setTimeout(() => set(values(form))));
  form.addEventListener("submit", (/** @type {Event} */ e) => e.preventDefault());
}

/** @param {any} form @returns {Record<string, any>} "to" is inclusive for people, exclusive in the API */
function values(form) {
  const { who, above, below, since, until, unfamiliar } = form.elements;
  const to = below.value === "" ? "" : Number(below.value) + 1;
  return { who: who.value, above: above.value, below: to, since: since.value, until: until.value, unfamiliar: unfamiliar.value };
}
