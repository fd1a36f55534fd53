// @ts-check
/** The bar's buttons that don't filter: tile sizes and adding files. */
import { API } from "../frame/api.js";
import { el, find } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { wireCamera } from "../upload/camera.js";
import { picked } from "../upload/drop.js";
import { wireExamples, wireRemoval } from "../upload/examples.js";
import { importParcel } from "../upload/parcel.js";
import { brokenOff, giveUp, PULSE } from "../upload/session.js";
import { add, busy } from "../upload/upload.js";
import { asQuery } from "./filters.js";
import { framed, framingChoice } from "./framing.js";
import { wirePublish } from "./publish.js";

const SIZE = "biosight:size";

/** @param {HTMLElement} main @param {HTMLElement} grid */
export function wireSizes(main, grid) {
  const buttons = [...main.querySelectorAll("[data-size]")].filter((b) => b instanceof HTMLButtonElement);
  /** @param {string} size */
  const set = (size) => {
    grid.dataset.size = size;
    localStorage.setItem(SIZE, size);
    for (const b of buttons)
      b.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (b).dataset.size === size));
  };
  for (const b of buttons) b.addEventListener("click", () => set(/** @type {HTMLElement} */ (b).dataset.size ?? "m"));
  set(localStorage.getItem(SIZE) ?? "m");
  find(main, "#framing").replaceWith(framingChoice("square", () => grid));
  grid.dataset.framing = framed();
}

const NESTED = "biosight:nested-zip";

/**
 * Wire the downloads of what is shown, as zip and table; nested folders are remembered.
 * @param {HTMLElement} main @param {string} collection @param {Record<string, any>} filter
 */
export function wireDownloads(main, collection, filter) {
  const { sort: _, ...rest } = filter;
  const nested = find(main, "#nested");
  const placeless = find(main, "#placeless");
  wirePublish(main, collection);
  nested.checked = localStorage.getItem(NESTED) !== null;
  const point = () => {
    const query = asQuery({ ...rest, nested: nested.checked });
    const zipped = asQuery({ ...rest, nested: nested.checked, placeless: placeless.checked });
    find(main, "#zip").href = `${API}/collections/${collection}/zip${zipped}`;
    find(main, "#csv").href = `${API}/collections/${collection}/csv${query}`;
  };
  placeless.onchange = () => point();
  nested.onchange = () => {
    if (nested.checked) localStorage.setItem(NESTED, "yes");
    else localStorage.removeItem(NESTED);
    point();
  };
  point();
}

/**
 * Wire the switch between events as stacks and single pictures; stacks are in order of time.
 * @param {HTMLElement} main @param {Record<string, any>} filter @param {(change: Record<string, any>) => void} set
 */
export function wireStacks(main, filter, set) {
  const button = find(main, "#stacked");
  button.setAttribute("aria-pressed", String(filter.stacked === "true"));
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    if (on) find(main, "#sort").value = "taken";
    set(on ? { stacked: "true", sort: "taken" } : { stacked: "" });
  });
}

/**
 * Open the folders beside the pictures; on a narrow screen, close them above the pictures.
 * @param {HTMLElement} main
 */
export function wireFold(main) {
  const open = !matchMedia("(max-width: 860px)").matches;
  for (const fold of ["#folder-fold", "#source-fold"]) find(main, fold).open = open;
}

/**
 * Say how far an upload got before a reload or a crash ended it.
 * @param {HTMLElement} main @param {string} collection
 */
function drawBrokenOff(main, collection) {
  const was = busy() ? null : brokenOff(collection);
  const notice = find(main, "#broken-off");
  notice.hidden = !was;
  if (!was) return;
  const forget = () => {
    giveUp(collection);
    notice.hidden = true;
  };
  const words = `Your upload stopped at ${was.there.toLocaleString("en")} of ${was.total.toLocaleString("en")}. Drop the folder again to continue: pictures that are already here are not sent again.`;
  notice.replaceChildren(
    el("span", { class: "grow" }, words),
    el("button", { type: "button", onclick: forget }, "Leave it"),
  );
}

/** @param {HTMLElement} main @param {string} collection @param {number} maxMb */
export function wireUploads(main, collection, maxMb) {
  drawBrokenOff(main, collection);
  wireCamera(main, collection);
  wireExamples(main);
  wireRemoval(main, collection);
  // A crashed tab is recognised because it reports nothing more.
  setTimeout(() => main.isConnected && drawBrokenOff(main, collection), PULSE);
  for (const [button, input] of [
    ["#add-files", "#files"],
    ["#add-folder", "#folder"],
  ]) {
    const field = find(main, input);
    find(main, button).addEventListener("click", () => field.click());
    field.addEventListener("change", () => add(collection, picked(field), maxMb));
  }
  const parcel = /** @type {HTMLInputElement} */ (find(main, "#parcel"));
  find(main, "#add-parcel").addEventListener("click", () => parcel.click());
  parcel.addEventListener("change", () => {
    for (const { file } of picked(parcel)) importParcel(collection, file).catch(complain);
  });
}
