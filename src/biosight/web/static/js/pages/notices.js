// @ts-check
/** What a person is told: mails of all collections or of single ones, and webhooks. */
import { call } from "../frame/api.js";
import { el, fields, find } from "../frame/dom.js";
import { complain, toast } from "../frame/toast.js";
import { kindBoxes } from "../settings/notice_kinds.js";
import { addWebhook, drawWebhooks } from "../settings/webhooks.js";

const ALL = "";
/** @type {[string, string][]} */
const RHYTHMS = [
  ["none", "none"],
  ["daily", "one a day"],
  ["at once", "at once"],
];

/** @typedef {Schemas["NoticesOut"]} Notices */
/** @typedef {{kinds: Record<string, string>, collections: {id: string, name: string}[]}} Words */

/** @param {HTMLElement} main */
export async function mount(main) {
  /** @type {Words} */
  const words = { kinds: {}, collections: [] };
  const draw = async () => {
    const [now, collections] = await Promise.all([call("GET", "/me/notices"), call("GET", "/collections")]);
    Object.assign(words, { kinds: now.kinds, collections });
    find(main, "#no-mail").hidden = now.mail_works;
    find(main, "#choices").hidden = !now.mail_works;
    drawChoices(main, now, words, draw);
    drawWebhooks(main, now, words, draw);
  };
  const drawn = draw();
  find(main, "#add-webhook").addEventListener("click", () =>
    drawn.then(() => addWebhook(main, words, draw)).catch(complain),
  );
  await drawn;
}

/** @param {HTMLElement} main @param {Notices} now @param {Words} words @param {() => Promise<void>} draw */
function drawChoices(main, now, words, draw) {
  const said = (/** @type {string} */ id) => now.choices.find((c) => c.collection === id);
  const single = words.collections.filter((c) => said(c.id)?.mail);
  const others = words.collections.filter((c) => !said(c.id)?.mail);
  const kinds = Object.keys(words.kinds);
  const all = said(ALL) ?? { collection: ALL, mail: "none", kinds };
  find(main, "#choices").replaceChildren(
    choiceForm("All collections", all, words, draw),
    ...single.map((c) => choiceForm(c.name, /** @type {any} */ (said(c.id)), words, draw)),
    others.length ? anotherWay(others, all, draw) : "",
  );
}

/**
 * @param {{id: string, name: string}[]} others @param {Schemas["NoticeChoiceOut"]} all
 * @param {() => Promise<void>} draw
 */
function anotherWay(others, all, draw) {
  const form = el(
    "form",
    { class: "inline-form" },
    el(
      "label",
      {},
      "Another way in one collection ",
      el(
        "select",
        { name: "collection" },
        others.map((c) => el("option", { value: c.id }, c.name)),
      ),
    ),
    el("button", {}, "Choose"),
  );
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    save({ ...all, collection: fields(form).collection, mail: "daily" })
      .then(draw)
      .catch(complain);
  });
  return form;
}

let saved = Promise.resolve();

/** Save one choice after the other: the last one counts. @param {Schemas["NoticeChoiceIn"]} choice */
function save(choice) {
  saved = saved.catch(() => {}).then(() => call("PUT", "/me/notices", choice));
  return saved.then(() => toast("Saved.", { topic: "notices" }));
}

/** @param {string} title @param {Schemas["NoticeChoiceOut"]} said @param {Words} words @param {() => Promise<void>} draw */
function choiceForm(title, said, words, draw) {
  /** @type {[string, string][]} */
  const rhythms = said.collection ? [["", "as in all collections"], ...RHYTHMS] : RHYTHMS;
  const about = el("fieldset", {}, el("legend", { class: "soft" }, "about"), kindBoxes(words, said.kinds));
  const form = el(
    "form",
    {},
    el("h3", {}, title),
    el(
      "label",
      {},
      "Mails ",
      el(
        "select",
        { name: "mail" },
        rhythms.map(([value, name]) => el("option", { value, selected: value === said.mail }, name)),
      ),
    ),
    about,
  );
  about.hidden = said.mail === "none";
  form.addEventListener("change", () => {
    const data = new FormData(form);
    const mail = /** @type {any} */ (data.get("mail"));
    about.hidden = mail === "none";
    const kinds = data.getAll("kinds").map(String);
    save({ collection: said.collection, mail, kinds })
      .then(mail ? undefined : draw)
      .catch(complain);
  });
  return form;
}
