// @ts-check
/** The bar that appears with a selection: acts on these pictures, or on all that match. */
import { API } from "../frame/api.js";
import { counted, el } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { chooseCollection } from "../pictures/collections.js";
import { chooseLabel } from "../pictures/relabel.js";
import { chooseCount, chooseDate, choosePlace } from "./placing.js";

/**
 * @param {HTMLElement} bar @param {DOMStringMap} data
 * @param {{count: number, total: number, all: boolean, trash: boolean, editor: boolean,
 *   act: (body: Record<string, any>) => Promise<boolean | null>, ids: () => Promise<string[]>, selectMatching: () => void, clear: () => void}} now
 */
export function drawSelected(bar, data, now) {
  bar.hidden = now.count === 0;
  if (bar.hidden) return;
  const collection = data.collection ?? "";
  /** @param {Record<string, any>} body */
  const run = async (body) => {
    if (await now.act(body)) now.clear();
  };
  const button = (/** @type {string} */ name, /** @type {() => void} */ onclick, title = "") =>
    el("button", { type: "button", onclick, title }, name);
  const words = now.all ? `All ${counted(now.total, "picture")} that match` : counted(now.count, "picture");
  const offer = !now.all && now.total > now.count && now.editor;
  bar.replaceChildren(
    ...[
      el("strong", {}, words),
      offer && button(`Select all ${now.total.toLocaleString("en")} that match`, now.selectMatching),
      now.editor && !now.trash && button("Confirm", () => run({ kind: "confirm" }), "A"),
      now.editor &&
        !now.trash &&
        button(
          "Relabel",
          async () => {
            const label = await chooseLabel(data, `Label for ${words.toLowerCase()}`);
            if (label) run({ kind: "relabel", label });
          },
          "R",
        ),
      now.editor && !now.trash && button("Undecided", () => run({ kind: "undecided" }), "U"),
      now.editor && !now.trash && button("Place", () => choosePlace(collection, run).catch(complain)),
      now.editor && !now.trash && button("Date", () => chooseDate(run)),
      now.editor && !now.trash && button("Count", () => chooseCount(run)),
      now.editor && !now.trash && moveMenu(collection, run),
      !now.all && button("Zip", () => now.ids().then((ids) => zip(collection, ids), complain)),
      now.editor &&
        (now.trash
          ? button("Restore", () => run({ kind: "restore" }))
          : button("Trash", () => run({ kind: "trash" }), "Del")),
      button("Clear", now.clear, "Esc"),
    ].filter(Boolean),
  );
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

/** A form, so that the browser streams the download to disk. @param {string} collection @param {string[]} ids */
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
