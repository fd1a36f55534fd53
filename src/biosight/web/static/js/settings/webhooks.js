// @ts-check
/** Webhooks of a person: adding, trying out, removing, and what was sent to each. */
import { call } from "../frame/api.js";
import { counted, el, find, when } from "../frame/dom.js";
import { fill } from "../frame/form.js";
import { complain, question, toast } from "../frame/toast.js";
import { kindBoxes } from "./notice_kinds.js";

const ALL = "";

/** @typedef {import("../pages/notices.js").Notices} Notices */
/** @typedef {import("../pages/notices.js").Words} Words */

/** @param {HTMLElement} main @param {Words} words @param {() => Promise<void>} draw */
export async function addWebhook(main, words, draw) {
  await fill(
    {
      title: "Add a webhook",
      words: el("fieldset", {}, el("legend", {}, "It is told when"), kindBoxes(words, Object.keys(words.kinds))),
      ok: "Add",
      fields: [
        { name: "address", label: "Address", type: "url", required: true, hint: "Begins with https://" },
        {
          name: "collection",
          label: "Collection",
          value: ALL,
          options: [
            [ALL, "all of mine"],
            ...words.collections.map((c) => /** @type {[string, string]} */ ([c.id, c.name])),
          ],
        },
      ],
    },
    async ({ address, collection }, form) => {
      const made = await call("POST", "/me/webhooks", {
        address,
        collection,
        kinds: new FormData(form).getAll("kinds"),
      });
      const box = find(main, "#secret");
      box.hidden = false;
      box.replaceChildren(
        "The secret that signs its requests. Copy it now; it is not shown again.",
        el("code", {}, made.secret),
      );
    },
  );
  await draw();
}

/** @param {HTMLElement} main @param {Notices} now @param {Words} words @param {() => Promise<void>} draw */
export function drawWebhooks(main, now, words, draw) {
  find(main, "#webhooks").replaceChildren(...now.webhooks.map((hook) => hookRow(hook, words, draw)));
}

/** @param {Schemas["WebhookOut"]} hook @param {Words} words @param {() => Promise<void>} draw */
function hookRow(hook, words, draw) {
  const log = el("div", { class: "each" });
  const about = words.collections.find((c) => c.id === hook.collection)?.name ?? "all collections";
  const open = async () => log.replaceChildren(...(await deliveryRows(hook.id)));
  const test = async () => {
    await call("POST", `/me/webhooks/${hook.id}/test`);
    toast("A test is on its way.");
    await open();
    setTimeout(() => log.isConnected && open().catch(complain), 8000);
  };
  const remove = async () => {
    const title = "Remove this webhook?";
    if (!(await question({ title, words: hook.address, ok: "Remove", danger: true }))) return;
    await call("DELETE", `/me/webhooks/${hook.id}`);
    find(document, "#secret").hidden = true;
    toast("The webhook is removed.");
    await draw();
  };
  return el(
    "li",
    {},
    el(
      "span",
      { class: "each" },
      hook.address,
      el("br"),
      el("small", { class: "soft" }, `${about}: ${state(hook, words)}`),
    ),
    act("Send a test", hook, test),
    act("What was sent", hook, open),
    act("Remove", hook, remove),
    log,
  );
}

/** @param {string} name @param {Schemas["WebhookOut"]} hook @param {() => Promise<any>} run */
function act(name, hook, run) {
  return el(
    "button",
    { type: "button", "aria-label": `${name}: ${hook.address}`, onclick: () => run().catch(complain) },
    name,
  );
}

/** @param {Schemas["WebhookOut"]} hook @param {Words} words */
function state(hook, words) {
  if (hook.stopped_at)
    return `stopped ${when(hook.stopped_at)}: it did not answer, or wanted no more. A test that arrives starts it again.`;
  if (hook.failing_since) return `not answering since ${when(hook.failing_since)}`;
  return hook.kinds.map((kind) => words.kinds[kind]).join(" · ");
}

/** @param {string} webhook @returns {Promise<HTMLElement[]>} */
async function deliveryRows(webhook) {
  /** @type {Schemas["DeliveryOut"][]} */
  const found = await call("GET", `/me/webhooks/${webhook}/deliveries`);
  if (!found.length) return [el("p", { class: "soft" }, "Nothing was sent yet.")];
  const rows = found.map((d) =>
    el("tr", {}, el("td", {}, when(d.at)), el("td", {}, d.title), el("td", {}, outcome(d))),
  );
  const head = el(
    "tr",
    {},
    ["When", "What", "Outcome"].map((name) => el("th", { scope: "col" }, name)),
  );
  return [el("table", {}, el("thead", {}, head), el("tbody", {}, rows))];
}

/** @param {Schemas["DeliveryOut"]} d */
function outcome(d) {
  if (d.state !== "waiting") return d.said;
  return d.tries ? `${d.said} Tried ${counted(d.tries, "time")}; again ${when(d.due_at)}.` : "on its way";
}
