// @ts-check
/** A collection's members. */
import { call } from "../frame/api.js";
import { el, find } from "../frame/dom.js";
import { complain, question } from "../frame/toast.js";

/** @param {HTMLElement} main @param {string} here @param {boolean} owner */
export async function drawMembers(main, here, owner) {
  const members = await call("GET", `${here}/members`);
  /** @param {Promise<any>} done */
  const redraw = (done) => done.catch(complain).then(() => drawMembers(main, here, owner));
  /** @param {any} m */
  const remove = async (m) => {
    const title = m.you ? "Leave this collection?" : `Remove ${m.name}?`;
    if (
      !(await question({
        title,
        words: "Only an invitation brings a person back.",
        ok: m.you ? "Leave" : "Remove",
        danger: true,
      }))
    )
      return;
    if (m.you)
      await call("DELETE", `${here}/members/${m.user}`).then(
        () => document.dispatchEvent(new CustomEvent("biosight:go", { detail: "/" })),
        complain,
      );
    else await redraw(call("DELETE", `${here}/members/${m.user}`));
  };
  find(main, "#members").replaceChildren(
    ...members.map((/** @type {any} */ m) => {
      const role = el(
        "select",
        { "aria-label": `Role of ${m.name}`, disabled: !owner },
        ["viewer", "editor", "owner"].map((r) => el("option", { value: r, selected: r === m.role }, r)),
      );
      role.addEventListener("change", () => redraw(call("PATCH", `${here}/members/${m.user}`, { role: role.value })));
      return el(
        "li",
        {},
        el("span", { class: "grow" }, m.name, el("br"), el("small", { class: "soft" }, m.email)),
        el("span", {}, role),
        (owner || m.you) &&
          el(
            "button",
            {
              type: "button",
              class: "quiet",
              "aria-label": `${m.you ? "Leave" : "Remove"} ${m.name}`,
              onclick: () => remove(m),
            },
            m.you ? "Leave" : "Remove",
          ),
      );
    }),
  );
}
