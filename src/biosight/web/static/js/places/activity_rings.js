// @ts-check
/** A drawing of when pictures were taken: a ring of 24 hours, and the months. */
import { counted } from "../frame/dom.js";
import { svg } from "../learning/plots.js";

/** @typedef {Schemas["ActivityOut"]} Activity */
/** @typedef {Activity & {sun: boolean, here: string, what: string}} Drawn */

const MONTHS = ["J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D"];
const MONTH_NAMES = MONTHS.map((_, n) => new Date(2026, n).toLocaleString("en", { month: "long" }));
const MIDDLE = 100;
const INNER = 30;
const ROOM = 50;

/** A point on a circle; hour 0 is at the top. @param {number} hour @param {number} far */
function at(hour, far) {
  const turn = (hour / 24) * 2 * Math.PI - Math.PI / 2;
  return `${(MIDDLE + far * Math.cos(turn)).toFixed(1)} ${(MIDDLE + far * Math.sin(turn)).toFixed(1)}`;
}

/**
 * Return a bar that leads to its pictures. No filter knows sun time, so its bars lead nowhere; nor do
 * those of a saved drawing.
 * @param {Drawn} a @param {SVGElement} bar @param {"hour" | "month"} part @param {number} value
 * @param {number} n @param {string} words
 */
function leading(a, bar, part, value, n, words) {
  bar.append(svg("title", {}, words));
  if (!n || !a.here || (a.sun && part === "hour")) return bar;
  const href = `${a.here}?under=${encodeURIComponent(a.path)}&${part}=${String(value).padStart(2, "0")}`;
  return svg("a", { href, "aria-label": words }, bar);
}

/** @param {Drawn} a */
function ring(a) {
  const most = Math.max(1, ...a.hours);
  const bars = a.hours.map((n, hour) => {
    const far = INNER + (n / most) * ROOM;
    const [from, to] = [hour + 0.08, hour + 0.92];
    const shape = `M${at(from, INNER)} L${at(from, far)} A${far} ${far} 0 0 1 ${at(to, far)} L${at(to, INNER)} A${INNER} ${INNER} 0 0 0 ${at(from, INNER)}Z`;
    const words = `${hour}:00 to ${hour + 1}:00${a.sun ? " by the sun" : ""}: ${counted(n, a.what)}`;
    return leading(a, svg("path", { d: shape, class: "bar" }), "hour", hour, n, words);
  });
  const hours = [0, 6, 12, 18].map((h) => {
    const [x, y] = at(h, INNER + ROOM + 10).split(" ");
    return svg("text", { x, y: Number(y) + 4, "text-anchor": "middle" }, `${h} h`);
  });
  const rims = [INNER, INNER + ROOM].map((r) => svg("circle", { cx: MIDDLE, cy: MIDDLE, r, class: "rim" }));
  const night = `M${at(18, INNER)} L${at(18, INNER + ROOM)} A${INNER + ROOM} ${INNER + ROOM} 0 0 1 ${at(6, INNER + ROOM)} L${at(6, INNER)} A${INNER} ${INNER} 0 0 0 ${at(18, INNER)}Z`;
  return [a.sun ? svg("path", { d: night, class: "night" }) : [], rims, bars, hours];
}

/** @param {Drawn} a */
function months(a) {
  const most = Math.max(1, ...a.months);
  return a.months.map((n, month) => {
    const [x, tall] = [10 + month * 15, (n / most) * 34];
    const bar = svg("rect", { x, y: 242 - tall, width: 11, height: tall, class: "bar" });
    return [
      leading(a, bar, "month", month + 1, n, `${MONTH_NAMES[month]}: ${counted(n, a.what)}`),
      svg("text", { x: x + 5.5, y: 254, "text-anchor": "middle" }, MONTHS[month]),
    ];
  });
}

/** @param {Drawn} a */
export function drawing(a) {
  const hour = a.hours.indexOf(Math.max(...a.hours));
  const most = a.hours[hour] ? `, most of them from ${hour} to ${hour + 1} h${a.sun ? " by the sun" : ""}` : "";
  const words = `${a.label}: ${counted(a.images, a.what)}${most}`;
  return svg(
    "svg",
    { viewBox: "0 0 200 260", class: "activity", role: "group", "aria-label": words },
    ring(a),
    months(a),
  );
}

/** Return all drawings side by side, as one SVG. @param {Drawn[]} all */
export function asSvg(all) {
  const style =
    "text{font:9px sans-serif;fill:#444}.bar{fill:#1b664c}.rim{fill:none;stroke:#bbb;stroke-width:.6}.night{fill:#ddd}";
  const parts = all.map((a, i) => {
    const title = svg("text", { x: 100, y: 10, "text-anchor": "middle" }, `${a.label}, ${counted(a.images, a.what)}`);
    return svg("g", { transform: `translate(${i * 210} 0)` }, title, ring(a), months(a));
  });
  const whole = svg(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${all.length * 210} 264` },
    svg("style", {}, style),
    parts,
  );
  return new XMLSerializer().serializeToString(whole);
}
