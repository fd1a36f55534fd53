// @ts-check
/** The tree of names to browse: a branch is asked for when it is opened. */
import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { complain, question } from "../frame/toast.js";
import { asPath, called, hear } from "../pictures/taxa.js";
import { renameLabel } from "./labels.js";
import { addBelow, moveName } from "./names.js";

/** Names that are open, so that a change leaves them so. @type {Set<string>} */
const opened = new Set();

/** @param {HTMLElement} main @param {string} here @param {boolean} editor @param {() => Promise<void>} redraw */
export async function drawNames(main, here, editor, redraw) {
  /** @param {string} of @returns {Promise<HTMLElement[]>} */
  const below = async (of) => {
    const found = await call("GET", `${here}/names/below?of=${encodeURIComponent(of)}`);
    return Promise.all(found.map(branch));
  };
  /** @param {any} n @returns {Promise<HTMLElement>} */
  const branch = async (n) => {
    hear(n);
    const list = el("ul", { hidden: true });
    const twig = el(
      "button",
      { type: "button", class: "twig", "aria-expanded": "false", "aria-label": `What is below ${n.label}` },
      "▸",
    );
    const open = async () => {
      opened.add(n.label);
      list.replaceChildren(...(await below(n.label)));
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
    return el(
      "li",
      {},
      el("div", { tabindex: -1 }, n.children ? twig : el("span", { class: "twig" }), words(n), acts(n)),
      list,
    );
  };
  /** @param {any} n */
  const words = (n) =>
    el(
      "span",
      { class: "grow" },
      n.images
        ? el("a", { href: `${here}?under=${encodeURIComponent(asPath(n.line))}` }, called(n.label))
        : called(n.label),
      " ",
      el(
        "small",
        { class: "soft" },
        [n.taxon_rank, called(n.label) === n.label && n.vernacular_name, n.images && counted(n.images, "picture")]
          .filter(Boolean)
          .join(" · "),
      ),
    );
  /** @param {any} n */
  const acts = (n) => {
    if (!editor) return null;
    /** @param {string} name @param {() => Promise<any>} run */
    const button = (name, run) =>
      el(
        "button",
        { type: "button", class: "quiet", "aria-label": `${name}: ${n.label}`, onclick: () => run().catch(complain) },
        name,
      );
    return el(
      "span",
      { class: "acts" },
      button("Add below", () => addBelow(here, n.label, redraw)),
      button("Rename", () => rename(n)),
      button("Move", () => moveName(main, here, n.label, redraw)),
      button("Remove", () => renameLabel(here, n, "", redraw)),
    );
  };
  /** @param {any} n */
  const rename = async (n) => {
    const name = await question({ title: `Rename “${n.label}”`, ok: "Next", input: "New name", value: n.label });
    if (name && name.trim() !== n.label) await renameLabel(here, n, name.trim(), redraw);
  };
  const names = () => [...opened].sort().join("\n");
  let before;
  let tree;
  // What is opened or shut while the branches come is opened or shut in the new tree too.
  do {
    before = names();
    tree = await below("");
  } while (before !== names());
  find(main, "#names").replaceChildren(...tree);
}
