// @ts-check
/** What is beside the picture in review: the others that were drawn, and the favourite labels. */
import { API } from "../frame/api.js";
import { el } from "../frame/dom.js";

/**
 * Return small pictures of all that were drawn for review.
 * @param {{image: Schemas["ImageOut"], done?: boolean}[]} drawn @param {number} at @param {(to: number) => void} move
 */
export function strip(drawn, at, move) {
  return el(
    "div",
    { class: "strip" },
    drawn.map((d, i) =>
      el(
        "button",
        {
          type: "button",
          class: d.done ? "done" : "",
          "aria-current": i === at && "true",
          "aria-label": `${d.image.name}${d.done ? ", done" : ""}`,
          onclick: () => move(i),
        },
        el("img", { src: `${API}/images/${d.image.id}/thumbnail`, alt: "", loading: "lazy" }),
      ),
    ),
  );
}

/** The labels on the keys 1 to 9, where there are any. @param {DOMStringMap} data */
export function favourites(data) {
  const labels = JSON.parse(data.favourites ?? "[]");
  return labels.length
    ? el(
        "p",
        { class: "soft" },
        labels.map((/** @type {string} */ l, /** @type {number} */ i) => [el("kbd", {}, i + 1), ` ${l}  `]),
      )
    : null;
}
