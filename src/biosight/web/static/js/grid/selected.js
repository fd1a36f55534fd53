// @ts-check
/** The bar that appears with a selection: acts on these pictures, or on all that match. */
import { API } from "../frame/api.js";
import { counted, el } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { asAct, namingButtons, thingChoice } from "../pictures/answering.js";
import { chooseCollection } from "../pictures/collections.js";
import { chooseCount } from "../pictures/counting.js";
import { chooseDate, choosePlace } from "./placing.js";

/** @param {string} name @param {() => any} onclick @param {string} [title] */
const button = (name, onclick, title = "") => el("button", { type: "button", onclick, title }, name);

/**
 * @param {HTMLElement} bar @param {DOMStringMap} data
 * @param {{count: number, total: number, all: boolean, trash: boolean, editor: boolean,
 *   act: (body: Record<string, any>) => Promise<boolean | null>, ids: () => Promise<string[]>, selectMatching: () => void, clear: () => void}} now
 */
export function drawSelected(bar, data, now) {
  bar.hidden = now.count === 0;
  if (bar.hidden) return;
  /** @param {Record<string, any>} body */
  const run = async (body) => {
    if (await now.act(body)) now.clear();
  };
  const words = now.all ? `All ${counted(now.total, "picture")} that match` : counted(now.count, "picture");
  const offer = !now.all && now.total > now.count && now.editor;
  const question = () => `Label for ${words.toLowerCase()}`;
  bar.replaceChildren(
    ...[
      el("strong", {}, words),
      button("Clear", now.clear, "Esc"),
      offer && button(`Select all ${now.total.toLocaleString("en")} that match`, now.selectMatching),
      ...(now.editor && !now.trash ? changes(data, run, question) : []),
      !now.all && button("Zip", () => now.ids().then((ids) => zip(data.collection ?? "", ids), complain)),
      now.editor &&
        (now.trash
          ? button("Restore", () => run({ kind: "restore" }))
          : button("Trash", () => run({ kind: "trash" }), "Del")),
    ].filter(Boolean),
  );
}

/**
 * Return the buttons for what an editor can do to pictures outside the trash.
 * @param {DOMStringMap} data @param {(body: Record<string, any>) => any} run @param {() => string} question
 */
function changes(data, run, question) {
  const collection = data.collection ?? "";
  /** @type {import("../pictures/answering.js").Asked} */
  const asked = { data, question, give: (answer) => run(asAct(answer)) };
  return [
    button("Confirm", () => asked.give({ confirm: true }), "A"),
    ...namingButtons(asked),
    thingChoice(asked),
    button("Place", () => choosePlace(collection, run).catch(complain)),
    button("Date", () => chooseDate(run)),
    button("Count", () => chooseCount(run)),
    moveMenu(collection, run),
  ];
}

/** @param {string} collection @param {(body: Record<string, any>) => void} run */
function moveMenu(collection, run) {
  const open = async (/** @type {string} */ kind) => {
    const target = await chooseCollection(collection, kind === "move" ? "Move to" : "Copy to");
    if (target) run({ kind, target });
  };
  return el(
    "span",
    { class: "inline" },
    el("button", { type: "button", onclick: () => open("move") }, "Move"),
    el("button", { type: "button", onclick: () => open("copy") }, "Copy"),
  );
}

/**
 * Send a form, so that the browser streams the download to disk.
 * @param {string} collection @param {string[]} ids
 */
function zip(collection, ids) {
  const form = el(
    "form",
    { method: "post", action: `${API}/collections/${collection}/zip`, hidden: true },
    el("input", { name: "images", value: JSON.stringify(ids) }),
  );
  document.body.append(form);
  form.submit();
  form.remove();
}
