// @ts-check
/** The unfamiliar pictures, in groups of look-alikes that can be named at once. */

import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { listen } from "../frame/events.js";
import { bind } from "../frame/keys.js";
import { may } from "../frame/may.js";
import { complain } from "../frame/toast.js";
import { Picker } from "../grid/picker.js";
import { doAct, undoLast } from "../pictures/acts.js";
import { chooseLabel } from "../pictures/relabel.js";

const FEW = 18;

/** @param {HTMLElement} main */
export async function mount(main) {
  const data = main.dataset;
  const collection = data.collection ?? "";
  const editor = may(main, "change");
  const box = find(main, "#groups");
  const stop = new AbortController();
  const load = async () => {
    const found = await call("GET", `/collections/${collection}/unfamiliar`);
    const shelves = found.groups.filter((/** @type {Schemas["LookAlikes"]} */ g) => g.images.length > 1);
    const singles = found.groups
      .filter((/** @type {Schemas["LookAlikes"]} */ g) => g.images.length === 1)
      .flatMap((/** @type {Schemas["LookAlikes"]} */ g) => g.images);
    box.replaceChildren(
      ...shelves.map((/** @type {Schemas["LookAlikes"]} */ g) => shelf(g.images, "like each other", true)),
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
  /**
   * Draw a group. Look-alikes are all chosen at first; single ones have nothing in common and are
   * not.
   * @param {Schemas["ImageOut"][]} images @param {string} what @param {boolean} alike
   */
  const shelf = (images, what, alike) => {
    const title = `${counted(images.length, "picture")} ${what}`;
    const picker = new Picker(images, { name: title, all: alike, editor, shown: FEW, changed: () => count() });
    const name = async () => {
      const label = await chooseLabel(data, picker.says("Name"));
      const chosen = picker.in.map((i) => i.id);
      if (label && (await doAct(collection, { kind: "relabel", images: chosen, label }))) await load();
    };
    const button = el("button", { type: "button", class: alike && "primary", onclick: () => name().catch(complain) });
    const count = () => {
      button.disabled = !picker.in.length;
      button.textContent = picker.in.length ? picker.says("Name") : "Choose what to name";
    };
    count();
    const more =
      images.length > FEW &&
      el("button", { type: "button", onclick: () => showAll() }, `Show ${images.length - FEW} more`);
    const showAll = () => {
      picker.show(images.length);
      if (more) more.remove();
    };
    return el(
      "section",
      { class: "group" },
      el("div", { class: "heading" }, el("h2", {}, title), editor && button, more),
      picker.box,
    );
  };
  listen("reload", () => load().catch(complain), { signal: stop.signal });
  bind({ ...(editor && { undo: () => undoLast(collection) }) });
  await load();
  return () => stop.abort();
}
