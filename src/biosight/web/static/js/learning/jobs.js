// @ts-check
/** Long work: a line with the progress of each job, updated until it ends. */
import { call } from "../frame/api.js";
import { el, when } from "../frame/dom.js";
import { complain } from "../frame/toast.js";

/** @typedef {Schemas["JobOut"]} Job */

const LIVE = ["waiting", "running"];

/** @param {Job} job */
export function live(job) {
  return LIVE.includes(job.state);
}

/**
 * Ask for a job again and again until it ends.
 * @param {string} id @param {(job: Job) => void} seen @param {AbortSignal} signal
 */
export async function follow(id, seen, signal) {
  while (!signal.aborted) {
    const job = await call("GET", `/jobs/${id}`, undefined, { signal });
    seen(job);
    if (!live(job)) return;
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
}

/** Return the progress in words; after the last picture some work remains. @param {Job} job */
function far(job) {
  if (!job.total) return "starting";
  if (job.done >= job.total) return "all pictures read; calculating the result";
  return `${job.done.toLocaleString("en")} of ${job.total.toLocaleString("en")}`;
}

/** Draw the line of a job. @param {Job} job @param {boolean} editor @param {() => void} again */
export function jobRow(job, editor, again) {
  const stop = async () => {
    await call("DELETE", `/jobs/${job.id}`).catch(complain);
    again();
  };
  const look = job.kind === "try-on" && job.state === "done";
  return el(
    "li",
    { class: "job", "data-state": job.state },
    el(
      "span",
      {},
      el("strong", {}, `${job.title} ${job.model}`),
      " ",
      el("span", { class: "soft" }, when(job.created_at)),
    ),
    live(job)
      ? el(
          "span",
          { class: "going" },
          job.total > job.done ? el("progress", { max: job.total, value: job.done }) : el("progress", {}),
          el("span", { class: "soft" }, far(job)),
        )
      : el("span", {}, job.words),
    look &&
      el(
        "a",
        { class: "button primary", href: `/collections/${job.collection}/try-on/${job.id}` },
        "Look at the changes",
      ),
    job.kind === "teach" &&
      job.state === "done" &&
      job.result?.model &&
      el("a", { class: "button", href: `/models/${job.result.model}` }, "Look at what it learnt"),
    live(job) && editor && el("button", { type: "button", onclick: stop }, "Stop"),
  );
}
