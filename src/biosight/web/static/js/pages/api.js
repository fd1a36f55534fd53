// @ts-check
/** The page about the API: find a route by words, and open what a link leads to. */
import { counted, fields, find } from "../frame/dom.js";

/** @param {HTMLElement} main */
export function mount(main) {
  const search = find(main, "#search");
  search.addEventListener("input", () => show(main, fields(search).q));
  search.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  const stop = new AbortController();
  addEventListener("hashchange", () => open(main), { signal: stop.signal });
  open(main);
  return () => stop.abort();
}

/** Open the part that the address names, also while others are searched for. @param {HTMLElement} main */
function open(main) {
  const named = location.hash ? main.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"]`) : null;
  if (!(named instanceof HTMLElement)) return;
  for (const part of [named, named.closest("section")]) if (part instanceof HTMLElement) part.hidden = false;
  if (named instanceof HTMLDetailsElement) named.open = true;
  named.scrollIntoView();
}

/** Show only what has all the words. @param {HTMLElement} main @param {string} text */
function show(main, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const entry of main.querySelectorAll("details")) {
    const said = entry.textContent?.toLowerCase() ?? "";
    entry.hidden = !words.every((word) => said.includes(word));
    found += entry.hidden ? 0 : 1;
  }
  for (const part of main.querySelectorAll(".api section"))
    if (part instanceof HTMLElement) part.hidden = !part.querySelector("details:not([hidden])");
  find(main, "#found").textContent = words.length ? `${counted(found, "entry has", "entries have")} these words.` : "";
}
