// @ts-check
/** The shelf of unfamiliar pictures, in groups of like ones that can be named at once. */
import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { bind } from "../frame/keys.js";
import { complain } from "../frame/toast.js";
import { drawTile } from "../grid/tile.js";
import { doAct, undoLast } from "../pictures/acts.js";
import { chooseLabel } from "../pictures/relabel.js";

const FEW = 18;

/** @param {HTMLElement} main */
export async function mount(main) {
  const data = main.dataset;
  const collection = data.collection ?? "";
  const editor = data.role !== "viewer";
  const box = find(main, "#groups");
  const stop = new AbortController();
  const load = async () => {
    const found = await call("GET", `/collections/${collection}/unfamiliar`);
    const shelves = found.groups.filter((/** @type {any} */ g) => g.images.length > 1);
    const singles = found.groups
      .filter((/** @type {any} */ g) => g.images.length === 1)
      .flatMap((/** @type {any} */ g) => g.images);
    box.replaceChildren(
      ...shelves.map((/** @type {any} */ g) => shelf(g.images, "like each other", true)),
      ...(singles.length ? [shelf(singles, "like nothing else here", false)] : []),
      ...(found.total
        ? []
        : [
            el(
              "div",
              { class: "empty" },
              el("p", { class: "large" }, "Nothing unfamiliar waits here."),
              el("p", {}, el("a", { href: `/collections/${collection}` }, "Back to the pictures")),
            ),
          ]),
    );
  };
  /** What is like each other is chosen at first; loners have nothing in common. @param {any[]} images @param {string} what @param {boolean} alike */
  const shelf = (images, what, alike) => {
    /** @type {Set<string>} */
    const left = new Set(alike ? [] : images.map((i) => i.id));
    const chosen = () => images.filter((i) => !left.has(i.id)).map((i) => i.id);
    const name = async () => {
      const label = await chooseLabel(data, `Name ${counted(chosen().length, "picture")}`);
      if (label && (await doAct(collection, { kind: "relabel", images: chosen(), label }))) await load();
    };
    const button = el("button", { type: "button", class: alike && "primary", onclick: () => name().catch(complain) });
    const count = () => {
      const many = chosen().length;
      button.disabled = !many;
      button.textContent = many ? `Name ${counted(many, "picture")}` : "Choose what to name";
    };
    count();
    /** @param {any} image */
    const tile = (image) => {
      const made = drawTile(image, alike, "checkbox");
      made.tabIndex = 0;
      const show = () => made.setAttribute("aria-checked", String(!left.has(image.id)));
      const flip = () => {
        if (!left.delete(image.id)) left.add(image.id);
        show();
        count();
      };
      show();
      if (!editor) return made;
      made.addEventListener("click", flip);
      made.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== " ") return;
        event.preventDefault();
        flip();
      });
      return made;
    };
    const more =
      images.length > FEW &&
      el("button", { type: "button", onclick: () => showAll() }, `Show ${images.length - FEW} more`);
    const grid = el("div", { class: "grid", "data-size": "s" }, images.slice(0, FEW).map(tile));
    const showAll = () => {
      grid.append(...images.slice(FEW).map(tile));
      more.remove();
    };
    return el(
      "section",
      { class: "group" },
      el(
        "div",
        { class: "heading" },
        el("h2", {}, `${counted(images.length, "picture")} ${what}`),
        editor && button,
        more,
      ),
      grid,
    );
  };
  document.addEventListener("biosight:reload", () => load().catch(complain), { signal: stop.signal });
  bind({ ...(editor && { undo: () => undoLast(collection) }) });
  await load();
  return () => stop.abort();
}
