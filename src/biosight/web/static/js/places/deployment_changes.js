// @ts-check
/** A deployment as the API takes it, and changing one. */
import { call } from "../frame/api.js";
import { watch } from "../pictures/work.js";

/** @typedef {import("./sites.js").Page} Page */

/** Return a deployment with the fields that the API accepts. @param {Schemas["DeploymentOut"]} d */
export function asBody(d) {
  const { name, site, camera, start, end, zone, shift, height, bait, comments, event_gap, off } = d;
  return { name, site, camera, start, end, zone, shift, height, bait, comments, event_gap, off };
}

/** Return days off as people read and write them: two days a line. @param {[string, string][]} off */
export const offAsText = (off) => off.map((pair) => pair.join(" to ")).join("\n");

/** Return the days off of a text. @param {string} text @returns {string[][]} */
export function offOfText(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  return lines.map((line) => {
    const days = line.match(/\d{4}-\d\d-\d\d/g) ?? [];
    if (days.length !== 2) throw new Error(`“${line.trim()}” are not two days: write 2026-05-03 to 2026-05-17.`);
    return days;
  });
}

/** Change a deployment; its pictures follow. @param {Page} page @param {Schemas["DeploymentOut"]} d @param {any} body @returns {Promise<string>} the act */
export async function changeDeployment(page, d, body) {
  const { act, job } = await call("PATCH", `${page.here}/deployments/${d.id}`, body);
  if (job) watch(job);
  return act;
}
