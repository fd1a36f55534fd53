// @ts-check
/** Pictures by day, a row per deployment: gaps are visible, and each bar leads to its pictures. */

import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { goTo } from "../frame/events.js";
import { svg } from "../learning/plots.js";
import { quoted, save } from "./figures.js";

/** @typedef {{deployment: string, name: string, start: string, end: string, days: Record<string, number>}} Row */

const DAY = 86_400_000;
const [LEFT, TALL, WIDE] = [130, 30, 900];
const STEPS = [1, 7, 30, 91, 365];

/** @param {string} day */
const at = (day) => Math.round(Date.parse(`${day}T00:00:00Z`) / DAY);
/** @param {number} n */
const name = (n) => new Date(n * DAY).toISOString().slice(0, 10);

/** Return the rows' span, with days summed so that bars stay distinct. @param {Row[]} rows */
function laidOut(rows) {
  const days = rows.flatMap((r) => [...Object.keys(r.days), r.start, r.end].filter(Boolean)).map(at);
  const [first, last] = [Math.min(...days), Math.max(...days)];
  const step = STEPS.find((s) => (last - first + 1) / s <= 240) ?? 365;
  const bars = rows.map((r) => {
    /** @type {Map<number, number>} */
    const found = new Map();
    for (const [day, n] of Object.entries(r.days)) {
      const bin = Math.floor((at(day) - first) / step);
      found.set(bin, (found.get(bin) ?? 0) + n);
    }
    return found;
  });
  return { first, last, step, bars, bins: Math.floor((last - first) / step) + 1 };
}

/** @param {string} here @param {Row[]} rows @param {boolean} linked */
function drawing(here, rows, linked) {
  const { first, last, step, bars, bins } = laidOut(rows);
  const each = WIDE / bins;
  const most = Math.max(...bars.flatMap((b) => [...b.values()]));
  const drawn = rows.map((r, row) => {
    const base = 20 + (row + 1) * TALL;
    const span = r.start && r.end ? [(at(r.start) - first) / step, (at(r.end) - first + 1) / step] : null;
    const cells = [...bars[row]].map(([bin, n]) => {
      const from = name(first + bin * step);
      const until = name(Math.min(last, first + (bin + 1) * step - 1));
      const tall = 4 + (TALL - 9) * Math.sqrt(n / most);
      const words = `${r.name || "without a deployment"}, ${from === until ? from : `${from} to ${until}`}: ${counted(n, "picture")}`;
      const bar = svg(
        "rect",
        {
          x: LEFT + bin * each,
          y: base - tall,
          width: Math.max(each - (each > 4 ? 1 : 0), 1),
          height: tall,
          class: "bar",
        },
        svg("title", {}, words),
      );
      const href = `${here}?deployment=${r.deployment}&dated=true&since=${from}&until=${until}`;
      return linked ? svg("a", { href, "aria-label": words }, bar) : bar;
    });
    return svg(
      "g",
      {},
      svg("text", { x: LEFT - 8, y: base - 5, "text-anchor": "end" }, shortened(r.name || "no deployment")),
      span &&
        svg("rect", {
          x: LEFT + span[0] * each,
          y: base - 3,
          width: (span[1] - span[0]) * each,
          height: 3,
          class: "span",
        }),
      svg("line", { x1: LEFT, x2: LEFT + WIDE, y1: base, y2: base, class: "rim" }),
      cells,
    );
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const x = LEFT + part * WIDE;
    const anchor = part === 0 ? "start" : part === 1 ? "end" : "middle";
    return svg("text", { x, y: 12, "text-anchor": anchor }, name(Math.round(first + part * (last - first))));
  });
  const tall = 30 + rows.length * TALL;
  const words = `Pictures by day of ${counted(rows.length, "deployment")}, ${name(first)} to ${name(last)}`;
  return svg(
    "svg",
    { viewBox: `0 0 ${LEFT + WIDE + 10} ${tall}`, class: "days", role: "group", "aria-label": words },
    ticks,
    drawn,
  );
}

/** @param {string} text */
const shortened = (text) => (text.length > 18 ? `${text.slice(0, 17)}…` : text);

/** @param {string} here @param {Row[]} rows */
function asSvg(here, rows) {
  const style = "text{font:11px sans-serif;fill:#444}.bar{fill:#1b664c}.rim{stroke:#bbb}.span{fill:#cde3d8}";
  const made = drawing(here, rows, false);
  made.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  made.prepend(svg("style", {}, style));
  return new XMLSerializer().serializeToString(made);
}

/** @param {Row[]} rows */
function asCsv(rows) {
  const lines = rows.flatMap((r) => Object.entries(r.days).map(([day, n]) => `${quoted(r.name)},${day},${n}`));
  return ["deployment,day,pictures", ...lines, ""].join("\n");
}

/** @param {HTMLElement} main @param {string} here */
export async function drawDays(main, here) {
  /** @type {Row[]} */
  const rows = await call("GET", `${here}/days`);
  find(main, "#days").replaceChildren(
    rows.length
      ? drawing(here, rows, true)
      : el("p", { class: "soft" }, "No picture has a date yet. Select pictures and press Date, or correct a clock."),
  );
  find(main, "#days").addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    goTo(link.getAttribute("href") ?? "/");
  });
  const buttons = {
    "#days-svg": () => save("days.svg", "image/svg+xml", asSvg(here, rows)),
    "#days-csv": () => save("days.csv", "text/csv", asCsv(rows)),
  };
  for (const [id, run] of Object.entries(buttons)) {
    find(main, id).disabled = !rows.length;
    find(main, id).addEventListener("click", run);
  }
}
