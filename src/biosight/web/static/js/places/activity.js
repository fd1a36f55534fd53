// @ts-check
/** When pictures were taken: a small drawing per name, with a ring of 24 hours and the months. */
import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { called } from "../pictures/taxa.js";
import { asSvg, drawing } from "./activity_rings.js";
import { choosePath, quoted, save, switchBetween } from "./figures.js";

/** @typedef {Schemas["ActivityOut"]} Activity */
/** @typedef {import("./activity_rings.js").Drawn} Drawn */

/**
 * Return the counts of pictures or of events, by clock or sun time, as the drawings use them.
 * `here` is the collection's address, "" for a drawing that is saved.
 * @param {Activity} a @param {boolean} events @param {boolean} sun @param {string} here @returns {Drawn}
 */
function as(a, events, sun, here = "") {
  const hours = [
    [a.hours, a.sun_hours],
    [a.event_hours, a.event_sun_hours],
  ][Number(events)][Number(sun)];
  const counts = events ? { images: a.events, months: a.event_months } : {};
  return { ...a, ...counts, hours, sun, here, what: events ? "event" : "picture" };
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
          drawing(as(a, events, sun, here)),
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
