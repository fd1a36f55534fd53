// @ts-check
/** Darwin Core and Camtrap DP: before the download it says what goes in, what not and why, and asks the licence. */
import { API, call } from "../frame/api.js";
import { counted, el } from "../frame/dom.js";
import { fill } from "../frame/form.js";
import { complain } from "../frame/toast.js";
import { asQuery } from "./filters.js";

const HOURS = [-11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 5.5, 6, 7, 8, 9, 9.5, 10, 11, 12, 13];
const LICENCES = /** @type {[string, string][]} */ ([
  ["", "not said"],
  ["CC0-1.0", "CC0: no rights kept"],
  ["CC-BY-4.0", "CC BY 4.0: with the name"],
  ["CC-BY-NC-4.0", "CC BY-NC 4.0: with the name, not for sale"],
]);
const LICENCE = "biosight:licence:";

/** An offset from UTC as it is written. @param {number} hours */
function offset(hours) {
  const size = Math.abs(hours);
  return `UTC ${hours < 0 ? "−" : "+"}${Math.floor(size)}:${size % 1 ? "30" : "00"}`;
}

/**
 * Ask the licence, remembered for the collection, and what else is to be known; then download.
 * @param {string} collection @param {string} form @param {string} title @param {any} words
 * @param {import("../frame/form.js").Field[]} [more]
 */
function publish(collection, form, title, words, more = []) {
  const kept = localStorage.getItem(LICENCE + collection) ?? "";
  const license = { name: "license", label: "Licence", options: LICENCES, value: kept };
  return fill({ title, words, ok: "Download", fields: [license, ...more] }, async (said) => {
    localStorage.setItem(LICENCE + collection, said.license);
    location.assign(`${API}/collections/${collection}/${form}${asQuery(said)}`);
  });
}

/** @param {string} collection */
async function camtrap(collection) {
  const seen = await call("GET", `/collections/${collection}/camtrap-dp/preview`);
  const left = Object.entries(seen.left_out);
  const words = [
    `${counted(seen.images, "picture goes in", "pictures go in")}.`,
    ...left.map(([why, n]) => ` ${counted(n, "picture")} ${why}: left out.`),
    left.length ? [" ", el("a", { href: `/collections/${collection}/places` }, "Say where and when")] : [],
  ];
  const options = /** @type {[string, string][]} */ ([
    ["", "unknown: leave them out"],
    ...HOURS.map((h) => [String(h * 60), offset(h)]),
  ]);
  const zone = { name: "utc_offset", label: "Clocks whose zone nobody knows show", options };
  await publish(
    collection,
    "camtrap-dp",
    "Camtrap DP package",
    words,
    "whose time zone nobody knows" in seen.left_out ? [zone] : [],
  );
}

/** @param {HTMLElement} main @param {string} collection */
export function wirePublish(main, collection) {
  const darwin = "The whole collection: pictures of organisms as occurrences, what people and models said told apart.";
  /** @param {string} id @param {() => Promise<any>} ask */
  const wire = (id, ask) => {
    const link = /** @type {HTMLAnchorElement} */ (main.querySelector(id));
    link.onclick = (event) => {
      event.preventDefault();
      ask().catch(complain);
    };
  };
  wire("#camtrap", () => camtrap(collection));
  wire("#darwin-core", () => publish(collection, "darwin-core", "Darwin Core Archive", darwin));
}
