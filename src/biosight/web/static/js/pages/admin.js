// @ts-check
/** People, invitations, disk and counts, for administrators. */
import { wireHoldings } from "../admin/holdings.js";
import { drawUsers } from "../admin/users.js";
import { wireWork } from "../admin/work.js";
import { call } from "../frame/api.js";
import { el, find, size, when } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { wireInvitations } from "../settings/invitations.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  find(main, "#earlier").addEventListener("click", () => drawLog(main).catch(complain));
  await Promise.all([
    drawOverview(main),
    wireWork(main),
    wireHoldings(main),
    drawUsers(main),
    wireInvitations(main, "/admin/invitations"),
    drawLog(main),
  ]);
}

const LINES = 50;

/** The next page of the log, below what is there. @param {HTMLElement} main */
async function drawLog(main) {
  const body = find(main, "#log");
  const last = body.lastElementChild;
  const before = last instanceof HTMLElement && last.dataset.at ? `&before=${last.dataset.at}` : "";
  const lines = await call("GET", `/admin/log?limit=${LINES}${before}`);
  body.append(
    ...lines.map((/** @type {Schemas["LineOut"]} */ line) =>
      el(
        "tr",
        { "data-at": line.at },
        el("td", { class: "when" }, when(line.at)),
        el("td", {}, line.who),
        el("td", {}, [line.kind, line.detail].filter(Boolean).join(": ")),
        el("td", {}, line.about),
        el("td", {}, line.address),
      ),
    ),
  );
  find(main, "#earlier").hidden = lines.length < LINES;
}

/** @param {HTMLElement} main */
async function drawOverview(main) {
  const [o, v] = await Promise.all([call("GET", "/admin/overview"), call("GET", "/admin/versions")]);
  const rows = [
    ["People", o.users.toLocaleString("en")],
    ["Collections", o.collections.toLocaleString("en")],
    ["Pictures", o.images.toLocaleString("en")],
    ["In the trash", o.trashed.toLocaleString("en")],
    ["Storage used", size(o.picture_bytes)],
    ["Disk free", size(o.free_bytes)],
  ];
  const backup = v.last_backup
    ? `The last backup was written on ${when(v.last_backup)}.`
    : "No backup was ever written.";
  find(main, "#versions").textContent =
    `BioSight ${v.biosight} with ${v.database} and ${v.pictures}. ${backup} Serving: ${v.models.join(", ")}.`;
  const halted = find(main, "#halted");
  halted.hidden = !v.halted_files;
  halted.textContent =
    `${v.halted_files.toLocaleString("en")} files in the picture store belong to no picture of this database. ` +
    "Nothing was removed. Check that BioSight uses the right database, then run biosight doctor --repair.";
  find(main, "#overview").replaceChildren(...rows.map(([k, v]) => el("div", {}, el("dt", {}, k), el("dd", {}, v))));
}
