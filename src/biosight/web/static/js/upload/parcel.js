// @ts-check
/**
 * A zip or a table that is imported as a whole: sent with progress, looked into, and imported by a
 * job once the person has seen what it would bring.
 */
import { API, ApiError, call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { watch } from "../pictures/work.js";

const SHOWN = 12;
const KINDS = /\.(zip|csv|tsv|json|txt|gz)$/i;

/** Return whether a file is imported as a whole rather than as a picture. @param {string} name */
export const isParcel = (name) => KINDS.test(name);

/**
 * Send a file, and show how far it is.
 * @param {string} path @param {File} file @param {(share: number) => void} show @param {AbortSignal} signal
 * @returns {Promise<Schemas["ParcelOut"]>}
 */
function send(path, file, show, signal) {
  const form = new FormData();
  form.append("file", file, file.name);
  // fetch can't say how much of a body was sent.
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open("POST", API + path);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => show(event.loaded / event.total));
    request.addEventListener("load", () => {
      const { status, response } = request;
      if (status === 201) resolve(response);
      else reject(new ApiError(status, response?.error ?? "error", response?.detail ?? "That did not work."));
    });
    request.addEventListener("error", () => reject(new ApiError(0, "offline", "BioSight can't be reached just now.")));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** @param {string} words @param {Record<string, number>} names */
function nameList(words, names) {
  const all = Object.entries(names);
  if (!all.length) return null;
  const rows = all
    .slice(0, SHOWN)
    .map(([name, n]) => el("li", {}, name, el("small", { class: "soft" }, ` ${n.toLocaleString("en")}`)));
  const more =
    all.length > SHOWN ? el("li", { class: "soft" }, `and ${(all.length - SHOWN).toLocaleString("en")} more`) : null;
  return [el("h3", {}, `${counted(all.length, words)}`), el("ul", { class: "names-seen" }, rows, more)];
}

/** @param {Schemas["ParcelOut"]} seen */
function leftOut(seen) {
  if (!seen.left_out_count) return null;
  const more = seen.left_out_count - seen.left_out.length;
  return el(
    "details",
    {},
    el("summary", {}, `${counted(seen.left_out_count, "row or file", "rows and files")} would be left out: why`),
    el(
      "ul",
      {},
      seen.left_out.map((words) => el("li", {}, words)),
      more > 0 && el("li", { class: "soft" }, `and ${more.toLocaleString("en")} more`),
    ),
  );
}

/** Folders whose names are labels, with the choice to give them. @param {Schemas["ParcelOut"]} seen */
function folderChoice(seen) {
  const named = seen.folders.filter((f) => f.label);
  if (!named.length) return { box: null, chosen: () => false };
  const tick = el("input", { type: "checkbox", name: "folders" });
  const shown = named.slice(0, SHOWN).map((f) => `${f.name}${f.label === f.name ? "" : ` (${f.label})`}`);
  const more = named.length > SHOWN ? ` and ${named.length - SHOWN} more` : "";
  const words = ` Folder names are labels: ${shown.join(", ")}${more}`;
  return { box: el("label", { class: "check" }, tick, words), chosen: () => tick.checked };
}

/** @param {HTMLElement} dialog @param {string} collection @param {File} file @param {Schemas["ParcelOut"]} seen */
function preview(dialog, collection, file, seen) {
  const folders = folderChoice(seen);
  const submit = el("button", { class: "primary" }, "Import");
  const form = el(
    "form",
    { class: "parcel" },
    el("h2", {}, `Import ${file.name}?`),
    el(
      "p",
      { class: "soft" },
      `Read as ${seen.program}. What a person named here stays; labels, counts and places can be undone in the history.`,
    ),
    el(
      "ul",
      { class: "seen-lines" },
      seen.lines.length ? seen.lines.map((l) => el("li", {}, l)) : el("li", {}, "Nothing of it is new here."),
    ),
    nameList("known name", seen.known),
    nameList("new name", seen.new),
    folders.box,
    leftOut(seen),
    el("menu", {}, el("button", { type: "button", onclick: () => close(dialog) }, "Cancel"), submit),
  );
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      const wanted = { name: file.name.slice(-255), folders: folders.chosen() };
      watch(await call("POST", `/collections/${collection}/parcels/${seen.parcel}`, wanted));
      close(dialog);
    } catch (error) {
      complain(error);
      submit.disabled = false;
    }
  });
  dialog.replaceChildren(form);
  submit.focus();
}

/** @param {HTMLElement} dialog */
function close(dialog) {
  /** @type {HTMLDialogElement} */ (dialog).close();
}

/** Give the focus back to where it was, or to the menu that holds it. @param {Element | null} before */
function goBackTo(before) {
  const menu = before?.closest("details")?.querySelector("summary");
  const main = /** @type {HTMLElement} */ (find(document, "#main"));
  const shown = before instanceof HTMLElement && before !== document.body && before.checkVisibility();
  (shown ? before : (menu ?? main)).focus();
}

/** Send a file, show what it would bring, and import it if the person wants that. @param {string} collection @param {File} file */
export async function importParcel(collection, file) {
  const stop = new AbortController();
  const before = document.activeElement;
  const bar = el("progress", { max: 1, value: 0, "aria-label": "Sending the file" });
  const words = el("p", { class: "soft", role: "status" }, "Sending …");
  const dialog = el(
    "dialog",
    { class: "wide", "aria-label": `Import ${file.name}` },
    el("h2", {}, file.name),
    words,
    bar,
    el("menu", {}, el("button", { type: "button", onclick: () => close(dialog) }, "Cancel")),
  );
  dialog.addEventListener("close", () => {
    stop.abort();
    dialog.remove();
    goBackTo(before);
  });
  document.body.append(dialog);
  dialog.showModal();
  const show = (/** @type {number} */ share) => {
    bar.value = share;
    if (share < 1) return;
    words.textContent = "Looking into it …";
    bar.removeAttribute("value");
  };
  try {
    preview(dialog, collection, file, await send(`/collections/${collection}/parcels`, file, show, stop.signal));
  } catch (error) {
    close(dialog);
    throw error;
  }
}
