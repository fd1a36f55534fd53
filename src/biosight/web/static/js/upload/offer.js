// @ts-check
/**
 * After the upload of a folder, each top folder, such as a memory card, may become a deployment.
 * Nothing is done unasked.
 */

import { call } from "../frame/api.js";
import { counted, el } from "../frame/dom.js";
import { tell } from "../frame/events.js";
import { complain, toast } from "../frame/toast.js";
import { act, undoAct } from "../pictures/acts.js";

/** @typedef {{value: string, name: string, images: number}} Top */

/** Folders that cameras make on their cards, such as DCIM and 100RECNX. */
export const OF_A_CARD = /^(dcim|misc|\d{3}(?=.*\D)\w{3,8})$/i;

/**
 * Return the top folders of one upload whose pictures are in no deployment.
 * @param {string} collection @param {string} session @returns {Promise<Top[]>}
 */
export async function topFolders(collection, session) {
  const query = new URLSearchParams([
    ["session", session],
    ["deployment", ""],
    ["of", "folders"],
  ]);
  const found = await call("GET", `/collections/${collection}/facets?${query}`);
  const inside = found.folders.filter((/** @type {Schemas["FacetOut"]} */ f) => f.value !== "/");
  // Somebody who picked one folder of folders means the folders in it.
  for (let path = "/"; ; ) {
    const tops = below(inside, path);
    if (path !== "/" && tops.every((t) => OF_A_CARD.test(t.name))) return [card(path, tops)];
    const only = tops.length === 1 && !inside.some((/** @type {Schemas["FacetOut"]} */ f) => f.value === tops[0].value);
    if (!only) return tops;
    path = tops[0].value;
  }
}

/** The card whose camera made these folders, called after the folder that holds them. @param {string} path @param {Top[]} tops @returns {Top} */
function card(path, tops) {
  const names = path.split("/").filter(Boolean);
  const name = names.filter((n) => !OF_A_CARD.test(n)).at(-1) ?? names[0];
  return { value: path, name, images: tops.reduce((sum, t) => sum + t.images, 0) };
}

/**
 * Return the folders just below a path, with the number of all pictures in them.
 * @param {{value: string, images: number}[]} folders @param {string} path @returns {Top[]}
 */
function below(folders, path) {
  /** @type {Map<string, Top>} */
  const found = new Map();
  for (const { value, images } of folders) {
    const name = value.slice(path.length).split("/")[0];
    const top = found.get(name) ?? { value: `${path}${name}/`, name, images: 0 };
    found.set(name, { ...top, images: top.images + images });
  }
  return [...found.values()];
}

/** Ask which folders become deployments, and at which site. @param {string} collection @param {string} session @param {Top[]} tops */
export async function offerDeployments(collection, session, tops) {
  const here = `/collections/${collection}`;
  const [sites, there] = await Promise.all([call("GET", `${here}/sites`), call("GET", `${here}/deployments`)]);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const rows = tops.map((top) => ({ top, ...row(top, sites) }));
  const submit = el("button", { class: "primary" }, "Make deployments");
  const form = el(
    "form",
    { class: "fields" },
    el("h2", {}, "One deployment for each folder"),
    el(
      "p",
      { class: "soft" },
      `A deployment is a camera at a site for some time. Its pictures get place, time zone (${zone}) and clock correction from it. You can change all of this on the Places page.`,
    ),
    rows.map((r) => r.line),
    el("menu", {}, el("button", { type: "button", onclick: () => dialog.close() }, "Skip"), submit),
  );
  const dialog = el("dialog", { class: "wide", "aria-label": "One deployment for each folder" }, form);
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      for (const r of rows.filter((x) => x.chosen.checked)) {
        const known = there.find((/** @type {Schemas["DeploymentOut"]} */ d) => d.name === r.name.value.trim());
        const id = known?.id ?? (await make(here, r, zone));
        const matching = { session, folder: r.top.value, deployment: [""] };
        const done = await act(collection, { kind: "deploy", deployment: id, matching });
        if (done.job) continue;
        const words = `${counted(done.changed.length, "picture")} put into ${r.name.value}`;
        toast(words, { act: "Undo", of: done.act, run: () => undoAct(done.act, words) });
      }
      dialog.close();
      tell("uploaded", collection);
    } catch (error) {
      complain(error);
      submit.disabled = false;
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {Top} top @param {Schemas["SiteOut"][]} sites */
function row(top, sites) {
  const chosen = el("input", { type: "checkbox", checked: true, "aria-label": `A deployment for ${top.name}` });
  const name = el("input", { value: top.name, "aria-label": `Name of the deployment for ${top.name}`, maxlength: 120 });
  const site = el(
    "select",
    { "aria-label": `Site of ${top.name}` },
    el("option", { value: "" }, "no site yet"),
    sites.map((s) => el("option", { value: s.id }, s.name)),
  );
  const line = el(
    "div",
    { class: "offer" },
    chosen,
    name,
    site,
    el("small", { class: "soft" }, counted(top.images, "picture")),
  );
  return { chosen, name, site, line };
}

/** @param {string} here @param {{name: any, site: any}} r @param {string} zone @returns {Promise<string>} the new deployment's id */
async function make(here, r, zone) {
  return (await call("POST", `${here}/deployments`, { name: r.name.value, site: r.site.value, zone })).id;
}
