// @ts-check
/** Every collection: whose it is, what it holds, how much room it has, how its last check went. */
import { call } from "../frame/api.js";
import { el, find, size, when } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { room } from "./room.js";

/** @param {HTMLElement} main holds #holdings and #more-holdings */
export async function wireHoldings(main) {
  const more = find(main, "#more-holdings");
  let after = "";
  const draw = async () => {
    const page = await call("GET", `/admin/collections?after=${after}`);
    find(main, "#holdings").append(...page.collections.map(row));
    after = page.next;
    more.hidden = !after;
  };
  more.addEventListener("click", () => draw().catch(complain));
  await draw();
}

/** @param {any} c */
function row(c) {
  const set = (/** @type {number} */ quota_gb) =>
    call("PUT", `/admin/collections/${c.id}/quota`, { quota_gb }).catch(complain);
  return el(
    "tr",
    {},
    el("td", {}, c.name, c.trashed ? " (in the trash)" : ""),
    el("td", {}, c.owners.join(", ")),
    el("td", { class: "number" }, c.images.toLocaleString("en")),
    el("td", { class: "number" }, size(c.bytes)),
    el("td", { class: "number" }, room(c.name, c.quota_gb, set)),
    el("td", {}, c.verdict ? `${c.verdict}, ${when(c.checked_at)}` : "not checked"),
  );
}
