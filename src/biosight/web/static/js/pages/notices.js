// @ts-check
/** What a person is told: mails of all collections or of single ones, and webhooks. */
import { call } from "../frame/api.js";
import { el, find } from "../frame/dom.js";
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
  const box = find(main, "#choices");
  box.replaceChildren(
    choiceForm(
      "All collections",
      said(ALL) ?? { collection: ALL, mail: "none", kinds: Object.keys(words.kinds) },
      words,
      draw,
    ),
    ...single.map((c) => choiceForm(c.name, /** @type {any} */ (said(c.id)), words, draw)),
    others.length
      ? el(
          "label",
          {},
          "Another way in one collection ",
          el(
            "select",
            { onchange: (/** @type {any} */ event) => begin(event.target.value, said(ALL), words, draw) },
            el("option", { value: "" }, "choose …"),
            others.map((c) => el("option", { value: c.id }, c.name)),
          ),
        )
      : "",
  );
}

/** @param {string} id @param {Schemas["NoticeChoiceOut"] | undefined} all @param {Words} words @param {() => Promise<void>} draw */
function begin(id, all, words, draw) {
  if (id) save({ collection: id, mail: "daily", kinds: all?.kinds ?? Object.keys(words.kinds) }, draw);
}

/** @param {Schemas["NoticeChoiceIn"]} choice @param {() => Promise<void>} draw */
function save(choice, draw) {
  call("PUT", "/me/notices", choice)
    .then(() => toast("Saved.", { topic: "notices" }))
    .then(draw)
    .catch(complain);
}

/** @param {string} title @param {Schemas["NoticeChoiceOut"]} said @param {Words} words @param {() => Promise<void>} draw */
function choiceForm(title, said, words, draw) {
  /** @type {[string, string][]} */
  const rhythms = said.collection ? [["", "as in all collections"], ...RHYTHMS] : RHYTHMS;
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
    el(
      "fieldset",
      { disabled: said.mail === "none" },
      el("legend", { class: "soft" }, "about"),
      kindBoxes(words, said.kinds),
    ),
  );
  form.addEventListener("change", () => {
    const data = new FormData(form);
    const kinds = said.mail === "none" ? said.kinds : data.getAll("kinds");
    save(/** @type {any} */ ({ collection: said.collection, mail: data.get("mail"), kinds }), draw);
  });
  return form;
}
