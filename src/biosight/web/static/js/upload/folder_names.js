// @ts-check
/**
 * After the upload of a sorted folder, the names of its folders may become labels. Nothing is done
 * unasked.
 */
import { call } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { watch } from "../pictures/work.js";

/** @typedef {Schemas["FolderOut"]} Folder */

const WORDS = /** @type {Record<string, string>} */ ({
  known: "known name",
  new: "new name",
  date: "a date",
  nothing: "no name",
  other: "perhaps a place",
});

/**
 * Return the folders of one upload, if the name of at least one is a label.
 * @param {string} collection @param {string} session @returns {Promise<Folder[]>}
 */
export async function namedFolders(collection, session) {
  const found = await call("GET", `/collections/${collection}/folder-names?session=${encodeURIComponent(session)}`);
  return found.some((/** @type {Folder} */ f) => f.means === "known") ? found : [];
}

/** @param {Folder} folder */
function row(folder) {
  const tick = el("input", {
    type: "checkbox",
    checked: Boolean(folder.label),
    "aria-label": `The name of ${folder.folder} is a label`,
  });
  const name = el("input", {
    value: folder.label || folder.name,
    maxlength: 80,
    "aria-label": `Label for ${folder.folder}`,
  });
  const depth = folder.folder.split("/").length - 3;
  const line = el(
    "div",
    { class: "folder-name" },
    el("label", { class: "check" }, tick, ` ${folder.name}`),
    name,
    el("small", { class: "soft" }, `${WORDS[folder.means]} · ${folder.images.toLocaleString("en")}`),
  );
  line.style.setProperty("--depth", String(depth));
  const show = () => {
    name.disabled = !tick.checked;
  };
  tick.addEventListener("change", show);
  show();
  return { folder, tick, name, line };
}

/**
 * Ask which folder names are labels, and give them.
 * @param {string} collection @param {string} session @param {Folder[]} folders
 */
export function offerNames(collection, session, folders) {
  const rows = folders.map(row);
  const submit = el("button", { class: "primary" }, "Give these labels");
  const form = el(
    "form",
    {},
    el("h2", {}, "Are folder names labels?"),
    el(
      "p",
      { class: "soft" },
      "Each picture gets the label of the lowest ticked folder it lies in. Pictures that a person named stay as they are, and it can be undone in the history.",
    ),
    el(
      "div",
      { class: "folder-names" },
      rows.map((r) => r.line),
    ),
    el("menu", {}, el("button", { type: "button", onclick: () => dialog.close() }, "Skip"), submit),
  );
  const dialog = el("dialog", { class: "wide", "aria-label": "Are folder names labels?" }, form);
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    submit.disabled = true;
    const chosen = rows.filter((r) => r.tick.checked && r.name.value.trim());
    const labels = Object.fromEntries(chosen.map((r) => [r.folder.folder, r.name.value.trim()]));
    try {
      watch(await call("POST", `/collections/${collection}/folder-names`, { session, labels }));
      dialog.close();
    } catch (error) {
      complain(error);
      submit.disabled = false;
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
