// @ts-check
/** Review in groups: look-alikes under one name; what doesn't belong is taken out, the rest confirmed. */
import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { bind } from "../frame/keys.js";
import { complain, toast } from "../frame/toast.js";
import { Picker } from "../grid/picker.js";
import { act, undoAct, undoLast } from "../pictures/acts.js";
import { chooseLabel } from "../pictures/relabel.js";
import { called } from "../pictures/taxa.js";

/** @typedef {{label: string, images: any[], odd: number, left: number, waiting: number, kept: number}} Group */

/** @param {HTMLElement} main */
export async function mount(main) {
  const data = main.dataset;
  const collection = data.collection ?? "";
  const editor = data.role !== "viewer";
  const box = find(main, "#review");
  const began = Date.now();
  /** What was put aside or taken out, and is not shown again before the page is left. @type {Set<string>} */
  const aside = new Set();
  /** Groups that were confirmed, so that undo comes back to them. @type {{act: string, group: Group}[]} */
  const confirmed = [];
  /** @type {Group} */
  let group;
  /** @type {Picker} */
  let picker;
  let done = 0;
  let only = new URLSearchParams(location.search).get("label") ?? "";
  const stop = new AbortController();

  const load = async () => {
    const ask = (/** @type {string} */ label) =>
      call("POST", `/collections/${collection}/group`, { label, without: [...aside] });
    group = await ask(only);
    if (!group.images.length && only) {
      only = "";
      group = await ask(only);
    }
    draw();
  };

  const draw = () => {
    picker = new Picker(group.images, {
      name: `Look-alikes, proposed as ${group.label}`,
      all: true,
      editor,
      changed: () => drawBar(),
    });
    if (group.odd < group.images.length) picker.box.children[group.odd].classList.add("from-here");
    box.replaceChildren(...(group.images.length ? [head(), picker.box] : [empty()]));
    if (group.images.length) picker.box.focus({ preventScroll: true });
    scrollTo(0, 0);
  };

  const head = () => el("div", { class: "group-head" }, el("div", { id: "group-bar" }, bar()));
  const drawBar = () => find(box, "#group-bar").replaceChildren(...bar());

  const bar = () => {
    const out = picker.out.length;
    return [
      el(
        "h2",
        {},
        called(group.label),
        " ",
        el("small", { class: "soft" }, `${several()}${counted(group.left, "picture")}`),
      ),
      editor &&
        el(
          "div",
          { class: "actions" },
          el(
            "button",
            { type: "button", class: "primary", onclick: confirm, title: "Enter", disabled: !picker.in.length },
            `Confirm ${picker.in.length}`,
          ),
          out > 0 && el("button", { type: "button", onclick: relabel, title: "R" }, `Name the ${out} taken out`),
          el("button", { type: "button", onclick: skip, title: "S" }, "Skip"),
        ),
      el("progress", { max: done + group.waiting || 1, value: done, "aria-label": "Reviewed here" }),
      el("p", { class: "soft" }, progress()),
    ].filter(Boolean);
  };

  /** Few wait under each name: each picture is confirmed under its own. */
  const several = () => (group.images.some((i) => i.label !== group.label) ? "and below, each by its own name, " : "");

  const progress = () => {
    const hours = (Date.now() - began) / 3.6e6;
    const pace = done && hours > 1 / 120 ? `, ${Math.round(done / hours).toLocaleString("en")} an hour` : "";
    return `${done.toLocaleString("en")} done${pace}; ${counted(group.waiting, "picture")} to review.`;
  };

  const empty = () =>
    el(
      "div",
      { class: "empty" },
      el(
        "p",
        { class: "large" },
        group.waiting > group.kept ? "You have seen all groups." : "No group waits for review.",
      ),
      group.kept > 0 &&
        el(
          "p",
          {},
          `${counted(group.kept, "picture")} are kept to be drawn at random: they alone measure how often the machine is right. `,
          el("a", { href: `/collections/${collection}/review` }, "Review them one by one"),
        ),
      aside.size > 0 &&
        el(
          "button",
          { type: "button", onclick: again },
          `Look again at the ${counted(aside.size, "picture")} put aside`,
        ),
    );

  const again = () => {
    aside.clear();
    load().catch(complain);
  };

  /** @param {any[]} images @param {Record<string, any>} body */
  const answer = async (images, body) => {
    const versions = Object.fromEntries(images.map((i) => [i.id, i.version]));
    const made = await act(collection, { ...body, via: "group", versions, images: images.map((i) => i.id) });
    const said = `${counted(made.changed.length, "picture")} ${made.said}`;
    toast(said, { act: "Undo", of: made.act, run: () => undoAct(made.act, said) });
    done += made.changed.length;
    confirmed.push({ act: made.act, group });
    return made;
  };

  const confirm = async () => {
    if (!picker.in.length) return;
    const out = picker.out;
    try {
      await answer(picker.in, { kind: "confirm" });
      for (const image of out) aside.add(image.id);
      only = group.label;
      await load();
    } catch (error) {
      complain(error);
    }
  };

  const relabel = async () => {
    const out = picker.out;
    const label = out.length ? await chooseLabel(data, `Label for the ${out.length} taken out`) : "";
    if (!label) return;
    try {
      await answer(out, { kind: "relabel", label });
      group = { ...group, images: picker.in, left: group.left - out.length, waiting: group.waiting - out.length };
      group.odd = Math.min(group.odd, group.images.length);
      draw();
    } catch (error) {
      complain(error);
    }
  };

  const skip = () => {
    for (const image of group.images) aside.add(image.id);
    only = group.label;
    load().catch(complain);
  };

  /** Back to the group that was taken back, else to what waits now. @param {Event} event */
  const back = async (event) => {
    const { undone } = /** @type {CustomEvent} */ (event).detail ?? {};
    const at = confirmed.findIndex((c) => c.act === undone);
    if (at < 0) return load();
    const [was] = confirmed.splice(at, 1);
    const images = await Promise.all(was.group.images.map((i) => call("GET", `/images/${i.id}`)));
    done = Math.max(0, done - images.filter((i) => i.who === "machine").length);
    group = { ...was.group, images: images.filter((i) => !i.trashed) };
    for (const image of group.images) aside.delete(image.id);
    draw();
  };
  document.addEventListener("biosight:reload", (event) => back(event).catch(complain), { signal: stop.signal });
  bind({ ...(editor && { confirm, relabel, skip, undo: () => undoLast(collection) }) });
  await load();
  return () => stop.abort();
}
