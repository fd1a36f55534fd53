// @ts-check
/** A deployment as the API takes it, and changing one. */
import { call } from "../frame/api.js";
import { watch } from "../pictures/work.js";

/** @typedef {import("./sites.js").Page} Page */

/** Return a deployment with the fields that the API accepts. @param {Schemas["DeploymentOut"]} d */
export function asBody(d) {
  const { name, site, camera, start, end, zone, shift, height, bait, comments, event_gap } = d;
  return { name, site, camera, start, end, zone, shift, height, bait, comments, event_gap };
}

/** Change a deployment; its pictures follow. @param {Page} page @param {Schemas["DeploymentOut"]} d @param {any} body @returns {Promise<string>} the act */
export async function changeDeployment(page, d, body) {
  const { act, job } = await call("PATCH", `${page.here}/deployments/${d.id}`, body);
  if (job) watch(job);
  return act;
}
