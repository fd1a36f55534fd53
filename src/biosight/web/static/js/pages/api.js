// @ts-check
/** The page about the API: find a route by words, and open what a link leads to. */
import { fields, find } from "../frame/dom.js";

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

/** Open the part that the address names. @param {HTMLElement} main */
function open(main) {
  const named = location.hash ? main.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"]`) : null;
  if (!(named instanceof HTMLDetailsElement)) return;
  named.open = true;
  named.scrollIntoView();
}

/** Show only what has all the words. @param {HTMLElement} main @param {string} text */
function show(main, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const entry of main.querySelectorAll("details")) {
    const said = entry.querySelector("summary")?.textContent?.toLowerCase() ?? "";
    entry.hidden = !words.every((word) => said.includes(word));
  }
  for (const part of main.querySelectorAll(".api section"))
    if (part instanceof HTMLElement) part.hidden = !part.querySelector("details:not([hidden])");
  find(main, "#none").hidden = main.querySelector("details:not([hidden])") !== null;
}
