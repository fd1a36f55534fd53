// @ts-check
/** A strip of the pictures most like one. */
import { call } from "../frame/api.js";
import { el } from "../frame/dom.js";

/**
 * Fill a box with the likest pictures; it stays hidden while there are none.
 * @param {HTMLElement} box @param {{id: string, collection: string}} image @param {boolean} editor
 */
export async function drawLikes(box, image, editor) {
  const near = await call("GET", `/images/${image.id}/similar?limit=12`);
  box.hidden = !near.length;
  box.replaceChildren(
    el("h2", { class: "minor" }, "More like this"),
    el(
      "div",
      { class: "likes" },
      near.map((/** @type {Schemas["NearOut"]} */ n) =>
        el(
          "a",
          {
            href: `/images/${n.image.id}`,
            title: `${n.image.name}: ${n.image.label || "no label"}, likeness ${n.likeness.toFixed(2)}`,
          },
          el("img", {
            src: `/api/v1/images/${n.image.id}/thumbnail`,
            alt: `${n.image.label || "No label"}`,
            loading: "lazy",
          }),
        ),
      ),
    ),
    editor
      ? el(
          "p",
          {},
          el(
            "a",
            { class: "further", href: `/collections/${image.collection}/review?like=${image.id}` },
            "Review those like this one",
          ),
        )
      : "",
  );
}
