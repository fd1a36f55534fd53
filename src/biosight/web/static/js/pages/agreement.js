// @ts-check
/** How well two readers agree: in all, beyond chance, and for each label. */

import { call } from "../frame/api.js";
import { counted, el, find, percent } from "../frame/dom.js";
import { may } from "../frame/may.js";
import { word } from "../pictures/identified.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  const here = `/collections/${main.dataset.collection}`;
  const box = find(main, "#review");
  const [found, waits] = await Promise.all([
    call("GET", `${here}/agreement`),
    !may(main, "answer") ? null : call("GET", `${here}/to-identify?limit=1`),
  ]);
  const state = waits
    ? `${counted(waits.one, "picture waits", "pictures wait")} for a second reader, ${counted(waits.differ, "conflict")} to settle.`
    : "";
  if (!found.pictures) {
    box.replaceChildren(
      el(
        "div",
        { class: "empty" },
        el("p", { class: "large" }, "No picture has been read twice yet."),
        el("p", {}, state, " ", el("a", { href: `${here}/review/readers` }, "Read pictures")),
      ),
    );
    return;
  }
  box.replaceChildren(
    el(
      "section",
      { class: "agreement" },
      el(
        "p",
        { class: "large" },
        `${found.alike.toLocaleString("en")} of ${counted(found.pictures, "picture")} got the same answer from both readers (${percent(found.alike / found.pictures)})`,
      ),
      found.as_far > found.alike &&
        el(
          "p",
          {},
          `On ${found.as_far.toLocaleString("en")} they agree as far as both go: one name is the other, or lies above it.`,
        ),
      el("p", {}, kappa(found)),
      byRank(found.ranks),
      el("p", { class: "soft" }, state),
      table(found.labels),
    ),
  );
}

/** @param {Schemas["AgreementOut"]} found */
function kappa(found) {
  if (found.kappa === null) return "Cohen’s kappa can’t be calculated: both readers gave every picture the same label.";
  const [k, low, high] = [found.kappa, found.low ?? 0, found.high ?? 0].map((x) => x.toFixed(2).replace("-", "−"));
  const said = `Beyond chance, the agreement is ${inWords(found.kappa)}`;
  return `${said}: Cohen’s kappa ${k} (95 % interval ${low} to ${high}), where 1 is full agreement and 0 what chance would give.`;
}

/** Kappa in words, after Landis and Koch (1977). @param {number} kappa */
function inWords(kappa) {
  const [, word] = SCALE.find(([above]) => kappa > above) ?? [0, "poor"];
  return word;
}

/** @type {[number, string][]} */
const SCALE = [
  [0.8, "almost perfect"],
  [0.6, "substantial"],
  [0.4, "moderate"],
  [0.2, "fair"],
  [0, "slight"],
];

/** Draw the agreement at each rank that both readers named. @param {Schemas["RankAgreementOut"][]} ranks */
function byRank(ranks) {
  if (!ranks.length) return "";
  const words = ranks.map((r) => `${r.rank} ${percent(r.alike / r.pictures)} of ${r.pictures.toLocaleString("en")}`);
  return el("p", {}, `The same name by rank, where both go that far: ${words.join(", ")}.`);
}

/** @param {Schemas["LabelAgreementOut"][]} labels */
function table(labels) {
  return el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Agreement by label" },
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", {}, "Label"),
          ...["First reader", "Second", "Both", "Agreement"].map((w) => el("th", { class: "number" }, w)),
        ),
      ),
      el(
        "tbody",
        {},
        labels.map((l) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, word(l.label)),
            ...[l.first, l.second, l.both].map((n) => el("td", { class: "number" }, n.toLocaleString("en"))),
            el(
              "td",
              { class: "number" },
              el("meter", { value: l.share, min: 0, max: 1, "aria-hidden": "true" }),
              ` ${percent(l.share)}`,
            ),
          ),
        ),
      ),
    ),
  );
}
