// @ts-check
/** The sites of a collection: add, change and remove them. */
import { call } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { fill } from "../frame/form.js";
import { complain, question, toast } from "../frame/toast.js";
import { undoAct } from "../pictures/acts.js";

/** @typedef {{here: string, editor: boolean, redraw: () => Promise<void>}} Page */

/** Say what was done, with its undo. @param {Page} page @param {string} words @param {string} act */
export function done(page, words, act) {
  toast(words, { act: "Undo", of: act, run: () => undoAct(act).then(page.redraw).catch(complain) });
}

/** Add a site, or change one. @param {Page} page @param {Schemas["SiteOut"]} [site] @returns {Promise<string>} its id, "" if nobody sent it */
export async function editSite(page, site) {
  let id = "";
  const send = async (/** @type {Record<string, string>} */ said) => {
    const body = { ...said, uncertainty: said.uncertainty ? Number(said.uncertainty) : null };
    const made = site
      ? await call("PATCH", `${page.here}/sites/${site.id}`, body)
      : await call("POST", `${page.here}/sites`, body);
    id = made.id;
    done(page, site ? `${said.name} is changed` : `${said.name} is added`, made.act);
  };
  const sent = await fill(
    {
      title: site ? `Change ${site.name}` : "Add a site",
      ok: site ? "Change" : "Add",
      fields: [
        { name: "name", label: "Name", value: site?.name, required: true },
        {
          name: "latitude",
          label: "Latitude",
          value: site?.latitude,
          required: true,
          hint: "52.1234 or 52° 7' 24\" N",
        },
        { name: "longitude", label: "Longitude", value: site?.longitude, required: true },
        { name: "uncertainty", label: "Accuracy, ± metres", value: site?.uncertainty, type: "number" },
        { name: "habitat", label: "Habitat", value: site?.habitat },
      ],
    },
    send,
  );
  if (sent) await page.redraw();
  return id;
}

/** @param {Page} page @param {string} kind sites or deployments @param {any} place */
export async function removePlace(page, kind, place) {
  const sure = await question({
    title: `Remove ${place.name}?`,
    words: "You can undo this.",
    ok: "Remove",
    danger: true,
  });
  if (!sure) return;
  const gone = await call("DELETE", `${page.here}/${kind}/${place.id}`);
  done(page, `${place.name} is removed`, gone.act);
  await page.redraw();
}

/** A small button of a row. @param {string} name @param {any} of @param {() => Promise<any>} run */
export function small(name, of, run) {
  return el(
    "button",
    { type: "button", class: "quiet", "aria-label": `${name} ${of.name}`, onclick: () => run().catch(complain) },
    name,
  );
}

/** The most rows that are drawn at first. */
const FIRST = 300;

/**
 * Draw the rows of a table, only the first ones unless more are asked for.
 * @param {HTMLElement} body @param {any[]} all @param {(one: any) => HTMLElement} row
 */
export function drawRows(body, all, row) {
  const more = () =>
    el(
      "tr",
      {},
      el(
        "td",
        { colspan: 8 },
        el(
          "button",
          { type: "button", onclick: () => body.replaceChildren(...all.map(row)) },
          `Show all ${all.length.toLocaleString("en")}`,
        ),
      ),
    );
  body.replaceChildren(...all.slice(0, FIRST).map(row), ...(all.length > FIRST ? [more()] : []));
}

/** @param {Page} page @param {Schemas["SiteOut"][]} sites @param {HTMLElement} body of the table */
export function drawSites(page, sites, body) {
  const number = (/** @type {any} */ value) => el("td", { class: "number" }, value);
  drawRows(body, sites, (s) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, el("a", { href: `${page.here}?site=${s.id}` }, s.name)),
      number(s.latitude.toFixed(5)),
      number(s.longitude.toFixed(5)),
      number(s.uncertainty ?? ""),
      el("td", {}, s.habitat),
      number(s.images.toLocaleString("en")),
      number(s.deployments.toLocaleString("en")),
      el(
        "td",
        {},
        page.editor && [
          small("Edit", s, () => editSite(page, s)),
          small("Remove", s, () => removePlace(page, "sites", s)),
        ],
      ),
    ),
  );
}
