// @ts-check
/** The library: collections with covers and counts, and invitations to more. */

import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { goTo } from "../frame/events.js";
import { fill } from "../frame/form.js";
import { complain } from "../frame/toast.js";
import { servingAll } from "../learning/serving.js";
import { KIND_CARDS } from "../settings/picture_kind.js";
import { firstOffer } from "../upload/examples.js";

/** @param {Schemas["CollectionOut"]} c a collection */
function card(c) {
  /** @param {string} image @param {string} [title] */
  const picture = (image, title) =>
    el("img", { src: `/api/v1/images/${image}/thumbnail`, alt: title ?? "", title, loading: "lazy" });
  const several = c.covers.length > 1;
  const cover = several
    ? c.covers.map((/** @type {Schemas["CoverOut"]} */ g) => picture(g.image, g.group))
    : c.cover
      ? picture(c.cover)
      : el("span", {}, "No pictures yet");
  const review = c.unreviewed ? ` · ${c.unreviewed.toLocaleString("en")} to review` : "";
  const role = c.may.includes("own") ? "" : ` · owned by ${c.owners.join(", ")}; your role: ${c.role}`;
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
  const empty = collections.every((/** @type {Schemas["CollectionOut"]} */ c) => !c.images);
  find(main, "#first").replaceChildren(...(empty ? [firstOffer()] : []));
  find(main, "#offers").replaceChildren(...offers.map((/** @type {Schemas["OfferOut"]} */ o) => offer(main, o)));
}

/** @param {HTMLElement} main @param {Schemas["OfferOut"]} o an invitation */
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

/** What stands for the bundled models, by name. @type {Record<string, string>} */
const MODEL_PICTURES = { organisms: "photos", "organisms-resnet18": "photos", cells: "others" };

/** Ask for the name of a new collection and for its model, one of those that serve everyone. */
async function newCollection() {
  const serving = await servingAll();
  const usual = (/** @type {Schemas["VersionOut"]} */ v) => (v.default ? " (default)" : "");
  const known = (/** @type {Schemas["VersionOut"]} */ v) =>
    v.labels.slice(0, 4).join(", ") + (v.labels.length > 4 ? " …" : "");
  const choices = serving
    .sort(
      (/** @type {Schemas["VersionOut"]} */ a, /** @type {Schemas["VersionOut"]} */ b) =>
        Number(b.default) - Number(a.default),
    )
    .map(
      (v) =>
        /** @type {[string, string, string]} */ ([
          v.default ? "" : v.name,
          `${v.name}${usual(v)}: ${known(v)}`,
          MODEL_PICTURES[v.name] ?? "",
        ]),
    );
  let id = "";
  const send = async (/** @type {Record<string, string>} */ said) => {
    id = (await call("POST", "/collections", said)).id;
  };
  /** @type {[string, string, string][]} */
  const kinds = [...KIND_CARDS, ["", "Decide later", ""]];
  const fields = [
    { name: "name", label: "Name", required: true },
    {
      name: "picture_kind",
      label: "Pictures",
      cards: kinds,
      value: "",
      hint: "In camera traps and photographs, BioSight looks for the animal.",
    },
    ...(choices.length > 1
      ? [
          {
            name: "model",
            label: "Model",
            cards: choices,
            value: "",
            hint: "This model names the pictures. You can try another one later.",
          },
        ]
      : []),
  ];
  if (await fill({ title: "New collection", ok: "Create", fields }, send)) goTo(`/collections/${id}`);
}

/** @param {HTMLElement} main */
export async function mount(main) {
  find(main, "#new").addEventListener("click", async () => {
    try {
      await newCollection();
    } catch (error) {
      complain(error);
    }
  });
  await draw(main);
}
