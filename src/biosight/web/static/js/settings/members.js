// @ts-check
/** A collection's members. */

import { call } from "../frame/api.js";
import { el, find } from "../frame/dom.js";
import { goTo } from "../frame/events.js";
import { complain, question } from "../frame/toast.js";

const ENDS = "Links and invitations made by this person end. Work that";

/** "an editor", "a viewer". @param {string} role */
const withArticle = (role) => `${/^[aeiou]/.test(role) ? "an" : "a"} ${role}`;

/** @param {HTMLElement} main @param {string} here @param {boolean} owner */
export async function drawMembers(main, here, owner) {
  const roles = (main.dataset.roles ?? "").split(" ");
  const members = await call("GET", `${here}/members`);
  /** @param {Promise<any>} done */
  const redraw = (done) => done.catch(complain).then(() => drawMembers(main, here, owner));
  /** @param {Schemas["MemberOut"]} m */
  const remove = async (m) => {
    const title = m.you ? "Leave this collection?" : `Remove ${m.name}?`;
    if (
      !(await question({
        title,
        words: `Only an invitation brings a person back. ${ENDS} ${m.you ? "you" : "they"} started here stops.`,
        ok: m.you ? "Leave" : "Remove",
        danger: true,
      }))
    )
      return;
    if (m.you) await call("DELETE", `${here}/members/${m.user}`).then(() => goTo("/"), complain);
    else await redraw(call("DELETE", `${here}/members/${m.user}`));
  };
  /** @param {Schemas["MemberOut"]} m @param {string} role */
  const change = async (m, role) => {
    const lower = roles.indexOf(role) < roles.indexOf(m.role);
    const title = `Make ${m.name} ${withArticle(role)}?`;
    const words = `${ENDS} ${m.you ? "you" : "they"} started here stops if the new role does not allow it.`;
    if (lower && !(await question({ title, words, ok: "Change the role" }))) return drawMembers(main, here, owner);
    return redraw(call("PATCH", `${here}/members/${m.user}`, { role }));
  };
  find(main, "#members").replaceChildren(
    ...members.map((/** @type {Schemas["MemberOut"]} */ m) => {
      const role = el(
        "select",
        { "aria-label": `Role of ${m.name}`, disabled: !owner },
        roles.map((r) => el("option", { value: r, selected: r === m.role }, r)),
      );
      role.addEventListener("change", () => change(m, role.value));
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
