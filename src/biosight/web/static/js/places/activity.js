// @ts-check
/** When pictures were taken: a small drawing per name, with a ring of 24 hours and the months. */
import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { svg } from "../learning/plots.js";
import { called } from "../pictures/taxa.js";
import { choosePath, quoted, save, switchBetween } from "./figures.js";

/** @typedef {Schemas["ActivityOut"]} Activity */
/** @typedef {Activity & {sun: boolean}} Drawn */

const MONTHS = ["J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D"];
const MIDDLE = 100;
const INNER = 30;
const ROOM = 50;

/** A point on a circle; hour 0 is at the top. @param {number} hour @param {number} far */
function at(hour, far) {
  const turn = (hour / 24) * 2 * Math.PI - Math.PI / 2;
  return `${(MIDDLE + far * Math.cos(turn)).toFixed(1)} ${(MIDDLE + far * Math.sin(turn)).toFixed(1)}`;
}

/** @param {Drawn} a */
function ring(a) {
  const most = Math.max(1, ...a.hours);
  const bars = a.hours.map((n, hour) => {
    const far = INNER + (n / most) * ROOM;
    const [from, to] = [hour + 0.08, hour + 0.92];
    const shape = `M${at(from, INNER)} L${at(from, far)} A${far} ${far} 0 0 1 ${at(to, far)} L${at(to, INNER)} A${INNER} ${INNER} 0 0 0 ${at(from, INNER)}Z`;
    return svg(
      "path",
      { d: shape, class: "bar" },
      svg("title", {}, `${hour}:00 to ${hour + 1}:00: ${counted(n, "picture")}`),
    );
  });
  const hours = [0, 6, 12, 18].map((h) => {
    const [x, y] = at(h, INNER + ROOM + 10).split(" ");
    return svg("text", { x, y: Number(y) + 4, "text-anchor": "middle" }, `${h} h`);
  });
  const rims = [INNER, INNER + ROOM].map((r) => svg("circle", { cx: MIDDLE, cy: MIDDLE, r, class: "rim" }));
  const night = `M${at(18, INNER)} L${at(18, INNER + ROOM)} A${INNER + ROOM} ${INNER + ROOM} 0 0 1 ${at(6, INNER + ROOM)} L${at(6, INNER)} A${INNER} ${INNER} 0 0 0 ${at(18, INNER)}Z`;
  return [a.sun ? svg("path", { d: night, class: "night" }) : [], rims, bars, hours];
}

/** @param {Activity} a */
function months(a) {
  const most = Math.max(1, ...a.months);
  return a.months.map((n, month) => {
    const [x, tall] = [10 + month * 15, (n / most) * 34];
    return [
      svg("rect", { x, y: 242 - tall, width: 11, height: tall, class: "bar" }, svg("title", {}, counted(n, "picture"))),
      svg("text", { x: x + 5.5, y: 254, "text-anchor": "middle" }, MONTHS[month]),
    ];
  });
}

/** @param {Drawn} a */
function drawing(a) {
  const hour = a.hours.indexOf(Math.max(...a.hours));
  const most = a.hours[hour] ? `, most of them from ${hour} to ${hour + 1} h${a.sun ? " by the sun" : ""}` : "";
  const words = `${a.label}: ${counted(a.images, "picture")}${most}`;
  return svg(
    "svg",
    { viewBox: "0 0 200 260", class: "activity", role: "img", "aria-label": words },
    ring(a),
    months(a),
  );
}

/**
 * Return the counts of pictures or of events, by clock or sun time, as the drawings use them.
 * @param {Activity} a @param {boolean} events @param {boolean} sun @returns {Drawn}
 */
function as(a, events, sun) {
  const hours = [
    [a.hours, a.sun_hours],
    [a.event_hours, a.event_sun_hours],
  ][Number(events)][Number(sun)];
  const counts = events ? { images: a.events, months: a.event_months } : {};
  return { ...a, ...counts, hours, sun };
}

