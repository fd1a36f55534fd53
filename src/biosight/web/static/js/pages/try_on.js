// @ts-check
/** A try-on: the labels that would change, as pictures, per pair; apply or drop. */

import { call } from "../frame/api.js";
import { counted, el, find, shown } from "../frame/dom.js";
import { goTo } from "../frame/events.js";
import { may } from "../frame/may.js";
import { complain, question, toast } from "../frame/toast.js";
import { verdict } from "../learning/gate.js";
import { follow, jobRow, live } from "../learning/jobs.js";
import { taught } from "../learning/taught.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  const { collection = "", job = "", model = "" } = main.dataset;
  const box = find(main, "#tried");
  const stop = new AbortController();
  const back = () => goTo(`/collections/${collection}/model`);
  /** @param {string} method @param {string} path @param {string} said @param {any} [body] */
  const end = async (method, path, said, body) => {
    try {
      await call(method, path, body);
      toast(said);
      back();
    } catch (error) {
      complain(error);
    }
  };
  /**
   * Apply a version; as for promoting it on its own page, a version found worse needs a reason.
   * @param {Schemas["VersionDetail"]} version
   */
  const apply = async (version) => {
    const worse = !version.serves && version.report?.verdict === "worse";
    const reason = worse
      ? await question({
          title: `Apply ${model}?`,
          words:
            "The comparison found this version worse. Give a reason for using it anyway; its history keeps the reason.",
          ok: "Apply",
          input: "Reason",
          value: "",
        })
      : "";
    if (reason !== null)
      await end("POST", `/jobs/${job}/apply`, `${model} names this collection's pictures from now on.`, { reason });
  };
  /** @param {import("../learning/jobs.js").Job} now */
  const draw = async (now) => {
    if (live(now)) return box.replaceChildren(el("ul", { class: "rows" }, jobRow(now, may(main, "change"), back)));
    if (now.state !== "done") return box.replaceChildren(el("p", {}, now.words));
    const [pairs, version] = await Promise.all([call("GET", `/jobs/${job}/pairs`), call("GET", `/models/${model}`)]);
    return box.replaceChildren(
      heading(now, model),
      judged(version),
      may(main, "change") &&
        el(
          "div",
          { class: "actions" },
          el("button", { type: "button", class: "primary", onclick: () => apply(version).catch(complain) }, "Apply"),
          el(
            "button",
            { type: "button", onclick: () => end("DELETE", `/jobs/${job}`, "Try-on discarded. No label has changed.") },
            "Discard",
          ),
        ),
      el("div", { class: "pairs" }, pairs.map(pairRow)),
    );
  };
  follow(job, (now) => draw(now).catch(complain), stop.signal).catch((error) => stop.signal.aborted || complain(error));
  return () => stop.abort();
}

/** @param {import("../learning/jobs.js").Job} job @param {string} model */
function heading(job, model) {
  /** @type {any} */
  const t = job.result;
  return el(
    "div",
    {},
    el("h2", {}, `With ${model}, ${t.changed.toLocaleString("en")} of ${counted(t.seen, "label")} would change`),
    t.verified
      ? el(
          "p",
          {},
          `People named ${counted(t.verified, "picture")}. How many get the same name or a finer one: ${t.named_before} with the current model, ${t.named_after} with the new model. How many get a name that does not contradict people: ${t.right_before} with the current model, ${t.right_after} with the new model. The new model may have learned from some of these pictures. Labels that people gave do not change.`,
        )
      : null,
    t.failed ? el("p", { class: "problem" }, `${counted(t.failed, "picture")} could not be read again.`) : null,
  );
}

/** What the gate says of the version, if it was asked. @param {Schemas["VersionDetail"]} version */
function judged(version) {
  const report = version.report;
  if (!report) return "";
  return el(
    "section",
    { class: "judged" },
    taught(report),
    el("h3", {}, "Compared with the model that it was made from"),
    verdict(report, " ", el("a", { href: `/models/${version.id}` }, `More about ${version.id}`)),
  );
}

/** @param {{before: string, after: string, count: number, images: string[]}} pair */
function pairRow(pair) {
  return el(
    "section",
    { class: pair.count > 2 ? "pair-row many" : "pair-row" },
    el(
      "h3",
      {},
      shown(pair.before),
      " → ",
      shown(pair.after),
      " ",
      el("span", { class: "soft" }, counted(pair.count, "picture")),
    ),
    el(
      "div",
      { class: "strip" },
      pair.images.map((id) =>
        el(
          "a",
          { href: `/images/${id}`, "aria-label": `A picture of ${shown(pair.before)}` },
          el("img", { src: `/api/v1/images/${id}/thumbnail`, alt: "", loading: "lazy" }),
        ),
      ),
      pair.count > pair.images.length &&
        el("span", { class: "soft more" }, `and ${pair.count - pair.images.length} more`),
    ),
  );
}
