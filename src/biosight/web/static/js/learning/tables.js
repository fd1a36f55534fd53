// @ts-check
/** Tables of a comparison, and its figures as people read them. */
import { el } from "../frame/dom.js";

/** @param {string[]} heads @param {any[]} rows @param {string} [kind] */
export function table(heads, rows, kind = "") {
  return el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": heads.slice(0, 3).join(", ") },
    el(
      "table",
      { class: kind },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          heads.map((t, i) => el("th", { class: i ? "number" : "", scope: "col" }, t)),
        ),
      ),
      el("tbody", {}, rows),
    ),
  );
}

/** @param {string} name @param {any[]} values @param {number} [low] */
export function row(name, values, low = -1) {
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, name),
    values.map((v, i) => el("td", { class: i === low ? "number falls" : "number" }, v)),
  );
}

/** @param {number} value */
export function percent(value) {
  return `${Math.round(value * 100)} %`;
}

/** @param {number} value */
export function signed(value) {
  const points = Math.round(value * 1000) / 10;
  return `${points > 0 ? "+" : points < 0 ? "−" : ""}${Math.abs(points).toFixed(1)}`;
}

/** @param {number[]} v value, low, high */
export function span(v) {
  return `${percent(v[0])} (${percent(v[1])} to ${percent(v[2])})`;
}
