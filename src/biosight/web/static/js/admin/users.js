// @ts-check
/** The accounts of a server, for administrators. */
import { call } from "../frame/api.js";
import { el, find, size } from "../frame/dom.js";
import { complain, question } from "../frame/toast.js";
import { showLink } from "../settings/invitations.js";
import { room } from "./room.js";

/** @returns {Promise<any[]>} */
async function allUsers() {
  const users = [];
  for (let after = ""; ; ) {
    const page = await call("GET", `/admin/users?after=${after}`);
    users.push(...page.users);
    after = page.next;
    if (!after) return users;
  }
}

/** What an administrator can do to one account. */
class Account {
  /** @param {HTMLElement} main @param {Schemas["UserOut"]} u */
  constructor(main, u) {
    this.main = main;
    this.u = u;
  }

  /** @param {Record<string, any>} change */
  change(change) {
    return call("PATCH", `/admin/users/${this.u.id}`, change)
      .catch(complain)
      .then(() => drawUsers(this.main));
  }

  async disable() {
    const { u } = this;
    const words = "Their sessions, links and invitations end, and work that they started stops.";
    const sure = u.disabled || (await question({ title: `Disable ${u.name}?`, words, ok: "Disable", danger: true }));
    if (sure) await this.change({ disabled: !u.disabled });
  }

  async remove() {
    const { u } = this;
    const words = `Collections that they share go to another member. Their other collections go to the trash, where you can restore them. What they did in shared collections stays, as done by "somebody who left". The account of ${u.email} can't be brought back.`;
    if (!(await question({ title: `Remove ${u.name}?`, words, ok: "Remove the account", danger: true }))) return;
    await call("DELETE", `/admin/users/${u.id}`)
      .catch(complain)
      .then(() => drawUsers(this.main));
  }

  async demote() {
    const words = "The sign-up invitations that they made end.";
    const sure = await question({ title: `Make ${this.u.name} a member?`, words, ok: "Change the role" });
    await (sure ? this.change({ role: "member" }) : drawUsers(this.main));
  }

  async adopt() {
    const title = `Does the account of ${this.u.name} belong to ${this.u.email}?`;
    const words =
      "Nobody has proved this address. After you adopt the account, single sign-on no longer removes its password, tokens and links, and the members of its collections.";
    if (await question({ title, words, ok: "Adopt the account" })) await this.change({ proved: true });
  }

  async reset() {
    const { u } = this;
    try {
      const made = await call("POST", `/admin/users/${u.id}/reset-link`);
      const mailed = made.mailed ? `An email is on its way to ${u.email}. ` : "";
      const words = `With this link, ${u.name} can set a new password. It works for one day.`;
      showLink(this.main, made.path, mailed + words);
    } catch (error) {
      complain(error);
    }
  }

  role() {
    const { u } = this;
    const role = el(
      "select",
      { "aria-label": `Role of ${u.name}` },
      ["member", "admin"].map((r) => el("option", { value: r, selected: r === u.role }, r)),
    );
    role.addEventListener("change", () =>
      role.value === "member" ? this.demote() : this.change({ role: role.value }),
    );
    return role;
  }

  buttons() {
    const { u } = this;
    const button = (/** @type {string} */ words, /** @type {string} */ label, /** @type {() => any} */ onclick) =>
      el("button", { type: "button", "aria-label": label, onclick }, words);
    const able = u.disabled ? "Enable" : "Disable";
    return [
      button("Reset link", `Reset link for ${u.name}`, () => this.reset()),
      button(able, `${able} ${u.name}`, () => this.disable()),
      !u.proved && button("Adopt", `Adopt ${u.name}`, () => this.adopt()),
      this.main.dataset.me !== u.id && button("Remove", `Remove ${u.name}`, () => this.remove()),
    ];
  }

  row() {
    const { u } = this;
    const quota = room(u.name, u.quota_gb, (quota_gb) => this.change({ quota_gb }));
    return el(
      "tr",
      {},
      el("td", {}, u.name, u.disabled ? " (disabled)" : "", el("br"), el("small", { class: "soft" }, u.email)),
      el("td", {}, this.role()),
      el("td", { class: "number" }, u.images.toLocaleString("en")),
      el("td", { class: "number" }, size(u.bytes)),
      el("td", { class: "number" }, quota),
      el("td", {}, el("div", { class: "inline" }, this.buttons())),
    );
  }
}

/** @param {HTMLElement} main */
export async function drawUsers(main) {
  const users = await allUsers();
  find(main, "#users").replaceChildren(...users.map((u) => new Account(main, u).row()));
}
