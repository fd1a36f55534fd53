// @ts-check
/** Every collection: its owners, what it holds, its storage limit, and its last drift check. */
import { call } from "../frame/api.js";
import { el, find, size, when } from "../frame/dom.js";
import { complain, question } from "../frame/toast.js";
import { room } from "./room.js";

/** @param {HTMLElement} main holds #holdings and #more-holdings */
export async function wireHoldings(main) {
  const more = find(main, "#more-holdings");
  let after = "";
  const draw = async () => {
    const page = await call("GET", `/admin/collections?after=${after}`);
    find(main, "#holdings").append(...page.collections.map((/** @type {Schemas["HoldingOut"]} */ c) => row(c, redraw)));
    after = page.next;
    more.hidden = !after;
  };
  const redraw = () => {
    after = "";
    find(main, "#holdings").replaceChildren();
    draw().catch(complain);
  };
  more.addEventListener("click", () => draw().catch(complain));
  await draw();
}

/**
 * Restore what a deleted account left in the trash; the administrator owns it then.
 * @param {Schemas["HoldingOut"]} c
 */
async function takeUp(c) {
  const words = `It has no members and is deleted when its time in the trash is over. You become its owner.`;
  if (await question({ title: `Restore “${c.name}”?`, words, ok: "Restore" }))
    await call("POST", `/admin/collections/${c.id}/restore`);
}

/** @param {Schemas["HoldingOut"]} c @param {() => void} redraw */
function row(c, redraw) {
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
    el(
      "td",
      {},
      c.abandoned &&
        el(
          "button",
          { type: "button", "aria-label": `Restore ${c.name}`, onclick: () => takeUp(c).then(redraw, complain) },
          "Restore",
        ),
    ),
    el("td", {}, c.verdict ? `${c.verdict}, ${when(c.checked_at)}` : "not checked"),
  );
}
