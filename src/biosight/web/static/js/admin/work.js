// @ts-check
/** Everybody's long work: what waits, runs or has failed, and its log; stop it or try it again. */
import { call } from "../frame/api.js";
import { counted, el, find, when } from "../frame/dom.js";
import { complain, toast } from "../frame/toast.js";

const EVERY = 5000;

/** @param {HTMLElement} main holds #long-work, #workers, #more-work and #job-log */
export async function wireWork(main) {
  const more = find(main, "#more-work");
  let earlier = false;
  let next = "";
  const add = async () => {
    const page = await call("GET", `/admin/work?before=${next}`);
    find(main, "#long-work").append(...page.work.map((/** @type {Schemas["WorkOut"]} */ w) => row(main, w, draw)));
    next = page.next;
    more.hidden = !next;
  };
  const draw = async () => {
    const [page, workers] = await Promise.all([call("GET", "/admin/work"), call("GET", "/admin/workers")]);
    const body = find(main, "#long-work");
    const focused = body.contains(document.activeElement) ? document.activeElement?.getAttribute("aria-label") : "";
    body.replaceChildren(...page.work.map((/** @type {Schemas["WorkOut"]} */ w) => row(main, w, draw)));
    if (focused) [...body.querySelectorAll("button")].find((b) => b.getAttribute("aria-label") === focused)?.focus();
    if (!page.work.length) body.append(el("tr", {}, el("td", { colspan: 6, class: "soft" }, "No long work yet.")));
    find(main, "#workers").textContent = told(workers);
    next = page.next;
    more.hidden = !next;
  };
  more.addEventListener("click", () => {
    earlier = true; // rows that somebody asked for stay on the page
    add().catch(complain);
  });
  await draw();
  setInterval(() => !earlier && !document.hidden && draw().catch(() => {}), EVERY);
}

/** Say in one sentence which workers run. @param {Schemas["WorkerOut"][]} workers */
function told(workers) {
  if (!workers.length) return "No worker is running. The server starts one when needed, or run biosight worker.";
  const busy = workers.filter((w) => w.busy).length;
  const hosts = [...new Set(workers.map((w) => w.host))].join(", ");
  return `${counted(workers.length, "worker runs", "workers run")} on ${hosts}, ${busy || "none"} busy.`;
}

/** Return the progress in words. @param {Schemas["WorkOut"]} w */
function state(w) {
  if (w.state === "running" && w.total) return `running, ${Math.floor((100 * w.done) / w.total)} %`;
  if (w.state === "waiting") return `waiting for ${Math.round(w.waited)} s`;
  return [w.state, w.words].filter(Boolean).join(": ");
}

/** @param {HTMLElement} main @param {Schemas["WorkOut"]} w @param {() => Promise<void>} draw */
function row(main, w, draw) {
  /** @param {string} verb @param {string} said */
  const ask = async (verb, said) => {
    try {
      await call("POST", `/admin/work/${w.id}/${verb}`);
      toast(said);
      await draw();
    } catch (error) {
      complain(error);
    }
  };
  const button = (/** @type {string} */ words, /** @type {() => void} */ onclick) =>
    el("button", { type: "button", "aria-label": `${words}: ${w.title}, ${when(w.created_at)}`, onclick }, words);
  const live = w.state === "waiting" || w.state === "running";
  return el(
    "tr",
    {},
    el("td", { class: "when" }, when(w.created_at)),
    el("td", {}, w.title),
    el("td", {}, w.collection),
    el("td", {}, w.by),
    el("td", { class: w.state === "failed" ? "bad" : "" }, state(w)),
    el(
      "td",
      {},
      el(
        "div",
        { class: "inline" },
        button("Log", () => showLog(main, w.id)),
        w.state === "failed" && button("Retry", () => ask("retry", "It waits for a worker")),
        live && button("Stop", () => ask("stop", "It stops")),
      ),
    ),
  );
}

/** @param {HTMLElement} main @param {string} id */
async function showLog(main, id) {
  const box = /** @type {HTMLDialogElement} */ (find(main, "#job-log"));
  try {
    const { lines } = await call("GET", `/admin/work/${id}/log`);
    find(box, "pre").textContent = lines.join("\n") || "Nothing is logged yet. The log is saved when the work ends.";
    box.showModal();
  } catch (error) {
    complain(error);
  }
}
