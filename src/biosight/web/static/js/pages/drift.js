// @ts-check
/** Do the pictures change? The sentence first, then what it rests on. */
import { call } from "../api.js";
import { counted, el, find, when } from "../dom.js";
import { svg } from "../plots.js";
import { complain, question, toast } from "../toast.js";

const NAMES = /** @type {Record<string, string>} */ ({
  brightness: "Brightness", contrast: "Contrast", dark_share: "Dark parts", bright_share: "Bright parts", saturation: "Colourfulness",
  red_green: "Green to red", blue_yellow: "Yellow to blue", sharpness: "Sharpness", noise: "Noise",
});

/** @param {HTMLElement} main */
export async function mount(main) {
  const collection = main.dataset.collection ?? "";
  const editor = main.dataset.role !== "viewer";
  const box = find(main, "#drift");
  const path = `/collections/${collection}/drift`;
  const load = async () => {
    const found = await call("GET", path);
    box.replaceChildren(...[head(found.latest, editor && acts(found.latest)), ...(found.latest ? report(found.latest) : []), weekly(found.weeks), line(found.checks)].filter(Boolean));
  };
  /** @param {string} to @param {string} said */
  const send = async (to, said) => {
    try {
      await call("POST", to);
      toast(said);
      await load();
    } catch (error) {
      complain(error);
    }
  };
  const accept = async () => {
    const sure = await question({ title: "Take these for normal?", words: "Later checks compare with the pictures that the last check looked at, instead of with how the collection began.", ok: "Accept as normal" });
    if (sure) await send(`${path}/accept`, "Accepted. Later pictures are compared with these.");
  };
  /** @param {any} latest */
  const acts = (latest) => el("div", { class: "actions" },
    el("button", { type: "button", class: "primary", onclick: () => send(path, "Checked.") }, "Check now"),
    latest && latest.verdict !== "unknown" && el("button", { type: "button", onclick: accept }, "Accept as normal"),
    latest && latest.pictures > 0 && el("a", { class: "button", href: `/collections/${collection}?since=${new Date(latest.since * 1000).toISOString().slice(0, 10)}` }, "Open these pictures"),
    latest && latest.verdict !== "green" && latest.strangest.length > 0 && el("a", { class: "button", href: `/collections/${collection}/review?like=${latest.strangest[0]}` }, "Review the strangest"),
    latest && ["amber", "red"].includes(latest.verdict) && el("a", { class: "button", href: `/collections/${collection}/model` }, "Teach from corrections"));
  await load();
}

/** @param {any} latest @param {any} acts */
function head(latest, acts) {
  if (!latest) return el("section", {}, el("h2", {}, "No check yet"), el("p", {}, "A check compares the newest upload sessions with how the collection began, from what is stored. It needs 30 sessions before and 30 after."), acts);
  return el("section", { class: "verdict", "data-verdict": latest.verdict },
    el("h2", {}, latest.sentence),
    el("p", { class: "soft" }, `${counted(latest.pictures, "picture")}, one from each upload session, checked ${when(latest.at)}.`),
    latest.pictures ? el("p", {}, `${latest.model} is ${Math.round(latest.estimate * 100)} % sure on average. That is also how often it is right, as long as its confidence keeps its word, which drift may end.`) : null,
    acts);
}

/** @param {any} r @returns {any[]} */
function report(r) {
  const d = r.details;
  if (!d.families) return [];
  const strongest = Object.entries(d.histograms).sort((a, b) => gap(b[1]) - gap(a[1])).slice(0, 6);
  return [
    el("section", {}, el("h2", {}, "The strangest, beside the likest from before"), el("ul", { class: "twins" }, r.strangest.filter((/** @type {string} */ id) => d.nearest[id]).map((/** @type {string} */ id) =>
      el("li", {}, picture(id, "new"), picture(d.nearest[id], "before"))))),
    el("section", {}, el("h2", {}, "How they look"), el("p", { class: "soft" }, "Grey: before. Green: now."),
      el("div", { class: "histograms" }, strongest.map(([name, h]) => histogram(NAMES[name], h)))),
    el("section", {}, el("h2", {}, "What they show"), el("table", { class: "mix" }, el("tbody", {}, Object.entries(d.mix).slice(0, 12).map(([label, [before, now]]) =>
      el("tr", {}, el("th", {}, label || "No label"), el("td", { class: "wide" }, bars(before, now)), el("td", { class: "number" }, `${Math.round(before * 100)} → ${Math.round(now * 100)} %`)))))),
  ];
}

