// @ts-check
/** The library: collections with covers and counts, and invitations to more. */
import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { complain, question } from "../frame/toast.js";

/** @param {any} c a collection */
function card(c) {
  /** @param {string} image @param {string} [title] */
  const picture = (image, title) =>
    el("img", { src: `/api/v1/images/${image}/thumbnail`, alt: title ?? "", title, loading: "lazy" });
  const several = c.covers.length > 1;
  const cover = several
    ? c.covers.map((/** @type {any} */ g) => picture(g.image, g.group))
    : c.cover
      ? picture(c.cover)
      : el("span", {}, "No pictures yet");
  const review = c.unreviewed ? ` · ${c.unreviewed.toLocaleString("en")} to review` : "";
  const role = c.role === "owner" ? "" : ` · by ${c.owners.join(", ")}; you are ${c.role}`;
  return el(
    "li",
    {},
    el(
      "a",
      { class: "card", href: `/collections/${c.id}` },
      el("div", { class: several ? "cover several" : "cover" }, cover),
      el(
        "div",
        {},
        el("strong", {}, c.name),
        el("small", { class: "soft" }, counted(c.images, "picture") + review + role),
      ),
    ),
  );
}

/** @param {HTMLElement} main */
async function draw(main) {
  const [collections, offers] = await Promise.all([call("GET", "/collections"), call("GET", "/offers")]);
  const list = find(main, "#collections");
  list.replaceChildren(...collections.map(card));
  list.removeAttribute("aria-busy");
  find(main, "#offers").replaceChildren(...offers.map((/** @type {any} */ o) => offer(main, o)));
}

/** @param {HTMLElement} main @param {any} o an invitation */
function offer(main, o) {
  /** @param {boolean} accept */
  const answer = async (accept) => {
    await call("POST", `/offers/${o.id}`, { accept }).catch(complain);
    await draw(main);
  };
  return el(
    "p",
    { class: "notice" },
    el("span", { class: "grow" }, `${o.by || "Somebody"} invites you to “${o.collection_name}” as ${o.role}.`),
    el("button", { type: "button", class: "primary", onclick: () => answer(true) }, "Accept"),
    el("button", { type: "button", onclick: () => answer(false) }, "Decline"),
  );
}

/** @param {HTMLElement} main */
export async function mount(main) {
  find(main, "#new").addEventListener("click", async () => {
    const name = await question({ title: "New collection", ok: "Create", input: "Name" });
    if (!name) return;
    try {
      const made = await call("POST", "/collections", { name });
      document.dispatchEvent(new CustomEvent("biosight:go", { detail: `/collections/${made.id}` }));
    } catch (error) {
      complain(error);
    }
  });
  await draw(main);
}
