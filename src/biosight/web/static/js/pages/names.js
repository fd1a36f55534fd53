// @ts-check
/** The list of names: what people have verified here, what waits for a look, what was not proved. */
import { API, call } from "../frame/api.js";
import { counted, el, find, several, there } from "../frame/dom.js";
import { may } from "../frame/may.js";
import { complain } from "../frame/toast.js";
import { asCsv, keyOf } from "../pictures/names_table.js";
import { askSitting, fromTo } from "../pictures/sitting.js";
import { called, hear, lineOf, words } from "../pictures/taxa.js";
import { save, switchBetween } from "../places/figures.js";

/** @typedef {Schemas["VerifiedNameOut"]} Name */

const PARTS = /** @type {const} */ ([
  ["verified", "Verified"],
  ["to look at", "To look at"],
  ["not proved", "Not proved"],
]);
/** The most cards of a part; the table has all rows. */
const MOST_CARDS = 600;

/** @typedef {import("../pictures/review_queue.js").Likely} Likely */

/** Return the address of a name's pictures. @param {string} here @param {Name} n @param {boolean} bySite */
function address(here, n, bySite) {
  return `${here}?label=${encodeURIComponent(n.label)}${bySite ? `&site=${n.site}` : ""}`;
}

/** Return what is known of a name, in words. @param {Name} n @param {number | undefined} events */
function facts(n, events) {
  const looks = n.looks ? `${counted(n.looks, "look")} in vain` : "";
  const seen = n.by ? `, this one by ${n.by}` : "";
  return [
    several([
      [n.images, "picture"],
      [events ?? 0, "event"],
    ]),
    n.verified ? `${n.verified.toLocaleString("en")} verified${seen}` : looks,
    n.standing === "verified" && !n.verified ? "verified by a name below" : "",
    n.standing === "verified" && n.image && !n.by ? "this picture was named by the model" : "",
    !n.verified && n.by ? `this one is ${called(n.image?.label ?? "")}, by ${n.by}` : "",
  ]
    .filter(Boolean)
    .join("; ");
}

/** Return how many pictures truly show a name, in words. @param {Likely} l */
function likelyWords(l) {
  const more = l.more ? `; ${l.more.toLocaleString("en")} more at random and it is ±10 %` : "";
  return l.low === l.high ? "" : `with all below it likely ${fromTo(l)} pictures${more}`;
}

/** @param {string} here @param {Name} n @param {Map<string, number>} events @param {boolean} bySite */
function card(here, n, events, bySite) {
  const above = lineOf(n.path).slice(0, -1).slice(-2);
  const picture = n.image
    ? el(
        "a",
        { href: `/images/${n.image.id}`, tabindex: "-1", "aria-hidden": "true" },
        el("img", { src: `${API}/images/${n.image.id}/thumbnail`, alt: "", loading: "lazy" }),
      )
    : el("span", { class: "no-picture" });
  return el(
    "li",
    { class: "name-card", "data-key": keyOf(n) },
    picture,
    el(
      "div",
      {},
      el("a", { href: address(here, n, bySite) }, called(n.label)),
      n.rank && el("small", {}, ` ${n.rank}`),
      above.length > 0 && el("small", { class: "line" }, words(above)),
      bySite && el("small", { class: "line" }, n.site_name || "no site"),
      el("small", { class: "line facts" }, facts(n, events.get(keyOf(n)))),
      el("small", { class: "line likely" }),
    ),
  );
}

/** @param {string} here @param {Name[]} names @param {Map<string, number>} events */
function parts(here, names, events) {
  const bySite = names.some((n) => n.site);
  return PARTS.flatMap(([standing, title]) => {
    const rows = names.filter((n) => n.standing === standing);
    if (!rows.length) return [];
    return [
      el("h3", {}, `${title} `, el("small", {}, rows.length.toLocaleString("en"))),
      el(
        "ul",
        { class: "name-cards" },
        rows.slice(0, MOST_CARDS).map((n) => card(here, n, events, bySite)),
      ),
      rows.length > MOST_CARDS &&
        el("p", { class: "soft" }, `The table has ${(rows.length - MOST_CARDS).toLocaleString("en")} more.`),
    ];
  });
}

