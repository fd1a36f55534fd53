// @ts-check
/**
 * Darwin Core and Camtrap DP: before the download, a dialog says what is included, what is not and
 * why. It asks what the export says of itself, and the collection remembers the answers.
 */

import { API, call } from "../frame/api.js";
import { counted, el } from "../frame/dom.js";
import { fill } from "../frame/form.js";
import { may } from "../frame/may.js";
import { complain } from "../frame/toast.js";
import { asQuery } from "./filters.js";

const HOURS = [-11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 5.5, 6, 7, 8, 9, 9.5, 10, 11, 12, 13];
const LICENCES = /** @type {[string, string][]} */ ([
  ["", "not stated"],
  ["CC0-1.0", "CC0: no rights reserved"],
  ["CC-BY-4.0", "CC BY 4.0: attribution"],
  ["CC-BY-NC-4.0", "CC BY-NC 4.0: attribution, not commercial"],
]);
const FORMS = /** @type {Record<string, {title: string, words: string}>} */ ({
  "darwin-core": {
    title: "Darwin Core Archive",
    words: "Each picture of an organism becomes an occurrence. It says whether a person or a model named it.",
  },
  "camtrap-dp": { title: "Camtrap DP package", words: "Pictures with a place and a time, by deployment and event." },
});

/** Return an offset from UTC as it is written. @param {number} hours */
function offset(hours) {
  const size = Math.abs(hours);
  return `UTC ${hours < 0 ? "−" : "+"}${Math.floor(size)}:${size % 1 ? "30" : "00"}`;
}

/**
 * Say what is included and what is not, with links.
 * @param {string} here @param {Schemas["PackageSeen"]} seen @param {string} form
 */
function outlook(here, seen, form) {
  const left = Object.entries(seen.left_out);
  const nameless = Object.entries(seen.no_names);
  const link = (/** @type {string} */ why) =>
    why.includes("place")
      ? `${here}?placed=false`
      : why.includes("without a time")
        ? `${here}?dated=false`
        : why.includes("zone")
          ? `${here}/places`
          : here;
  return [
    `${FORMS[form].words} ${counted(seen.images, "picture goes in", "pictures go in")}.`,
    left.length > 0 &&
      el(
        "ul",
        {},
        left.map(([why, n]) => el("li", {}, el("a", { href: link(why) }, counted(n, "picture")), ` ${why}: left out`)),
      ),
    seen.hidden > 0 &&
      el(
        "p",
        {},
        `${counted(seen.hidden, "picture has a coarse place", "pictures have coarse places")} because of a sensitive name. ` +
          "The export leaves out the names of their sites and deployments.",
      ),
    seen.formulas > 0 &&
      el(
        "p",
        {},
        `${counted(seen.formulas, "name or note begins", "names and notes begin")} with =, +, - or @. The package keeps them as they are; do not open its tables in a spreadsheet.`,
      ),
    nameless.length > 0 &&
      el(
        "p",
        {},
        "These labels are not scientific names and are published as plain words: ",
        nameless
          .slice(0, 6)
          .map(([name, n], i) => [
            i ? ", " : "",
            el("a", { href: `${here}?label=${encodeURIComponent(name)}` }, name),
            ` (${n.toLocaleString("en")})`,
          ]),
        nameless.length > 6 ? ` and ${nameless.length - 6} more.` : ".",
      ),
  ].filter(Boolean);
}

/** Return what the pictures of a collection lack, each with a link. @param {string} here */
async function lacking(here) {
  const kinds = /** @type {[string, string][]} */ ([
    ["dated=false", "no date"],
    ["placed=false", "no place"],
    ["who=machine", "a name by the model alone"],
  ]);
  const counts = await Promise.all(kinds.map(([query]) => call("GET", `${here}/count?${query}`)));
  const found = kinds.map(([query, words], n) => ({ query, words, images: counts[n].images })).filter((k) => k.images);
  if (!found.length) return null;
  return el(
    "ul",
    {},
    found.map(({ query, words, images }) =>
      el("li", {}, el("a", { href: `${here}?${query}` }, counted(images, "picture")), ` with ${words}`),
    ),
  );
}

/**
 * Return the choices: exact places, or one of the grids that the server offers.
 * @param {HTMLElement} main @returns {[string, string][]}
 */
function gridsOf(main) {
  const grids = Object.entries(JSON.parse(main.dataset.grids ?? "{}"));
  return [
    ["", "exact"],
    ...grids.map(([degrees, words]) => /** @type {[string, string]} */ ([String(Number(degrees)), `to ${words}`])),
  ];
}

/** @param {HTMLElement} main @param {string} collection @param {string} form */
async function publish(main, collection, form) {
  const here = `/collections/${collection}`;
  const [seen, { published: kept, name }] = await Promise.all([
    call("GET", `${here}/${form}/preview`),
    call("GET", here),
  ]);
  const clocks = /** @type {[string, string][]} */ ([
    ["", "unknown: leave them out"],
    ...HOURS.map((h) => [String(h * 60), offset(h)]),
  ]);
  const zone = {
    name: "utc_offset",
    label: "Offset of clocks with an unknown time zone",
    options: clocks,
    value: kept.utc_offset ?? "",
  };
  const asked = "whose time zone nobody knows" in seen.left_out || kept.utc_offset;
  const fields = [
    { name: "title", label: "Title", value: kept.title ?? name },
    { name: "license", label: "Licence", options: LICENCES, value: kept.license ?? "" },
    {
      name: "rights_holder",
      label: "Rights holder",
      value: kept.rights_holder ?? "",
      hint: "you are named as the contact",
    },
    { name: "coarse", label: "Places", options: gridsOf(main), value: kept.coarse ?? "" },
    ...(form === "camtrap-dp" && asked ? [zone] : []),
  ];
  const words = [outlook(here, seen, form), form === "darwin-core" && (await lacking(here))];
  await fill({ title: FORMS[form].title, words, ok: "Download", fields }, async (said) => {
    const told = { ...kept, ...said };
    if (may(main, "change")) await call("PATCH", here, { published: told });
    location.assign(`${API}${here}/${form}${asQuery(said)}`);
  });
}

/** @param {HTMLElement} main @param {string} collection */
export function wirePublish(main, collection) {
  /** @param {string} id @param {string} form */
  const wire = (id, form) => {
    const link = /** @type {HTMLAnchorElement} */ (main.querySelector(id));
    link.onclick = (event) => {
      event.preventDefault();
      publish(main, collection, form).catch(complain);
    };
  };
  wire("#camtrap", "camtrap-dp");
  wire("#darwin-core", "darwin-core");
}
