// @ts-check
/** The link in each mail with notices: one button ends them, without signing in. */
import { call, query } from "../frame/api.js";
import { find } from "../frame/dom.js";

/** @param {HTMLElement} main */
export function mount(main) {
  const form = find(main, "form");
  const secret = location.hash.slice(1);
  form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const problem = find(form, ".problem");
    problem.hidden = true;
    try {
      await call("POST", `/notices/stop${query({ secret })}`);
      find(form, ".done").hidden = false;
      find(form, "button").hidden = true;
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
    }
  });
}
