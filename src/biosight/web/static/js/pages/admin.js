// @ts-check
/** People, invitations, disk and counts, for administrators. */
import { wireHoldings } from "../admin/holdings.js";
import { room } from "../admin/room.js";
import { wireWork } from "../admin/work.js";
import { call } from "../frame/api.js";
import { el, find, size, when } from "../frame/dom.js";
import { complain, question } from "../frame/toast.js";
import { showLink, wireInvitations } from "../settings/invitations.js";

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
    ...lines.map((/** @type {any} */ line) =>
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
    ["Room taken", size(o.picture_bytes)],
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

/** @param {HTMLElement} main */
async function drawUsers(main) {
  const users = [];
  for (let after = ""; ; ) {
    const page = await call("GET", `/admin/users?after=${after}`);
    users.push(...page.users);
    after = page.next;
    if (!after) break;
  }
  /** @param {any} u @param {Record<string, any>} change */
  const change = (u, change) =>
    call("PATCH", `/admin/users/${u.id}`, change)
      .catch(complain)
      .then(() => drawUsers(main));
  /** @param {any} u */
  const disable = async (u) => {
    const words = "Their sessions, links and invitations end, and work that they started stops.";
    const sure = u.disabled || (await question({ title: `Disable ${u.name}?`, words, ok: "Disable", danger: true }));
    if (sure) await change(u, { disabled: !u.disabled });
  };
  /** @param {any} u */
  const demote = async (u) => {
    const words = "Invitations to sign up that they made end.";
    const sure = await question({ title: `Make ${u.name} a member?`, words, ok: "Change the role" });
    await (sure ? change(u, { role: "member" }) : drawUsers(main));
  };
  /** @param {any} u */
  const adopt = async (u) => {
    const title = `Does the account of ${u.name} belong to ${u.email}?`;
    const words =
      "Nobody proved this address. Once you adopt the account, single sign-on leaves its password, tokens, links and members as they are.";
    if (await question({ title, words, ok: "Adopt the account" })) await change(u, { proved: true });
  };
  /** @param {any} u */
  const reset = async (u) => {
    try {
      const made = await call("POST", `/admin/users/${u.id}/reset-link`);
      showLink(
        main,
        made.path,
        `${made.mailed ? `A letter is on its way to ${u.email}. ` : ""}With this link ${u.name} sets a new password; it works for a day.`,
      );
    } catch (error) {
      complain(error);
    }
  };
  find(main, "#users").replaceChildren(
    ...users.map((u) => {
      const role = el(
        "select",
        { "aria-label": `Role of ${u.name}` },
        ["member", "admin"].map((r) => el("option", { value: r, selected: r === u.role }, r)),
      );
      role.addEventListener("change", () => (role.value === "member" ? demote(u) : change(u, { role: role.value })));
      return el(
        "tr",
        {},
        el("td", {}, u.name, u.disabled ? " (disabled)" : "", el("br"), el("small", { class: "soft" }, u.email)),
        el("td", {}, role),
        el("td", { class: "number" }, u.images.toLocaleString("en")),
        el("td", { class: "number" }, size(u.bytes)),
        el(
          "td",
          { class: "number" },
          room(u.name, u.quota_gb, (quota_gb) => change(u, { quota_gb })),
        ),
        el(
          "td",
          {},
          el(
            "div",
            { class: "inline" },
            el(
              "button",
              { type: "button", "aria-label": `Reset link for ${u.name}`, onclick: () => reset(u) },
              "Reset link",
            ),
            el(
              "button",
              {
                type: "button",
                "aria-label": `${u.disabled ? "Enable" : "Disable"} ${u.name}`,
                onclick: () => disable(u),
              },
              u.disabled ? "Enable" : "Disable",
            ),
            !u.proved &&
              el("button", { type: "button", "aria-label": `Adopt ${u.name}`, onclick: () => adopt(u) }, "Adopt"),
          ),
        ),
      );
    }),
  );
}
