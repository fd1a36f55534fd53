// @ts-check
/** The trash: whole collections, and single pictures by collection. */
import { API, call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { complain, question, toast } from "../frame/toast.js";
import { doAct } from "../pictures/acts.js";
import { watch } from "../pictures/work.js";

const SHOWN = 24;

/** @param {HTMLElement} main */
export async function mount(main) {
  const [gone, all] = await Promise.all([call("GET", "/collections?trash=true"), call("GET", "/collections")]);
  const withTrash = all.filter((/** @type {Schemas["CollectionOut"]} */ c) => c.trashed_images);
  const again = () => mount(main).catch(complain);
  const parts = [];
  if (gone.length)
    parts.push(
      el(
        "section",
        {},
        el("h2", {}, "Collections"),
        el(
          "ul",
          { class: "rows" },
          gone.map((/** @type {Schemas["CollectionOut"]} */ c) => collectionRow(c, again)),
        ),
      ),
    );
  for (const c of withTrash) parts.push(await pictures(c, again));
  if (!parts.length) parts.push(el("div", { class: "empty" }, el("p", { class: "large" }, "The trash is empty.")));
  find(main, "#trash").replaceChildren(...parts);
}

/** @param {Schemas["CollectionOut"]} c @param {() => void} again */
function collectionRow(c, again) {
  const owner = c.may.includes("own");
  const restore = () =>
    call("POST", `/collections/${c.id}/restore`).then(() => {
      toast(`“${c.name}” is back in the library.`);
      again();
    }, complain);
  const remove = async () => {
    const words = `${counted(c.images + c.trashed_images, "picture")} will be gone for good. This can't be undone.`;
    if (await question({ title: `Remove “${c.name}” for good?`, words, ok: "Remove for good", danger: true })) {
      await call("DELETE", `/collections/${c.id}/forever`).then(again, complain);
    }
  };
  return el(
    "li",
    {},
    el(
      "span",
      { class: "grow" },
      el("strong", {}, c.name),
      el("br"),
      el("small", { class: "soft" }, counted(c.images, "picture")),
    ),
    owner && el("button", { type: "button", onclick: restore }, "Restore"),
    owner && el("button", { type: "button", class: "danger", onclick: remove }, "Remove for good"),
  );
}

/** @param {Schemas["CollectionOut"]} c @param {() => void} again */
async function pictures(c, again) {
  const page = await call("GET", `/collections/${c.id}/images?trash=true&limit=${SHOWN}`);
  const restore = async () => {
    if (await doAct(c.id, { kind: "restore", matching: { trash: true } })) again();
  };
  const empty = async () => {
    const words = `${counted(c.trashed_images, "picture")} will be gone for good. This can't be undone.`;
    if (!(await question({ title: `Empty the trash of “${c.name}”?`, words, ok: "Empty trash", danger: true }))) return;
    try {
      const { job } = await call("DELETE", `/collections/${c.id}/trash`);
      if (job) watch(job);
      again();
    } catch (error) {
      complain(error);
    }
  };
  const more = c.trashed_images > page.images.length;
  return el(
    "section",
    {},
    el(
      "div",
      { class: "heading" },
      el("h2", {}, `${c.name}: ${counted(c.trashed_images, "picture")}`),
      el(
        "div",
        { class: "actions" },
        c.may.includes("change") && el("button", { type: "button", onclick: restore }, "Restore all"),
        c.may.includes("own") && el("button", { type: "button", class: "danger", onclick: empty }, "Empty trash"),
      ),
    ),
    el(
      "div",
      { class: "grid", "data-size": "s" },
      page.images.map((/** @type {Schemas["ImageOut"]} */ i) =>
        el(
          "a",
          { class: "tile", href: `/images/${i.id}?trash=true`, title: i.name },
          el("img", { src: `${API}/images/${i.id}/thumbnail`, alt: `${i.name}, ${i.label}`, loading: "lazy" }),
          el("div", { class: "name" }, el("b", {}, i.label || "No label")),
        ),
      ),
    ),
    more &&
      el(
        "p",
        {},
        el("a", { href: `/collections/${c.id}?trash=true` }, `Show all ${c.trashed_images.toLocaleString("en")}`),
      ),
  );
}
