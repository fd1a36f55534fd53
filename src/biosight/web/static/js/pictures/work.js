// @ts-check
/** Long acts under way: a bar on every page and in every tab, and a message when they end. */

import { call } from "../frame/api.js";
import { el, find } from "../frame/dom.js";
import { tell } from "../frame/events.js";
import { complain, toast } from "../frame/toast.js";

/** @typedef {import("../learning/jobs.js").Job & {act: string}} Job */

const EVERY = 800;
const MINE = "biosight:asked";
/** Tabs tell each other that there is something to watch. */
const tabs = new BroadcastChannel("biosight:work");
/** The rows that are drawn, by the job's id. @type {Map<string, {row: any, show: (job: Job) => void}>} */
const rows = new Map();
/** @type {(act: string) => Promise<void>} */
let takeBack = async () => {};
/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;

/** Return what this tab asked for: only this tab says how that ended. @returns {string[]} */
function mine() {
  return JSON.parse(sessionStorage.getItem(MINE) ?? "[]");
}

/** @param {string[]} ids */
function keep(ids) {
  sessionStorage.setItem(MINE, JSON.stringify(ids));
}

/**
 * Begin to watch what was under way before this page was opened.
 * @param {(act: string) => Promise<void>} undo
 */
export function resume(undo) {
  takeBack = undo;
  tabs.addEventListener("message", () => look());
  document.addEventListener("visibilitychange", () => document.hidden || look());
  look();
}

/** Watch a job that this tab asked for. @param {Job} job */
export function watch(job) {
  keep([...mine(), job.id]);
  draw([job]);
  tabs.postMessage(job.id);
  soon();
}

/** Say nothing about the end of an act, because it is being undone. @param {string} act */
export function hush(act) {
  keep(mine().filter((id) => id !== act));
}

function soon() {
  clearTimeout(next);
  next = setTimeout(look, EVERY);
}

/** Ask what is under way, and ask again while something is. */
async function look() {
  clearTimeout(next);
  const jobs = /** @type {Job[]} */ (await call("GET", "/jobs").catch(() => null));
  if (!jobs) return rows.size ? soon() : undefined;
  const live = jobs.filter((j) => ["waiting", "running"].includes(j.state));
  for (const job of jobs.filter((j) => !live.includes(j))) ended(job);
  const going = new Set(live.map((j) => j.id));
  const gone = [...rows.keys()].filter((id) => !going.has(id));
  for (const id of gone) drop(id);
  draw(live);
  if (gone.length) tell("reload");
  if (live.length) soon();
}

/** @param {Job} job */
function ended(job) {
  if (!mine().includes(job.id)) return;
  hush(job.id);
  const can = job.kind === "act" && job.state !== "failed" && job.done > 0;
  const what = job.state === "dropped" ? "Take back" : "Undo";
  const leftOut = /** @type {string[]} */ (job.result?.left_out ?? []);
  toast(job.words, {
    problem: job.state === "failed",
    ...(can && { act: what, of: job.act, run: () => takeBack(job.act) }),
    ...(leftOut.length && { act: "What was left out", run: () => showLeftOut(leftOut), seconds: 30 }),
  });
  tell("reload");
}

/** @param {string[]} rows */
function showLeftOut(rows) {
  const dialog = el(
    "dialog",
    { class: "wide", "aria-labelledby": "left-out" },
    el("h2", { id: "left-out", tabindex: "-1", autofocus: true }, "Left out, and why"),
    el(
      "ul",
      {},
      rows.map((words) => el("li", {}, words)),
    ),
    el("form", { method: "dialog" }, el("menu", {}, el("button", {}, "Close"))),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {string} id */
function drop(id) {
  rows.get(id)?.row.remove();
  rows.delete(id);
  find(document, "#work").hidden = !rows.size;
}

/** @param {Job[]} jobs */
function draw(jobs) {
  const box = find(document, "#work");
  for (const job of jobs) {
    const drawn = rows.get(job.id) ?? newRow(job);
    if (!rows.has(job.id)) box.append(drawn.row);
    rows.set(job.id, drawn);
    drawn.show(job);
  }
  box.hidden = !rows.size;
}

/** One line, changed in place so that the focus stays on its button. @param {Job} job */
function newRow(job) {
  const count = el("small", { class: "soft" });
  const bar = el("progress", { "aria-label": job.title });
  const stop = el("button", { type: "button", "aria-label": `Stop: ${job.title}`, onclick: () => end(job.id) }, "Stop");
  const row = el("div", {}, el("header", {}, el("strong", {}, job.title), count, stop), bar);
  const show = (/** @type {Job} */ now) => {
    count.textContent = now.total
      ? `${now.done.toLocaleString("en")} of ${now.total.toLocaleString("en")}`
      : "starting";
    if (now.total) Object.assign(bar, { max: now.total, value: now.done });
  };
  return { row, show };
}

/** @param {string} id */
async function end(id) {
  if (!mine().includes(id)) keep([...mine(), id]); // the person who stops it is told what was done
  await call("DELETE", `/jobs/${id}`).catch(complain);
  await look();
}
