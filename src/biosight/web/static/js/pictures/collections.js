// @ts-check
/** The choice of a collection that the person may add to. */
import { call } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { question } from "../frame/toast.js";

/** @param {string} but @param {string} title @returns {Promise<string | null>} a collection's id */
export async function chooseCollection(but, title) {
  const all = await call("GET", "/collections");
  const others = all.filter((/** @type {Schemas["CollectionOut"]} */ c) => c.id !== but && c.may.includes("change"));
  if (!others.length) {
    const name = await question({
      title: "There is no other collection yet",
      words: "Create one to move or copy pictures to.",
      ok: "Create",
      input: "Name",
    });
    return name ? (await call("POST", "/collections", { name })).id : null;
  }
  return new Promise((resolve) => {
    const select = el(
      "select",
      { "aria-label": "Collection" },
      others.map((/** @type {Schemas["CollectionOut"]} */ c) => el("option", { value: c.id }, c.name)),
    );
    const dialog = el(
      "dialog",
      { "aria-label": title },
      el(
        "form",
        { method: "dialog" },
        el("h2", {}, title),
        select,
        el(
          "menu",
          {},
          el("button", { type: "button", onclick: () => dialog.close("") }, "Cancel"),
          el("button", { class: "primary", value: "yes" }, title.split(" ")[0]),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes" ? select.value : null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
