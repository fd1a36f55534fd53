// @ts-check
/** The tree of names to browse: a branch is loaded when it is opened. */
import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { complain, question } from "../frame/toast.js";
import { asPath, called, hear } from "../pictures/taxa.js";
import { renameLabel } from "./labels.js";
import { addBelow, moveName } from "./names.js";

/** Names that are open, so that they stay open after a change. @type {Set<string>} */
const opened = new Set();

/** @typedef {{main: HTMLElement, here: string, editor: boolean, redraw: () => Promise<void>}} Page */

/** @param {Page} page @param {string} of @returns {Promise<HTMLElement[]>} */
async function below(page, of) {
  const found = await call("GET", `${page.here}/names/below?of=${encodeURIComponent(of)}`);
  return Promise.all(found.map((/** @type {Schemas["Below"]} */ n) => branch(page, n)));
}

/** @param {Page} page @param {Schemas["Below"]} n @returns {Promise<HTMLElement>} */
async function branch(page, n) {
  hear(n);
  const list = el("ul", { hidden: true });
  const twig = el(
    "button",
    { type: "button", class: "twig", "aria-expanded": "false", "aria-label": `What is below ${n.label}` },
    "▸",
  );
  const open = async () => {
    opened.add(n.label);
    list.replaceChildren(...(await below(page, n.label)));
    list.hidden = false;
    twig.textContent = "▾";
    twig.setAttribute("aria-expanded", "true");
  };
  const shut = () => {
    list.hidden = true;
    twig.textContent = "▸";
    twig.setAttribute("aria-expanded", "false");
    opened.delete(n.label);
  };
  twig.addEventListener("click", () => (list.hidden ? open().catch(complain) : shut()));
  if (n.children && opened.has(n.label)) await open();
  const row = [n.children ? twig : el("span", { class: "twig" }), words(page, n), page.editor && acts(page, n)];
  return el("li", {}, el("div", { tabindex: -1 }, row), list);
}

/** @param {Page} page @param {Schemas["Below"]} n */
function words(page, n) {
  const name = called(n.label);
  const about = [n.taxon_rank, name === n.label && n.vernacular_name, n.images && counted(n.images, "picture")];
  return el(
    "span",
    { class: "grow" },
    n.images ? el("a", { href: `${page.here}?under=${encodeURIComponent(asPath(n.line))}` }, name) : name,
    " ",
    el("small", { class: "soft" }, about.filter(Boolean).join(" · ")),
  );
}

/** @param {Page} page @param {Schemas["Below"]} n */
function acts({ main, here, redraw }, n) {
  /** @param {string} name @param {() => Promise<any>} run */
  const button = (name, run) =>
    el(
      "button",
      { type: "button", class: "quiet", "aria-label": `${name}: ${n.label}`, onclick: () => run().catch(complain) },
      name,
    );
  const rename = async () => {
    const name = await question({ title: `Rename “${n.label}”`, ok: "Next", input: "New name", value: n.label });
    if (name && name.trim() !== n.label) await renameLabel(here, n, name.trim(), redraw);
  };
  return el(
    "span",
    { class: "acts" },
    button("Add below", () => addBelow(here, n.label, redraw)),
    button("Rename", rename),
    button("Move", () => moveName(main, here, n.label, redraw)),
    button("Remove", () => renameLabel(here, n, "", redraw)),
  );
}

/** @param {HTMLElement} main @param {string} here @param {boolean} editor @param {() => Promise<void>} redraw */
export async function drawNames(main, here, editor, redraw) {
  const page = { main, here, editor, redraw };
  const names = () => [...opened].sort().join("\n");
  let before;
  let tree;
  // A name opened or closed while the branches load must be so in the new tree too.
  do {
    before = names();
    tree = await below(page, "");
  } while (before !== names());
  find(main, "#names").replaceChildren(...tree);
}
