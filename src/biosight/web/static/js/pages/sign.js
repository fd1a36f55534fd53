// @ts-check
/** Sign in, sign up, set a new password. */
import { call } from "../frame/api.js";
import { fields, find } from "../frame/dom.js";
import { markSignedOut } from "../frame/session_mark.js";

/** @returns {string} where to go afterwards: a path of this site only */
function after() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  return new URL(next, location.href).origin === location.origin && next.startsWith("/") && !next.startsWith("//")
    ? next
    : "/";
}

/** @param {HTMLElement} main */
export function mount(main) {
  markSignedOut();
  const form = find(main, "form");
  const secret = form.querySelector('input[type="hidden"]');
  if (secret && location.hash) secret.value = location.hash.slice(1);
  form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const problem = find(form, ".problem");
    const button = find(form, "button");
    problem.hidden = true;
    button.disabled = true;
    try {
      await call("POST", `/${form.dataset.sign}`, fields(form));
      const done = form.querySelector(".done");
      if (done) {
        done.removeAttribute("hidden");
        return;
      }
      location.assign(form.dataset.sign === "reset" ? "/sign-in" : after());
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
      button.disabled = false;
    }
  });
}
