// @ts-check
/** What was done in a collection, with undo. */

import { call } from "../frame/api.js";
import { counted, el, find, when } from "../frame/dom.js";
import { listen } from "../frame/events.js";
import { complain } from "../frame/toast.js";
import { line, together } from "../pictures/act_lines.js";

const PAGE = 50;

/** @param {HTMLElement} main */
export async function mount(main) {
  const list = find(main, "#acts");
  const older = find(main, "#older");
  const stop = new AbortController();
  let before = 0;

  /** @param {boolean} fresh */
  const load = async (fresh) => {
    if (fresh) before = 0;
    const acts = await call("GET", `/collections/${main.dataset.collection}/acts?limit=${PAGE}&before=${before}`);
    if (fresh) list.replaceChildren();
    list.append(...together(acts).map(line));
    before = acts.at(-1)?.at ?? before;
    older.hidden = acts.length < PAGE;
    if (!list.children.length)
      list.append(
        el("li", { class: "soft" }, "Nothing was done here yet. This page lists every change, and you can undo it."),
      );
  };
  older.addEventListener("click", () => load(false).catch(complain));
  listen("reload", () => load(true).catch(complain), { signal: stop.signal });
  await Promise.all([load(true), drawOthers(main)]);
  return () => stop.abort();
}

/** List what is no act: classifying by another model, and uploads. @param {HTMLElement} main */
async function drawOthers(main) {
  const here = `/collections/${main.dataset.collection}`;
  const [jobs, uploads] = await Promise.all([call("GET", `${here}/jobs`), call("GET", `${here}/uploads`)]);
  const classified = jobs.filter((/** @type {Schemas["JobOut"]} */ j) => j.kind === "reclassify" && j.state === "done");
  /** @param {string} id @param {any[]} rows */
  const put = (id, rows) => {
    const box = find(main, id);
    box.hidden = !rows.length;
    find(box, "ol").replaceChildren(...rows);
  };
  put(
    "#models",
    classified.map((/** @type {Schemas["JobOut"]} */ j) =>
      el(
        "li",
        {},
        el("strong", {}, `By ${j.model}`),
        el("span", { class: "grow" }, j.words),
        el("small", { class: "soft" }, when(j.finished_at)),
      ),
    ),
  );
  put(
    "#uploads",
    uploads.map((/** @type {Schemas["ArrivalOut"]} */ u) =>
      el(
        "li",
        {},
        el("a", { href: `${here}?session=${u.session}` }, counted(u.images, "picture")),
        el("span", { class: "grow soft" }, `by ${u.by}, ${when(u.at)}`),
      ),
    ),
  );
}
