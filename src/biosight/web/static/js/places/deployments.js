// @ts-check
/** The deployments of a collection: add, change, remove, or import them from a table. */
import { call } from "../frame/api.js";
import { counted, el, minute, several } from "../frame/dom.js";
import { fill } from "../frame/form.js";
import { question, toast } from "../frame/toast.js";
import { placeNextIn } from "../grid/placing.js";
import { watch } from "../pictures/work.js";
import { setClock } from "./clock.js";
import { asBody, changeDeployment, offAsText, offOfText } from "./deployment_changes.js";
import { done, drawRows, editSite, removePlace, small } from "./sites.js";

/** @typedef {import("./sites.js").Page} Page */

/** Remember which deployment the next pictures are placed in. @param {Schemas["DeploymentOut"]} d */
function choosePicturesFor(d) {
  placeNextIn(d.id);
  toast(`Select the pictures of ${d.name}, then press Place.`, { seconds: 15, topic: "place" });
}

const BAIT = /** @type {[string, string][]} */ ([
  ["", "not stated"],
  ["true", "yes"],
  ["false", "no"],
]);

/** The choice of a site that is not there yet: it is asked for when the deployment is sent. */
const NEW = "new";

/** Return the site that a new deployment is most likely at: the only one without any. @param {Schemas["SiteOut"][]} sites */
function siteInMind(sites) {
  const free = sites.filter((s) => !s.deployments);
  return free.length === 1 ? free[0].id : "";
}

/** Add a deployment, or change one. @param {Page} page @param {Schemas["SiteOut"][]} sites @param {Schemas["DeploymentOut"]} [d] */
export async function editDeployment(page, sites, d) {
  const zone = d ? d.zone : Intl.DateTimeFormat().resolvedOptions().timeZone;
  const send = async (/** @type {Record<string, string>} */ given) => {
    const site = given.site === NEW ? await editSite(page) : given.site;
    if (given.site === NEW && !site) throw new Error("No site was added; choose one, or none yet.");
    /** @type {Record<string, string>} */
    const said = { ...given, site };
    const height = said.height ? Number(said.height) : null;
    const bait = said.bait ? said.bait === "true" : null;
    const event_gap = said.event_gap ? Number(said.event_gap) : null;
    const off = offOfText(said.off);
    const body = { ...(d ? asBody(d) : { shift: 0, comments: "" }), ...said, height, bait, event_gap, off };
    const act = d ? await changeDeployment(page, d, body) : (await call("POST", `${page.here}/deployments`, body)).act;
    done(
      page,
      d
        ? `${said.name} is changed`
        : `${said.name} is added. Now say which pictures are its own: “Choose pictures” in its row.`,
      act,
    );
  };
  const sent = await fill(
    {
      title: d ? `Change ${d.name}` : "Add a deployment",
      words: "A camera at a site for some time. A walk with a phone is also a deployment.",
      ok: d ? "Change" : "Add",
      fields: [
        { name: "name", label: "Name", value: d?.name, required: true },
        {
          name: "site",
          label: "Site",
          value: d ? d.site : siteInMind(sites),
          options: [
            ["", "none yet"],
            [NEW, "a new site …"],
            ...sites.map((s) => /** @type {[string, string]} */ ([s.id, s.name])),
          ],
        },
        { name: "camera", label: "Camera", value: d?.camera, hint: "its number or name" },
        { name: "start", label: "From", value: d?.start, type: "datetime-local" },
        { name: "end", label: "To", value: d?.end, type: "datetime-local", hint: "if empty, taken from the pictures" },
        { name: "zone", label: "Time zone", value: zone, hint: "such as Europe/Berlin" },
        { name: "height", label: "Height of the camera, metres", value: d?.height, type: "number" },
        { name: "bait", label: "Bait", value: d?.bait ?? "", options: BAIT },
        {
          name: "event_gap",
          label: "Longest gap within an event, seconds",
          value: d?.event_gap ?? "",
          type: "number",
          hint: "leave empty for the collection’s",
        },
        {
          name: "off",
          label: "When the camera did not work",
          value: d ? offAsText(d.off) : "",
          type: "lines",
          hint: d?.silence
            ? `There is no picture between ${d.silence.join(" and ")}.`
            : "a line each: the day it stopped and the day it worked again, such as 2026-05-03 to 2026-05-17",
        },
      ],
    },
    send,
  );
  if (sent) await page.redraw();
}

/**
 * Import a CSV of deployments, after a question that says what it would do.
 * @param {Page} page @param {File} file
 */
export async function takeTable(page, file) {
  const form = () => {
    const made = new FormData();
    made.append("file", file);
    return made;
  };
  const seen = await call("POST", `${page.here}/deployments/table/preview`, form());
  const doubts = seen.doubtful
    ? ` ${counted(seen.doubtful, "row")} can't be read: ${seen.doubts.slice(0, 3).join(" ")}${seen.doubtful > 3 ? " …" : ""}`
    : "";
  const many = seen.sites + seen.deployments + seen.changes;
  if (!many) return toast(`Nothing in it is new; ${seen.known} known already.${doubts}`, { seconds: 12 });
  const sure = await question({
    title: `Import ${file.name}?`,
    words: `${several([
      [seen.deployments, "new deployment"],
      [seen.sites, "new site"],
      [seen.changes, "change"],
      [seen.known, "known row"],
    ])}.${doubts}`,
    ok: "Import",
  });
  if (!sure) return;
  const taken = await call("POST", `${page.here}/deployments/table`, form());
  if (taken.job) watch(taken.job);
  done(page, `${file.name} is imported`, taken.act);
  await page.redraw();
}

/** @param {string} from @param {string} to */
const span = (from, to) => (from ? `${minute(from)} – ${minute(to)}` : "");

/** @param {Page} page @param {Schemas["DeploymentOut"][]} deployments @param {Schemas["SiteOut"][]} sites @param {HTMLElement} body of the table */
export function drawDeployments(page, deployments, sites, body) {
  const named = new Map(sites.map((s) => [s.id, s.name]));
  drawRows(body, deployments, (d) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, el("a", { href: `${page.here}?deployment=${d.id}` }, d.name)),
      el("td", {}, named.get(d.site) ?? el("span", { class: "state unsure" }, "no site")),
      el("td", {}, d.camera),
      el("td", {}, span(d.first || d.start, d.last || d.end)),
      el("td", {}, d.zone || el("span", { class: "soft" }, "no zone")),
      el("td", {}, d.shift_words),
      el(
        "td",
        { class: "number" },
        d.images || !page.editor
          ? d.images.toLocaleString("en")
          : el("a", { href: page.here, onclick: () => choosePicturesFor(d) }, "Choose pictures"),
      ),
      el(
        "td",
        {},
        page.editor && [
          small("Edit", d, () => editDeployment(page, sites, d)),
          small("Clock", d, () => setClock(page, d)),
          small("Remove", d, () => removePlace(page, "deployments", d)),
        ],
      ),
    ),
  );
}
