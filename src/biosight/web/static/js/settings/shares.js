// @ts-check
/** Links that show a collection or a label to people without an account: make, copy, withdraw. */
import { call } from "../frame/api.js";
import { el, fields, find, when } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { showLink } from "./invitations.js";

/** @param {HTMLElement} main @param {string} path of the API */
export async function wireShares(main, path) {
  find(main, "#show").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const { days, download, ...said } = fields(form);
    try {
      const made = await call("POST", path, { ...said, days: Number(days), download: download === "on" });
      showLink(main, made.path, "Anyone with this link sees the pictures. It is shown only once.", "#show-link");
      form.reset();
      await draw(main, path);
    } catch (error) {
      complain(error);
    }
  });
  await draw(main, path);
}

/** @param {HTMLElement} main @param {string} path */
async function draw(main, path) {
  const shares = await call("GET", path);
  const end = (/** @type {string} */ id) => call("DELETE", `${path}/${id}`).then(() => draw(main, path), complain);
  find(main, "#shares").replaceChildren(
    ...shares.map((/** @type {Schemas["ShareOut"]} */ s) => {
      const what = s.label || (s.image ? "one picture" : "all pictures");
      const how = [s.password && "with a password", s.download && "with downloads", `until ${when(s.ends_at)}`];
      return el(
        "li",
        {},
        el("span", { class: "grow" }, what, el("br"), el("small", { class: "soft" }, how.filter(Boolean).join(", "))),
        el(
          "button",
          { type: "button", class: "quiet", "aria-label": `Take back the link to ${what}`, onclick: () => end(s.id) },
          "Take back",
        ),
      );
    }),
  );
}
