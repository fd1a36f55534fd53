// @ts-check
/** The comments that mention the person. */
import { API, call } from "../frame/api.js";
import { el, find, when } from "../frame/dom.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  const found = await call("GET", "/mentions");
  find(main, "#mentions").replaceChildren(
    ...found.map((/** @type {Schemas["MentionOut"]} */ m) =>
      el(
        "li",
        {},
        el("a", { href: `/images/${m.image}` }, el("img", { src: `${API}/images/${m.image}/thumbnail`, alt: m.name })),
        el(
          "div",
          {},
          el("p", {}, el("strong", {}, m.by), " ", el("span", { class: "soft" }, when(m.at))),
          el("p", { class: "text" }, m.text),
          el("a", { href: `/images/${m.image}` }, m.name),
        ),
      ),
    ),
  );
  if (!found.length) find(main, "#mentions").append(el("li", { class: "soft" }, "Nobody has mentioned you."));
}
