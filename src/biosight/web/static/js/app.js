// @ts-check
/** The frame: it swaps only the page's main part, so that uploads go on, and starts its module. */
import { listen, tell } from "./frame/events.js";
import { may } from "./frame/may.js";
import "./upload/dock.js";
import { find } from "./frame/dom.js";
import { showHint } from "./frame/hints.js";
import { help, unbind } from "./frame/keys.js";
import { keepRoom } from "./frame/room.js";
import { guardKeptPages } from "./frame/session_mark.js";
import { complain, toast } from "./frame/toast.js";
import { undoAct } from "./pictures/acts.js";
import { chooseCollection } from "./pictures/collections.js";
import { resume } from "./pictures/work.js";
import { acceptFiles } from "./upload/drop.js";
import { importParcel, isParcel } from "./upload/parcel.js";
import { add, busy } from "./upload/upload.js";

/** @type {(() => void) | void} */
let leave;
let trip = 0;
/** Buttons work only once the page's module has loaded; earlier clicks are held back. */
let ready = true;

/** Start the module that the main part names. */
async function mount() {
  const main = find(document, "#main");
  const page = main.dataset.page;
  unbind();
  showTab();
  ready = false;
  let mounting;
  try {
    if (page) mounting = (await import(`./pages/${page}.js`)).mount(main);
    showHint(main);
  } finally {
    ready = true;
    tell("ready");
  }
  leave = await mounting;
}

/** Scroll to the chosen tab, which may be out of sight on a phone. */
function showTab() {
  for (const chosen of document.querySelectorAll("#main .tabs [aria-current]")) {
    const tabs = chosen.parentElement;
    if (chosen instanceof HTMLElement && tabs) tabs.scrollLeft = chosen.offsetLeft - tabs.clientWidth / 2;
  }
}

/**
 * Show another page.
 * @param {string} address @param {{push?: boolean, replace?: boolean}} [how]
 */
export async function go(address, how = { push: true }) {
  const mine = ++trip;
  let response;
  try {
    response = await fetch(address, { headers: { Accept: "text/html" } });
  } catch {
    complain(new Error("BioSight can't be reached just now."));
    return;
  }
  if (mine !== trip) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const main = page.querySelector("#main");
  if (!main || response.url.includes("/sign-in")) {
    location.assign(response.url);
    return;
  }
  if (typeof leave === "function") leave();
  leave = undefined;
  for (const dialog of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (dialog).close();
  const url = new URL(response.url);
  url.hash = new URL(address, location.href).hash;
  if (how.push) history.pushState({}, "", url);
  if (how.replace) history.replaceState({}, "", url);
  document.title = page.title;
  find(document, ".top").replaceWith(/** @type {Element} */ (page.querySelector(".top")));
  find(document, "#main").replaceWith(main);
  listenToHelp();
  scrollTo(0, 0);
  find(document, "#main").focus({ preventScroll: true });
  await mount().catch(complain);
}

function listenToHelp() {
  document.querySelector("#help")?.addEventListener("click", help);
}

document.addEventListener(
  "click",
  (event) => {
    const held = event.target instanceof Element ? event.target.closest("#main button, a[data-asks]") : null;
    if (ready || !(held instanceof HTMLElement)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    listen("ready", () => held.isConnected && held.click(), { once: true });
  },
  true,
);
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.button) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (link.origin !== location.origin || link.hasAttribute("download") || link.dataset.plain !== undefined) return;
  if (link.matches(".skip")) {
    // Move only the focus: a new address would add a step to the browser's history.
    event.preventDefault();
    return find(document, link.hash).focus();
  }
  if (link.getAttribute("href")?.startsWith("#")) return;
  event.preventDefault();
  go(link.href);
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.removeAttribute("open");
  }
});
document.addEventListener(
  "keydown",
  (event) => {
    const menu = event.key === "Escape" ? document.querySelector("details.menu[open]") : null;
    if (!menu) return;
    menu.removeAttribute("open");
    menu.querySelector("summary")?.focus();
    event.stopImmediatePropagation();
  },
  true,
);
/**
 * Add dropped or pasted files to the collection in view; elsewhere, ask for a collection.
 * @param {import("./upload/drop.js").Found[]} files
 */
async function take(files) {
  const main = find(document, "#main");
  const { collection } = main.dataset;
  const { maxMb } = document.body.dataset;
  if (!maxMb) return toast("Sign in first; then drop the pictures on a collection.");
  const chosen = collection && may(main, "change") ? collection : await chooseCollection("", "Add to");
  if (!chosen) return;
  const [only] = files;
  if (files.length === 1 && isParcel(only.file.name)) await importParcel(chosen, only.file);
  else add(chosen, files, Number(maxMb));
}
acceptFiles((files) => take(files).catch(complain));
listen("go", (detail) => {
  if (typeof detail === "string") go(detail);
  else go(detail.address, { replace: true });
});
addEventListener("popstate", () => go(location.href, {}));
addEventListener("beforeunload", (event) => {
  if (busy()) event.preventDefault();
});
history.scrollRestoration = "manual";
guardKeptPages();
listenToHelp();
keepRoom();
if (document.body.dataset.names !== undefined) resume(undoAct);
mount().catch(complain);
