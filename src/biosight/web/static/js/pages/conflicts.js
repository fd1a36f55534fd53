// @ts-check
/** Pictures that two readers named differently: somebody looks at both answers and chooses. */

import { API, call } from "../frame/api.js";
import { el, find } from "../frame/dom.js";
import { may } from "../frame/may.js";
import { complain, toast } from "../frame/toast.js";
import { drawComments } from "../pictures/comments.js";
import { word } from "../pictures/identified.js";
import { chooseLabel } from "../pictures/relabel.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  const data = main.dataset;
  const here = `/collections/${data.collection}`;
  const editor = may(main, "change");
  const box = find(main, "#review");
  const load = async () => {
    const found = await call("GET", `${here}/conflicts`);
    box.replaceChildren(...(found.length ? [el("ul", { class: "rows conflicts" }, found.map(row))] : [none()]));
  };
  const none = () =>
    el(
      "div",
      { class: "empty" },
      el("p", { class: "large" }, "No two readers differ."),
      el("p", {}, el("a", { href: `${here}/review/readers` }, "Go on reading")),
    );
  /** @param {Schemas["ImageOut"]} image @param {string} label */
  const settle = async (image, label) => {
    try {
      await call("POST", `/images/${image.id}/identifications/settle`, { label });
      toast(`${image.name} is ${word(label)}.`);
      await load();
    } catch (error) {
      complain(error);
    }
  };
  /** @param {Schemas["ImageOut"]} image */
  const other = async (image) => {
    const label = await chooseLabel(data, "What is it?");
    if (label) await settle(image, label);
  };
  /** @param {{image: Schemas["ImageOut"], identifications: any}} c */
  const row = ({ image, identifications: r }) => {
    const talk = el("section", { hidden: true });
    const talked = drawComments(talk, image.id, data.collection ?? "", data.comments === "true");
    talked.catch(complain);
    const choice = (/** @type {string} */ by, /** @type {string} */ label) =>
      el(
        "p",
        { class: "choice" },
        el("span", {}, `${by || "Somebody"}: `, el("strong", {}, word(label))),
        editor && el("button", { type: "button", onclick: () => settle(image, label) }, `It is ${word(label)}`),
      );
    return el(
      "li",
      {},
      el(
        "a",
        { href: `/images/${image.id}` },
        el("img", { src: `${API}/images/${image.id}/view`, alt: image.name, loading: "lazy" }),
      ),
      el(
        "div",
        {},
        el("h2", { class: "minor" }, image.name),
        choice(r.first_by, r.first),
        choice(r.second_by, r.second),
        editor && el("button", { type: "button", class: "quiet", onclick: () => other(image) }, "Something else …"),
        talk,
      ),
    );
  };
  await load();
}
