// @ts-check
/** Labels that are likely wrong, in cohorts: what confirmed look-alikes are called instead. */
import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { bind } from "../frame/keys.js";
import { complain } from "../frame/toast.js";
import { Picker } from "../grid/picker.js";
import { doAct, undoLast } from "../pictures/acts.js";
import { called } from "../pictures/taxa.js";

const FEW = 24;

/** @param {HTMLElement} main */
export async function mount(main) {
  const collection = main.dataset.collection ?? "";
  const editor = main.dataset.role !== "viewer";
  const box = find(main, "#review");
  const stop = new AbortController();

  const load = async () => {
    const cohorts = await call("GET", `/collections/${collection}/doubted`);
    box.replaceChildren(
      el("div", { class: "groups" }, cohorts.map(cohort)),
      ...(cohorts.length
        ? []
        : [
            el(
              "div",
              { class: "empty" },
              el("p", { class: "large" }, "No label looks wrong."),
              el(
                "p",
                {},
                "Confirm some pictures of each label first: a label is doubted where the confirmed pictures most like it are called otherwise.",
              ),
            ),
          ]),
    );
  };

  /** @param {{label: string, suggested: string, images: any[]}} c */
  const cohort = (c) => {
    const picker = new Picker(c.images, {
      name: `${c.label}, perhaps ${c.suggested}`,
      all: true,
      editor,
      shown: FEW,
      changed: () => drawButtons(),
    });
    /** @param {Record<string, any>} body */
    const answer = async (body) => {
      const images = picker.in.map((i) => i.id);
      const versions = Object.fromEntries(picker.in.map((i) => [i.id, i.version]));
      if (await doAct(collection, { ...body, images, versions, via: "group" })) await load();
    };
    const buttons = el("div", { class: "actions" });
    const drawButtons = () =>
      buttons.replaceChildren(
        ...[
          editor &&
            el(
              "button",
              {
                type: "button",
                class: "primary",
                disabled: !picker.in.length,
                onclick: () => answer({ kind: "relabel", label: c.suggested }).catch(complain),
              },
              `${picker.says("Relabel")} as ${called(c.suggested)}`,
            ),
          editor &&
            el(
              "button",
              {
                type: "button",
                disabled: !picker.in.length,
                onclick: () => answer({ kind: "confirm" }).catch(complain),
              },
              `They are ${called(c.label)}`,
            ),
          more,
        ].filter(Boolean),
      );
    const more =
      c.images.length > FEW &&
      el("button", { type: "button", onclick: () => showAll() }, `Show ${c.images.length - FEW} more`);
    const showAll = () => {
      picker.show(c.images.length);
      if (more) more.remove();
    };
    drawButtons();
    const title = `${counted(c.images.length, "picture")} of ${called(c.label)}, perhaps ${called(c.suggested)}`;
    return el("section", { class: "group" }, el("div", { class: "heading" }, el("h2", {}, title), buttons), picker.box);
  };

  document.addEventListener("biosight:reload", () => load().catch(complain), { signal: stop.signal });
  bind({ ...(editor && { undo: () => undoLast(collection) }) });
  await load();
  return () => stop.abort();
}
