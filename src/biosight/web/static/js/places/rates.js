// @ts-check
/** Effort and rates: events in 100 trap nights by name, site and month, each with its interval. */
import { call } from "../frame/api.js";
import { counted, el, find, several } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { called } from "../pictures/taxa.js";
import { choosePath, quoted, save, switchBetween } from "./figures.js";

/** @typedef {Schemas["RateOut"]} Rate @typedef {Schemas["NameRatesOut"]} Name @typedef {"whole" | "sites" | "months"} By */
/** @typedef {{name: Name, of: string, query: string, rate: Rate}} Row */

/** @param {number} n a rate, in as many digits as people read */
const figure = (n) => (n >= 10 ? n.toFixed(0) : n.toFixed(n >= 1 ? 1 : 2));

/** Return the last day of a month. @param {string} month */
function lastDay(month) {
  const [year, number] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
}

/** Return the rows of a table by all, by site or by month. @param {Name[]} names @param {By} by @returns {Row[]} */
function rowsOf(names, by) {
  return names.flatMap((name) => {
    if (by === "whole") return [{ name, of: "", query: "", rate: name.whole }];
    if (by === "sites") return name.sites.map((rate) => ({ name, of: rate.name, query: `&site=${rate.site}`, rate }));
    return name.months.map((rate) => ({
      name,
      of: rate.month,
      query: `&since=${rate.month}-01&until=${lastDay(rate.month)}`,
      rate,
    }));
  });
}

/** A bar with its interval, drawn up to the largest end of all. @param {Rate} rate @param {number} most */
function bar(rate, most) {
  const share = (/** @type {number} */ n) => `${most ? Math.min(100, (100 * n) / most) : 0}%`;
  const box = el("span", { class: "rate-bar", "aria-hidden": "true" }, el("i"), el("b"));
  box.style.setProperty("--rate", share(rate.rate));
  box.style.setProperty("--low", share(rate.low));
  box.style.setProperty("--high", share(rate.high));
  return box;
}

/** @param {Row} row @param {string} here @param {number} most @param {boolean} parted */
function drawRow({ name, of, query, rate }, here, most, parted) {
  const href = `${here}?under=${encodeURIComponent(name.path)}&dated=true${query}`;
  const whence = rate.by === "count" ? "from the count alone: too narrow if visits come in clusters" : "";
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("a", { href }, called(name.label))),
    parted && el("td", {}, of),
    el("td", { class: "number" }, rate.nights ? figure(rate.rate) : "–"),
    el(
      "td",
      { class: "number", title: whence },
      rate.nights ? `${figure(rate.low)} – ${figure(rate.high)}${whence ? " *" : ""}` : "–",
    ),
    el("td", {}, bar(rate, most)),
    el("td", { class: "number" }, rate.events.toLocaleString("en")),
    el("td", { class: "number" }, rate.nights.toLocaleString("en")),
  );
}

/** @param {Row[]} rows */
function asCsv(rows) {
  const lines = rows.map(({ name, of, rate: r }) =>
    [quoted(name.label), quoted(of), r.events, r.nights, r.rate, r.low, r.high, r.by].join(","),
  );
  return ["label,at,events,trap_nights,per_100_nights,low_95,high_95,interval_from", ...lines, ""].join("\n");
}

/** @param {Schemas["RatesOut"]} found */
function effortWords(found) {
  if (!found.nights)
    return "No deployment has dates that trap nights can be counted by. Give each a start and an end on the Places page: those of the pictures count only if they lie within two years.";
  const size = several([
    [found.nights, "trap night"],
    [found.deployments, "deployment"],
    [found.sites, "site"],
  ]);
  const undated = found.undated ? ` ${counted(found.undated, "deployment has", "deployments have")} no dates.` : "";
  const outside = found.names.reduce((sum, n) => sum + n.outside, 0);
  const left = outside
    ? ` ${counted(outside, "picture or event", "pictures or events")} without effort ${outside === 1 ? "is" : "are"} left out.`
    : "";
  return `${size}, ${found.first} to ${found.last}.${undated}${left}`;
}

/** @param {HTMLElement} main @param {string} here */
export async function drawRates(main, here) {
  const table = find(main, "#rates");
  /** @type {Schemas["RatesOut"]} */
  let found;
  /** @type {By} */
  let by = "whole";
  const draw = () => {
    const rows = rowsOf(found.names, by);
    const most = Math.max(0, ...rows.map((r) => Math.min(r.rate.high, 4 * r.rate.rate + 1)));
    find(main, "#rates-effort").textContent = effortWords(found);
    find(table, "#rates-of").hidden = by === "whole";
    find(table, "#rates-of").textContent = by === "sites" ? "Site" : "Month";
    find(table, "tbody").replaceChildren(...rows.map((row) => drawRow(row, here, most, by !== "whole")));
    table.hidden = !rows.length || !found.nights;
    find(main, "#rates-note").hidden = table.hidden || !rows.some((r) => r.rate.by === "count");
    find(main, "#rates-csv").disabled = table.hidden;
  };
  /** @param {string[]} paths */
  const load = async (paths) => {
    found = await call("GET", `${here}/rates?${paths.map((p) => `under=${encodeURIComponent(p)}`).join("&")}`);
    find(main, '[data-rates="sites"]').hidden = found.sites_hidden;
    draw();
  };
  switchBetween(main.querySelectorAll("[data-rates]"), ({ rates }) => {
    by = /** @type {By} */ (rates);
    draw();
  });
  find(main, "#rates-add").addEventListener("click", async () => {
    try {
      const path = await choosePath(main.dataset, here, "Show the rates of …");
      if (path) await load([...new Set([...found.names.map((n) => n.path), path])].slice(-12));
    } catch (error) {
      complain(error);
    }
  });
  find(main, "#rates-csv").addEventListener("click", () =>
    save("rates.csv", "text/csv", asCsv(rowsOf(found.names, by))),
  );
  await load([]);
}
