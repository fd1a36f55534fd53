// @ts-check
/** What members say of a picture to each other; @ and a name mentions somebody. */
import { call } from "../frame/api.js";
import { el, when } from "../frame/dom.js";
import { complain } from "../frame/toast.js";

/**
 * Draw the comments of a picture into a box, with a field to add one where comments are on.
 * @param {HTMLElement} box @param {string} image @param {string} collection @param {boolean} on
 */
export async function drawComments(box, image, collection, on) {
  const here = `/images/${image}/comments`;
  const [said, members] = await Promise.all([
    call("GET", here),
    call("GET", `/collections/${collection}/members`),
    call("DELETE", `/images/${image}/mentions`), // seen comments need no mention any more
  ]);
  box.hidden = !on && !said.length;
  const again = () => drawComments(box, image, collection, on);
  const list = el(
    "ol",
    { class: "rows comments" },
    said.map((/** @type {Schemas["CommentOut"]} */ c) => row(c, here, again)),
  );
  box.replaceChildren(el("h2", { class: "minor" }, "Comments"), list);
  if (on) box.append(field(here, again, members));
}

/** @param {Schemas["CommentOut"]} c @param {string} here @param {() => Promise<void>} again */
function row(c, here, again) {
  const remove = () => call("DELETE", `${here}/${c.id}`).then(again).catch(complain);
  return el(
    "li",
    {},
    el(
      "div",
      {},
      el("p", {}, el("strong", {}, c.by), " ", el("span", { class: "soft" }, when(c.at))),
      el("p", { class: "text" }, c.text),
    ),
    c.yours && el("button", { type: "button", class: "quiet", onclick: remove }, "Remove"),
  );
}

/** @param {string} here @param {() => Promise<void>} again @param {Schemas["MemberOut"][]} members */
function field(here, again, members) {
  const text = el("textarea", { rows: 2, maxlength: 2000, required: true, "aria-label": "Comment" });
  /** @param {string} name */
  const callThem = (name) => {
    const space = text.value && !/\s$/.test(text.value) ? " " : "";
    text.value += `${space}@${name} `;
    text.focus();
  };
  const others = members.filter((m) => !m.you);
  return el(
    "form",
    {
      class: "say",
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        call("POST", here, { text: text.value }).then(again).catch(complain);
      },
    },
    text,
    el(
      "div",
      { class: "actions" },
      el("button", {}, "Comment"),
      others.map((m) =>
        el(
          "button",
          { type: "button", class: "quiet", title: `Mention ${m.name}`, onclick: () => callThem(m.name) },
          `@${m.name}`,
        ),
      ),
    ),
  );
}
