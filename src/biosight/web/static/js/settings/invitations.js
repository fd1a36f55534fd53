// @ts-check
/** Invitations by link, to a collection or to BioSight: make, copy and withdraw them. */
import { call } from "../frame/api.js";
import { counted, el, fields, find, when } from "../frame/dom.js";
import { complain, toast } from "../frame/toast.js";

/**
 * @param {HTMLElement} main holds #invite, #link and #invitations
 * @param {string} path of the API
 */
export async function wireInvitations(main, path) {
  find(main, "#invite").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const { days, uses, ...said } = fields(form);
    try {
      const made = await call("POST", path, { ...said, days: Number(days), uses: Number(uses) });
      const sent = made.mailed ? `An email is on its way to ${said.email}. The link is` : "Send this link; it is";
      showLink(main, made.path, `${sent} not shown again.`);
      form.reset();
      await draw(main, path);
    } catch (error) {
      complain(error);
    }
  });
  await draw(main, path);
}

const HELP =
  "Others reach BioSight once it runs under a name or address that they can open; see “Running” in the help.";

/** Return whether a host name leads back to the same computer. @param {string} host */
const isHere = (host) => /^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(host);

/** @param {HTMLElement} main @param {string} path @param {string} words @param {string} [where] the box for it */
export function showLink(main, path, words, where = "#link") {
  const box = find(main, where);
  const address = location.origin + path;
  const copy = async () => {
    await navigator.clipboard.writeText(address).then(() => toast("The link is copied"), complain);
  };
  box.hidden = false;
  box.replaceChildren(
    words,
    el("code", {}, address),
    isHere(location.hostname) && el("p", {}, el("strong", {}, "This address works on this computer alone. "), HELP),
    navigator.clipboard ? el("button", { type: "button", onclick: copy }, "Copy") : "",
  );
  box.scrollIntoView({ block: "nearest" });
}

/** @param {HTMLElement} main @param {string} path */
async function draw(main, path) {
  const open = await call("GET", path);
  const withdraw = (/** @type {string} */ id) => call("DELETE", `${path}/${id}`).then(() => draw(main, path), complain);
  find(main, "#invitations").replaceChildren(
    ...open.map((/** @type {Schemas["InvitationOut"]} */ i) => {
      const who =
        i.email || (i.uses > 1 ? `${counted(i.uses, "person", "people")} with the link` : "anyone with the link");
      return el(
        "li",
        {},
        el(
          "span",
          { class: "grow" },
          who + (i.role ? `, as ${i.role}` : ""),
          el("br"),
          el("small", { class: "soft" }, i.ends_at ? `until ${when(i.ends_at)}` : "not answered yet"),
        ),
        el(
          "button",
          {
            type: "button",
            class: "quiet",
            "aria-label": `Withdraw the invitation of ${who}`,
            onclick: () => withdraw(i.id),
          },
          "Withdraw",
        ),
      );
    }),
  );
}