/** Say where margins of error come from, or what they need. @param {Schemas["LikelyCountsOut"]} found */
function whence({ names, sample, fair, least, needed }) {
  if (names.length)
    return `“Likely” counts the model’s errors, as ${counted(sample, "picture")} drawn at random and looked at in Review show them (95 % intervals).`;
  if (!fair)
    return "Pictures went after people had looked at them, so those seen are no random sample: numbers come without a margin of error.";
  return `Numbers come without a margin of error. They get one once ${least} pictures drawn at random are looked at in Review: ${counted(needed, "more picture")}.`;
}

/** Write the margins of error beside the names, and where they come from. @param {HTMLElement} main @param {Schemas["LikelyCountsOut"]} found */
function showLikely(main, found) {
  const by = new Map(found.names.map((l) => [`${l.label}\n`, l]));
  const review = `/collections/${main.dataset.collection}/review?for=count&under=`;
  for (const card of main.querySelectorAll("[data-key]")) {
    const likely = by.get(card.getAttribute("data-key") ?? "");
    const told = likely ? likelyWords(likely) : "";
    if (!likely || !told) continue;
    const narrow = el("a", { href: review + encodeURIComponent(likely.path) }, "Narrow it");
    find(card, ".likely").replaceChildren(...(may(main, "change") ? [`${told}. `, narrow] : [told]));
  }
  find(main, "#names-sample").textContent = whence(found);
  return by;
}

/** Print once all pictures are loaded. @param {HTMLElement} box */
async function print(box) {
  const pictures = [...box.querySelectorAll("img")];
  for (const picture of pictures) picture.loading = "eager";
  await Promise.allSettled(pictures.map((p) => p.decode()));
  window.print();
}

/** @param {HTMLElement} main @param {Name[]} names */
function tell(main, names) {
  const many = (/** @type {Name["standing"]} */ standing) => names.filter((n) => n.standing === standing).length;
  const waiting = many("to look at");
  const told = find(main, "#names-told");
  told.textContent = names.length
    ? `${counted(many("verified"), "name")} verified, ${waiting.toLocaleString("en")} to look at, ${many("not proved").toLocaleString("en")} not proved.`
    : "No picture has a name yet.";
  const look = find(main, "#names-look");
  look.hidden = !waiting || !may(main, "change");
  look.textContent = "Look at a picture of each";
  find(main, "#names-sitting").hidden = !names.length || !may(main, "change");
}

/** @param {HTMLElement} main */
export async function mount(main) {
  const here = `/collections/${main.dataset.collection}`;
  const box = find(main, "#names");
  let names = /** @type {Name[]} */ ([]);
  let events = /** @type {Map<string, number>} */ (new Map());
  let likely = /** @type {Map<string, Likely>} */ (new Map());
  let asked = 0;
  /** What comes after something else was asked for is dropped. @param {string} by */
  const load = async (by) => {
    asked += 1;
    const now = asked;
    const query = by ? "?by_site=true" : "";
    const savers = ["#names-csv", "#names-print"].map((id) => find(main, id));
    for (const button of savers) button.disabled = true;
    const found = await call("GET", `${here}/verified-names${query}`);
    if (now !== asked) return;
    names = found.names;
    events = new Map();
    likely = new Map();
    for (const n of names) hear({ line: [n.label], vernacular_line: [n.common_name] });
    if (!by) tell(main, names);
    find(main, "#names-by").hidden = !found.sites;
    box.replaceChildren(...there(parts(here, names, events)));
    const counts = await call("GET", `${here}/verified-names/events${query}`);
    if (now !== asked) return;
    events = new Map(counts.map((/** @type {Schemas["EventsOfNameOut"]} */ c) => [`${c.label}\n${c.site}`, c.events]));
    showEvents();
    if (!by && names.length) likely = showLikely(main, await call("GET", `${here}/likely-counts`));
    for (const button of savers) button.disabled = !names.length;
  };
  const showEvents = () => {
    const cards = new Map([...box.querySelectorAll("[data-key]")].map((c) => [c.getAttribute("data-key"), c]));
    for (const n of names) {
      const told = cards.get(keyOf(n))?.querySelector(".facts");
      if (told) told.textContent = facts(n, events.get(keyOf(n)));
    }
  };
  switchBetween(main.querySelectorAll("[data-by]"), ({ by }) => load(by ?? "").catch(complain));
  find(main, "#names-csv").addEventListener("click", () => save("names.csv", "text/csv", asCsv(names, events, likely)));
  find(main, "#names-sitting").addEventListener("click", () => askSitting(here, names).catch(complain));
  find(main, "#names-print").addEventListener("click", () => print(box));
  await load("");
}