/** What of the shown has no sun time. @param {Activity[]} all @param {boolean} events */
function sunless(all, events) {
  const sum = (/** @type {number[]} */ counts) => counts.reduce((a, b) => a + b, 0);
  const without = all.reduce((n, a) => {
    const [clock, sun] = events ? [a.event_hours, a.event_sun_hours] : [a.hours, a.sun_hours];
    return n + sum(clock) - sum(sun);
  }, 0);
  const words = "Sun time: the sun rises at 6 and sets at 18, whatever the season and the place.";
  const left = `${counted(without, events ? "event" : "picture")} left out: without a site, without a time zone, or on a day without a sunrise.`;
  return without ? `${words} ${left}` : words;
}

/** Return all drawings side by side, as one SVG. @param {Drawn[]} all */
function asSvg(all) {
  const style =
    "text{font:9px sans-serif;fill:#444}.bar{fill:#1b664c}.rim{fill:none;stroke:#bbb;stroke-width:.6}.night{fill:#ddd}";
  const parts = all.map((a, i) => {
    const title = svg(
      "text",
      { x: 100, y: 10, "text-anchor": "middle" },
      `${a.label}, ${counted(a.images, "picture")}`,
    );
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

/** @param {Activity[]} all */
function asCsv(all) {
  const rows = all.flatMap((a) => [
    ...a.hours.map((n, h) => `${quoted(a.label)},hour,${h},${n},${a.event_hours[h]}`),
    ...a.sun_hours.map((n, h) => `${quoted(a.label)},sun hour,${h},${n},${a.event_sun_hours[h]}`),
    ...a.months.map((n, m) => `${quoted(a.label)},month,${m + 1},${n},${a.event_months[m]}`),
  ]);
  return ["label,by,at,pictures,events", ...rows, ""].join("\n");
}

/** @param {HTMLElement} main @param {string} here */
export async function drawActivity(main, here) {
  const box = find(main, "#activity");
  /** @type {Activity[]} */
  let all = [];
  let [events, sun] = [false, false];
  /** @param {string[]} paths */
  const load = async (paths) => {
    const query = paths.map((p) => `under=${encodeURIComponent(p)}`).join("&");
    all = (await call("GET", `${here}/activity?${query}`)).filter(
      (/** @type {Activity} */ a) => paths.length || a.images,
    );
    draw();
  };
  const draw = () => {
    const told = find(main, "#activity-sun");
    told.hidden = !sun;
    told.textContent = sun ? sunless(all, events) : "";
    box.replaceChildren(
      ...all.map((a) =>
        el(
          "figure",
          {},
          el(
            "figcaption",
            {},
            el("a", { href: `${here}?under=${encodeURIComponent(a.path)}&dated=true` }, called(a.label)),
            el(
              "button",
              { type: "button", class: "quiet", "aria-label": `Without ${a.label}`, onclick: () => leave(a) },
              "×",
            ),
            el("small", {}, `${counted(a.images, "picture")}, ${counted(a.events, "event")}`),
          ),
          drawing(as(a, events, sun)),
        ),
      ),
      ...(all.length ? [] : [el("p", { class: "soft" }, "No named picture says when it was taken yet.")]),
    );
    for (const id of ["#activity-svg", "#activity-csv"]) find(main, id).disabled = !all.length;
  };
  /** @param {Activity} a */
  const leave = (a) => {
    all = all.filter((o) => o !== a);
    draw();
  };
  find(main, "#activity-add").addEventListener("click", async () => {
    try {
      const path = await choosePath(main.dataset, here, "Show the activity of …");
      if (path) await load([...new Set([...all.map((a) => a.path), path])].slice(0, 12));
    } catch (error) {
      complain(error);
    }
  });
  find(main, "#activity-svg").addEventListener("click", () =>
    save("activity.svg", "image/svg+xml", asSvg(all.map((a) => as(a, events, sun)))),
  );
  find(main, "#activity-csv").addEventListener("click", () => save("activity.csv", "text/csv", asCsv(all)));
  switchBetween(main.querySelectorAll("[data-count]"), ({ count }) => {
    events = count === "events";
    draw();
  });
  switchBetween(main.querySelectorAll("[data-clock]"), ({ clock }) => {
    sun = clock === "sun";
    draw();
  });
  await load([]);
}
