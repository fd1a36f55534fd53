// @ts-check
/**
 * After an upload, the names of its folders and the keywords in its files may become labels. Nothing
 * is done unasked.
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
});

/** @typedef {Schemas["BroughtNames"]} Brought */

/** Return whether one of these names is known. @param {Folder[]} names */
const anyKnown = (names) => names.some((n) => n.means === "known");

/**
 * Return the names that the pictures of one upload bring: folders or keywords of which none is known
 * are left out.
 * @param {string} collection @param {string} session @returns {Promise<Brought>}
 */
export async function broughtNames(collection, session) {
  const found = await call("GET", `/collections/${collection}/brought-names?session=${encodeURIComponent(session)}`);
  return {
    folders: anyKnown(found.folders) ? found.folders : [],
    keywords: anyKnown(found.keywords) ? found.keywords : [],
  };
}

/** Return what may be a label, in words; "" where nothing may. @param {Brought} found */
export function broughtWords({ folders, keywords }) {
  if (folders.length && keywords.length) return "Use folder names and keywords as labels …";
  if (folders.length) return "Use folder names as labels …";
  return keywords.length ? "Use keywords as labels …" : "";
}

/** @param {Folder} folder @param {string} other what a name is perhaps that is no known one */
function row(folder, other) {
  const unticked = folder.means === "other" ? other : WORDS[folder.means];
  const tick = el("input", {
    type: "checkbox",
    checked: Boolean(folder.label),
    "aria-label": `Use ${folder.folder} as a label`,
  });
  const name = el("input", {
    value: folder.label || folder.name,
    maxlength: 80,
    "aria-label": `Label for ${folder.folder}`,
  });
  const means = el("small", { class: "soft" });
  const depth = folder.folder.split("/").length - 3;
  const line = el(
    "div",
    { class: "folder-name" },
    el("label", { class: "check" }, tick, ` ${folder.name}`),
    name,
    means,
  );
  line.style.setProperty("--depth", String(depth));
  const show = () => {
    name.disabled = !tick.checked;
    const word = tick.checked && folder.means !== "known" ? "new name" : unticked;
    means.textContent = `${word} · ${folder.images.toLocaleString("en")}`;
  };
  tick.addEventListener("change", show);
  show();
  return { folder, tick, name, line };
}

/** Return what gives a picture its label, in words. @param {number} folders @param {number} keywords */
function givers(folders, keywords) {
  const lowest = "the lowest ticked folder it lies in";
  if (folders && keywords) return `${lowest}, else that of its ticked keywords`;
  return folders ? lowest : "its ticked keywords";
}

/** @param {string} title @param {ReturnType<typeof row>[]} rows */
function part(title, rows) {
  if (!rows.length) return null;
  return [
    el("h3", {}, title),
    el(
      "div",
      { class: "folder-names" },
      rows.map((r) => r.line),
    ),
  ];
}

/** @param {ReturnType<typeof row>[]} rows @returns {Record<string, string>} */
function labelsIn(rows) {
  const chosen = rows.filter((r) => r.tick.checked && r.name.value.trim());
  return Object.fromEntries(chosen.map((r) => [r.folder.folder, r.name.value.trim()]));
}

/**
 * Ask which names are labels, and give them.
 * @param {string} collection @param {string} session @param {Brought} found @param {() => void} given
 */
export function offerNames(collection, session, found, given) {
  const folders = found.folders.map((f) => row(f, "perhaps a place"));
  const keywords = found.keywords.map((f) => row(f, "another word"));
  const submit = el("button", { class: "primary" }, "Give these labels");
  const title = keywords.length ? "Use these names as labels?" : "Use folder names as labels?";
  const form = el(
    "form",
    {},
    el("h2", {}, title),
    el(
      "p",
      { class: "soft" },
      `Each picture gets the label of ${givers(folders.length, keywords.length)}. Pictures that a person named stay as they are, and it can be undone in the history.`,
    ),
    part("Folders", folders),
    part("Keywords", keywords),
    el("menu", {}, el("button", { type: "button", onclick: () => dialog.close() }, "Skip"), submit),
  );
  const dialog = el("dialog", { class: "wide", "aria-label": title }, form);
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    submit.disabled = true;
    const chosen = { session, folders: labelsIn(folders), keywords: labelsIn(keywords) };
    try {
      watch(await call("POST", `/collections/${collection}/brought-names`, chosen));
      given();
      dialog.close();
    } catch (error) {
      complain(error);
      submit.disabled = false;
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  [...folders, ...keywords][0]?.tick.focus();
}
