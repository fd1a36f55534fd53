// @ts-check
/** A collection's model: which it is, how well it does here, trying others on, teaching labels. */

import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { may } from "../frame/may.js";
import { complain, toast } from "../frame/toast.js";
import { coverage } from "../learning/coverage.js";
import { jobRow, live } from "../learning/jobs.js";
import { accuracy, confusion } from "../learning/plots.js";
import { teachForm } from "../learning/teach.js";
import { moveName } from "../settings/names.js";

const ENOUGH = 100;

/** @param {HTMLElement} main */
export async function mount(main) {
  const { collection = "", serving = "" } = main.dataset;
  const editor = may(main, "change");
  const stop = new AbortController();
  const [versions, audit, own, found] = await Promise.all([
    call("GET", "/models"),
    call("GET", `/collections/${collection}/audit`),
    call("GET", `/models/${serving}`),
    call("GET", `/collections/${collection}`),
  ]);
  const drawJobs = async () => {
    const jobs = await call("GET", `/collections/${collection}/jobs`);
    const box = find(main, "#jobs");
    box.replaceChildren(
      jobs.length
        ? el(
            "ul",
            { class: "rows", "aria-label": "Long work" },
            jobs.slice(0, 4).map((/** @type {Schemas["JobOut"]} */ j) => jobRow(j, editor, watch)),
          )
        : "",
    );
    return jobs.some(live);
  };
  const watch = async () => {
    try {
      let was = await drawJobs();
      while (was && !stop.signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, 700));
        was = await drawJobs();
        if (!was) drawChoice(await call("GET", "/models"));
      }
    } catch (error) {
      if (!stop.signal.aborted) complain(error);
    }
  };
  /** @param {string} path @param {any} body */
  const ask = async (path, body) => {
    try {
      await call("POST", `/collections/${collection}/${path}`, body);
      scrollTo(0, 0);
      await watch();
    } catch (error) {
      complain(error);
    }
  };
  /** @param {Schemas["VersionOut"][]} all */
  const drawChoice = (all) =>
    find(main, "#choice").replaceChildren(...choice(all, found, serving, editor, (model) => ask("try-on", { model })));
  /** @param {number} threshold */
  const use = async (threshold) => {
    try {
      await call("PATCH", `/collections/${collection}`, { threshold });
      toast(`Labels below ${threshold} % are now marked as unsure.`);
    } catch (error) {
      complain(error);
    }
  };
  drawChoice(versions);
  find(main, "#audit").replaceChildren(...audited(audit, own.held, editor ? use : null));
  const drawTeach = async () => {
    const counts = await call("GET", `/collections/${collection}/labels`);
    /** @param {string} label */
    const place = (label) => moveName(main, `/collections/${collection}`, label, drawTeach).catch(complain);
    const form = editor ? teachForm(main.dataset, counts, (body) => ask("teach", body), place) : [];
    find(main, "#teach").replaceChildren(...form);
  };
  await drawTeach();
  watch();
  return () => stop.abort();
}

/**
 * @param {Schemas["VersionOut"][]} versions
 * @param {Schemas["CollectionOut"]} collection
 * @param {string} serving
 * @param {boolean} editor
 * @param {(model: string) => void} tryOn
 */
function choice(versions, collection, serving, editor, tryOn) {
  const fitting = versions.filter(
    (v) =>
      ["", collection.id].includes(v.collection) &&
      v.state !== "retired" &&
      v.there &&
      v.id !== serving &&
      !v.under &&
      !v.detects,
  );
  return [
    el("h2", {}, "Model"),
    el("p", {}, "Model for new pictures: ", el("a", { href: `/models/${serving}` }, el("strong", {}, serving))),
    collection.answerable.length ? listed(collection, editor, () => tryOn(serving)) : null,
    fitting.length ? el("h3", {}, "Other models to try on") : null,
    el(
      "ul",
      { class: "rows" },
      fitting.map((v) =>
        el(
          "li",
          {},
          el(
            "span",
            {},
            el("a", { href: `/models/${v.id}` }, v.id),
            " ",
            el("span", { class: "soft" }, `${counted(v.labels.length, "label")}${v.serves ? "" : `, ${v.state}`}`),
          ),
          editor && el("button", { type: "button", onclick: () => tryOn(v.id) }, "Try on"),
        ),
      ),
    ),
    el(
      "p",
      { class: "soft" },
      "A try-on shows which labels would change. Nothing changes until you apply it, and labels that people gave always stay.",
    ),
  ].filter(Boolean);
}

/**
 * Say that only names of a list are answered.
 * @param {Schemas["CollectionOut"]} collection @param {boolean} editor @param {() => void} tryOn
 */
function listed(collection, editor, tryOn) {
  const names = counted(collection.answerable.length, "name");
  return el(
    "p",
    { class: "actions" },
    el(
      "span",
      {},
      "It answers only with ",
      el("a", { href: `/collections/${collection.id}/settings/names#answerable` }, `the ${names} of your list`),
      ".",
    ),
    editor && el("button", { type: "button", onclick: tryOn }, "Try the list on"),
  );
}

/** @param {Schemas["AuditOut"]} audit @param {any} held @param {((t: number) => void) | null} use */
function audited(audit, held, use) {
  const q = audit.quality;
  const enough = q && q.pictures >= ENOUGH;
  const parts = [el("h2", {}, "How often the model is right here")];
  if (q) parts.push(accuracy(q), confusion(q));
  if (!enough) {
    parts.push(
      el(
        "p",
        { class: "soft" },
        q
          ? `Measured on ${counted(q.pictures, "picture")} from the random half of review. With ${ENOUGH} or more, the curve below shows your own pictures.`
          : "There are no figures yet. Review some pictures. Only the half of review that is drawn at random measures how often the model is right.",
      ),
    );
  }
  const curve = enough ? q : held;
  if (curve)
    parts.push(
      el("h3", {}, "Choose a threshold"),
      coverage(curve, enough ? "pictures of this collection" : "pictures from sources that the model never saw", use),
    );
  return parts;
}
