// @ts-check
/** One model version: card, quality on left-out sources, the gate's report, history, and its state. */
import { API, call } from "../frame/api.js";
import { counted, el, find, when } from "../frame/dom.js";
import { complain, question, toast } from "../frame/toast.js";
import { coverage } from "../learning/coverage.js";
import { details, firstSentence } from "../learning/details.js";
import { gate } from "../learning/gate.js";
import { accuracy, calibration, confusion, recall, share } from "../learning/plots.js";

const MOST_CHIPS = 60;

/** @param {HTMLElement} main */
export async function mount(main) {
  const key = main.dataset.model ?? "";
  const box = find(main, "#version");
  const load = async () => {
    const v = await call("GET", `/models/${key}`);
    const [told, compared] = [card(v, load), v.report && gate(v.report)];
    const first = v.report?.new_labels?.length ? [compared, told] : [told, compared];
    box.replaceChildren(...[...first, ...(v.held ? held(v.held) : []), trail(v.events)].filter(Boolean));
  };
  await load();
}

/** @param {Schemas["VersionDetail"]} v @param {() => Promise<void>} again */
function card(v, again) {
  /** @type {Record<string, any>} */
  const c = v.card;
  return el(
    "section",
    {},
    el(
      "p",
      {},
      el("span", { class: "state" }, v.serves ? "serves" : v.state),
      v.held &&
        ` Right on ${share(v.held.accuracy)} of ${counted(v.held.pictures, "picture")} from sources it never saw.`,
      c.under && ` An expert for ${c.under} only; its weight in the answer: ${share(c.weight)}.`,
    ),
    v.serves && (v.detects ? looks() : !c.under && follows(v)),
    v.labels.length > MOST_CHIPS
      ? el("p", { class: "words" }, `It has ${v.labels.length.toLocaleString("en")} labels; the card lists them.`)
      : el(
          "ul",
          { class: "chips" },
          v.labels.map((/** @type {string} */ l) => el("li", {}, l)),
        ),
    v.may_change && acts(v, again),
    words("Trained on", firstSentence(c.trained_on)),
    c.weak_at.length
      ? [
          el("h2", { class: "minor" }, "Weak at"),
          el(
            "ul",
            {},
            c.weak_at.map((/** @type {string} */ w) => el("li", {}, w)),
          ),
        ]
      : null,
    words("Terms", c.terms),
    details(c),
    el(
      "p",
      { class: "actions" },
      el("a", { class: "button", href: `${API}/models/${v.id}/card.json`, download: true }, "Card"),
      el(
        "a",
        { class: "button", href: `${API}/models/${v.id}/files/${v.network}`, download: true },
        v.network.endsWith("onnx") ? "ONNX" : "TFLite",
      ),
      v.base && el("a", { class: "button", href: `${API}/models/${v.id}/files/head.npz`, download: true }, "Head"),
    ),
  );
}

/** @param {string} title @param {string} text */
function words(title, text) {
  return text ? [el("h2", { class: "minor" }, title), el("p", { class: "words" }, text)] : null;
}

/** Say what it means that a detector serves. */
const looks = () =>
  el("p", {}, "It looks at new pictures of camera traps and photographs, in every collection. Existing boxes stay.");

/** Say what it means for collections that a version serves. @param {Schemas["VersionDetail"]} v */
function follows(v) {
  const own = v.collection
    ? [
        el("a", { href: `/collections/${v.collection}/model` }, "Try it on in the collection that taught it"),
        " to use it there. ",
      ]
    : ["Try it on from a collection's Model page. "];
  return el(
    "p",
    {},
    `It names new pictures of every collection that chose ${v.name}${v.default ? ", or chose none" : ""}. `,
    own,
    "Until then, existing pictures keep their labels.",
  );
}

/** @param {Schemas["VersionDetail"]} v @param {() => Promise<void>} again */
function acts(v, again) {
  /** @param {string} verb @param {string} title @param {string} done */
  const button = (verb, title, done) =>
    el(
      "button",
      {
        type: "button",
        onclick: async () => {
          const worse =
            verb === "promote" && v.report?.verdict === "worse"
              ? "The comparison found it worse: give a reason for using it anyway. "
              : "";
          const reason = await question({
            title: `${title} ${v.id}?`,
            words: `${worse}The reason is kept in the history below.`,
            ok: title,
            input: "Reason",
            value: "",
          });
          if (reason === null) return;
          try {
            await call("POST", `/models/${v.id}/${verb}`, { reason });
            toast(done);
            await again();
          } catch (error) {
            complain(error);
          }
        },
      },
      title,
    );
  return el(
    "div",
    { class: "actions" },
    !v.serves && v.there && button("promote", "Promote", `${v.id} serves now.`),
    v.serves && v.before && button("roll-back", "Roll back", "The previous version serves again."),
    ((v.state === "candidate" && !(v.detects && v.bundled)) || ((v.under || v.detects) && v.serves && !v.bundled)) &&
      button("retire", "Retire", `${v.id} is retired.`),
  );
}

/** @param {import("../learning/plots.js").Quality} q */
function held(q) {
  return [
    el("section", {}, el("h2", {}, "On sources it never saw"), accuracy(q), recall(q)),
    el("section", {}, el("h2", {}, "How many can be accepted"), coverage(q, "left-out pictures", null)),
    el(
      "section",
      {},
      el("h2", {}, "Is its confidence reliable?"),
      calibration(q),
      el(
        "p",
        { class: "soft" },
        "Each dot stands for the same number of pictures. On the line, answers that are 80 % sure are right 8 times in 10.",
      ),
    ),
    el("section", {}, el("h2", {}, "Which labels it mixes up"), confusion(q)),
  ];
}

/** @param {Schemas["VersionEvent"][]} events */
function trail(events) {
  return el(
    "section",
    {},
    el("h2", {}, "History"),
    el(
      "ol",
      { class: "said" },
      events.map((e) =>
        el(
          "li",
          {},
          el("strong", {}, e.model),
          ` ${e.kind}${e.reason ? `: ${e.reason}` : ""}${e.by ? ` (${e.by})` : ""}`,
          el("br"),
          el("span", { class: "soft" }, when(e.at)),
        ),
      ),
    ),
  );
}