/** @param {any} h the area between both histograms */
function gap(h) {
  return h.before.reduce((/** @type {number} */ sum, /** @type {number} */ b, /** @type {number} */ i) => sum + Math.abs(b - h.now[i]), 0);
}

/** @param {string} id @param {string} what */
function picture(id, what) {
  return el("a", { href: `/images/${id}`, title: what }, el("img", { src: `/api/v1/images/${id}/thumbnail`, alt: what, loading: "lazy" }));
}

/** @param {string} name @param {any} h */
function histogram(name, h) {
  const most = Math.max(...h.before, ...h.now, 0.01);
  const width = 200 / h.before.length;
  const column = (/** @type {number} */ share, /** @type {number} */ i, /** @type {string} */ kind) =>
    svg("rect", { class: kind, x: i * width + 1, width: width - 2, y: 80 - (share / most) * 78, height: (share / most) * 78 });
  return el("figure", {}, svg("svg", { viewBox: "0 0 200 82", class: "histogram", role: "img", "aria-label": `${name}, before and now` },
    h.before.map((/** @type {number} */ s, /** @type {number} */ i) => column(s, i, "was")), h.now.map((/** @type {number} */ s, /** @type {number} */ i) => column(s, i, "is"))),
  el("figcaption", {}, name));
}

/** @param {number} before @param {number} now */
function bars(before, now) {
  return svg("svg", { viewBox: "0 0 100 14", preserveAspectRatio: "none", class: "interval", "aria-hidden": "true" },
    svg("rect", { class: "was", x: 0, y: 0, width: before * 100, height: 6 }), svg("rect", { class: "is", x: 0, y: 8, width: now * 100, height: 6 }));
}

/** How sure the model was, and how much was unfamiliar, week by week. @param {any[]} weeks */
function weekly(weeks) {
  if (weeks.length < 2) return false;
  const first = weeks[0].start, last = weeks[weeks.length - 1].start;
  const x = (/** @type {any} */ w) => 28 + ((w.start - first) / (last - first)) * 284;
  const y = (/** @type {number} */ value) => 100 - value * 90;
  const day = (/** @type {any} */ w) => new Date(w.start * 1000).toLocaleDateString("en", { day: "numeric", month: "short" });
  const path = (/** @type {string} */ key, /** @type {string} */ kind) => [
    svg("polyline", { class: kind, points: weeks.map((w) => `${x(w)},${y(w[key])}`).join(" ") }),
    weeks.map((w) => svg("circle", { class: kind, cx: x(w), cy: y(w[key]), r: 3 }, svg("title", {}, `Week of ${day(w)}: ${Math.round(w[key] * 100)} %, ${counted(w.pictures, "picture")}`)))];
  return el("section", {}, el("h2", {}, "Week by week"), el("p", { class: "soft" }, "Green: how sure the model is on average. Grey: the share of unfamiliar pictures."),
    svg("svg", { viewBox: "0 0 320 124", class: "weeks", role: "img", "aria-label": "Confidence and unfamiliar pictures by week" },
      [0, 0.5, 1].map((v) => [svg("line", { class: "grid", x1: 28, x2: 314, y1: y(v), y2: y(v) }), svg("text", { x: 23, y: y(v) + 4, "text-anchor": "end" }, String(v * 100))]),
      path("unfamiliar", "was"), path("confidence", "is"),
      svg("text", { x: 28, y: 120 }, day(weeks[0])), svg("text", { x: 314, y: 120, "text-anchor": "end" }, day(weeks[weeks.length - 1]))));
}

/** @param {any[]} checks */
function line(checks) {
  return checks.length > 1 && el("section", {}, el("h2", {}, "Earlier checks"), el("ol", { class: "checks" }, checks.map((c) =>
    el("li", { "data-verdict": c.verdict }, el("span", { class: "spot", "aria-hidden": "true" }), el("span", {}, el("strong", {}, c.verdict), ` ${c.sentence}`, el("br"), el("span", { class: "soft" }, `${when(c.at)}, ${counted(c.pictures, "picture")}`))))));
}
