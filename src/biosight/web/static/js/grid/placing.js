// @ts-check
/** Where and when, for a selection: a deployment or site, and a date. */

import { call } from "../frame/api.js";
import { goTo } from "../frame/events.js";
import { fill } from "../frame/form.js";
import { question } from "../frame/toast.js";

/** @typedef {(body: Record<string, any>) => void} Run */

/** Where the next pictures are placed, if somebody has said so. */
const MEANT = "biosight:place";

/** Let a deployment be chosen already when somebody places pictures next. @param {string} id */
export const placeNextIn = (id) => sessionStorage.setItem(MEANT, `deployment ${id}`);

/**
 * Put pictures into a deployment or at a site, or take them out.
 * @param {string} collection @param {Run} run
 */
export async function choosePlace(collection, run) {
  const here = `/collections/${collection}`;
  const [deployments, sites] = await Promise.all([call("GET", `${here}/deployments`), call("GET", `${here}/sites`)]);
  if (!deployments.length && !sites.length) {
    const words = "Add one on the Places page: where a camera stood, and from when to when.";
    const go = await question({ title: "There is no place yet", words, ok: "To Places" });
    if (go) goTo(`${here}/places`);
    return;
  }
  const options = /** @type {[string, string][]} */ ([
    ...deployments.map((/** @type {Schemas["DeploymentOut"]} */ d) => [`deployment ${d.id}`, d.name]),
    ...sites.map((/** @type {Schemas["SiteOut"]} */ s) => [`site ${s.id}`, `${s.name}, without a deployment`]),
    ["", "none: remove their place"],
  ]);
  const words = "A deployment also gives them its site, time zone and clock correction.";
  const meant = sessionStorage.getItem(MEANT) ?? undefined;
  const value = options.some(([v]) => v === meant) ? meant : undefined;
  const fields = [{ name: "place", label: "Place", options, value }];
  await fill({ title: "Where they were taken", words, ok: "Place", fields }, async (said) => {
    const [kind, id] = said.place.split(" ");
    sessionStorage.removeItem(MEANT);
    run({ kind: "deploy", ...(kind && { [kind]: id }) });
  });
}

/** @param {Run} run */
export async function chooseDate(run) {
  const words =
    "For pictures whose file has no date or a wrong one. Leave it empty to use the file's own date again. Correct a wrong clock on the Places page.";
  const fields = [
    { name: "day", label: "Day", type: "date" },
    { name: "time", label: "Time", type: "time", hint: "leave empty to give only the day" },
  ];
  await fill({ title: "When they were taken", words, ok: "Date", fields }, async ({ day, time }) => {
    run({ kind: "date", when: day && time ? `${day}T${time}` : day });
  });
}
