// @ts-check
/** A try-on: the labels that would change, as pictures, per pair; apply or drop. */
import { call } from "../api.js";
import { counted, el, find, shown } from "../dom.js";
import { follow, jobRow, live } from "../jobs.js";
import { complain, toast } from "../toast.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  const { collection = "", job = "", role, model = "" } = main.dataset;
  const box = find(main, "#tried");
  const stop = new AbortController();
  const back = () => document.dispatchEvent(new CustomEvent("biosight:go", { detail: `/collections/${collection}/model` }));
  /** @param {string} method @param {string} path @param {string} said */
  const end = async (method, path, said) => {
    try {
      await call(method, path);
      toast(said);
      back();
    } catch (error) {
      complain(error);
    }
  };
  /** @param {import("../jobs.js").Job} now */
  const draw = async (now) => {
    if (live(now)) return box.replaceChildren(el("ul", { class: "rows" }, jobRow(now, role !== "viewer", back)));
    if (now.state !== "done") return box.replaceChildren(el("p", {}, now.words));
    const pairs = await call("GET", `/jobs/${job}/pairs`);
    return box.replaceChildren(heading(now, model), role !== "viewer" && el("div", { class: "actions" },
      el("button", { type: "button", class: "primary", onclick: () => end("POST", `/jobs/${job}/apply`, `${model} names this collection's pictures from now on.`) }, "Apply"),
      el("button", { type: "button", onclick: () => end("DELETE", `/jobs/${job}`, "Dropped; nothing has changed.") }, "Drop")),
      el("div", { class: "pairs" }, pairs.map(pairRow)));
  };
  follow(job, (now) => draw(now).catch(complain), stop.signal).catch((error) => stop.signal.aborted || complain(error));
  return () => stop.abort();
}

/** @param {import("../jobs.js").Job} job @param {string} model */
function heading(job, model) {
  const t = job.result;
  return el("div", {}, el("h2", {}, `With ${model}, ${t.changed.toLocaleString("en")} of ${counted(t.seen, "label")} would change`),
    t.verified ? el("p", {}, `Of ${counted(t.verified, "picture")} that people named, the model until now is right on ${t.right_before}, this one on ${t.right_after}. Some of these may have taught it. They keep their names.`) : null,
    t.failed ? el("p", { class: "problem" }, `${counted(t.failed, "picture")} could not be read again.`) : null);
}

/** @param {{before: string, after: string, count: number, images: string[]}} pair */
function pairRow(pair) {
  return el("section", { class: pair.count > 2 ? "pair-row many" : "pair-row" },
    el("h3", {}, shown(pair.before), " → ", shown(pair.after), " ", el("span", { class: "soft" }, counted(pair.count, "picture"))),
    el("div", { class: "strip" }, pair.images.map((id) => el("a", { href: `/images/${id}` },
      el("img", { src: `/api/v1/images/${id}/thumbnail`, alt: "", loading: "lazy" }))),
      pair.count > pair.images.length && el("span", { class: "soft more" }, `and ${pair.count - pair.images.length} more`)));
}
