// @ts-check
/** The person's own account: name, password, sign-ins, tokens, leaving. */

import { call } from "../frame/api.js";
import { el, fields, find, when } from "../frame/dom.js";
import { goTo } from "../frame/events.js";
import { complain, question, toast } from "../frame/toast.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  /** @param {string} selector @param {(values: Record<string, string>, form: HTMLFormElement) => Promise<void>} run */
  const onSubmit = (selector, run) =>
    find(main, selector).addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const form = /** @type {HTMLFormElement} */ (event.target);
      const problem = /** @type {HTMLElement | null} */ (form.querySelector(".problem"));
      if (problem) problem.hidden = true;
      try {
        await run(fields(form), form);
      } catch (error) {
        if (!problem) return complain(error);
        problem.textContent = error instanceof Error ? error.message : String(error);
        problem.hidden = false;
      }
    });
  find(main, "#sign-out").addEventListener("click", () =>
    call("POST", "/sign-out").then(() => location.assign("/sign-in"), complain),
  );
  find(main, "#everywhere").addEventListener("click", async () => {
    const sure = await question({
      title: "Sign out everywhere?",
      words: "All browsers are signed out, this one too. API tokens stay.",
      ok: "Sign out everywhere",
    });
    if (sure) await call("DELETE", "/me/sessions").then(() => location.assign("/sign-in"), complain);
  });
  onSubmit("#rename", async (values) => {
    await call("PATCH", "/me", values);
    goTo("/account");
  });
  onSubmit("#names", async (values) => {
    const now = await call("PATCH", "/me", values);
    document.body.dataset.names = now.names;
    toast("Names are shown this way from now on.");
  });
  onSubmit("#password", async (values, form) => {
    await call("POST", "/me/password", values);
    form.reset();
    toast("The password is changed.");
    await drawSessions(main);
  });
  onSubmit("#token", async (values, form) => {
    const made = await call("POST", "/me/tokens", {
      name: values.name,
      scopes: values.scopes.split(","),
      days: Number(values.days),
    });
    form.reset();
    const box = find(main, "#secret");
    box.hidden = false;
    box.replaceChildren("Copy this now; it is not shown again.", el("code", {}, made.secret));
    await drawTokens(main);
  });
  onSubmit("#leave", async (values) => {
    if (
      !(await question({
        title: "Delete your account?",
        words: "This can't be undone.",
        ok: "Delete account",
        danger: true,
      }))
    )
      return;
    await call("DELETE", "/me", values);
    location.assign("/sign-in");
  });
  await Promise.all([drawSessions(main), drawTokens(main)]);
}

/** @param {string} agent a User-Agent @returns {string} what a person calls it */
function device(agent) {
  const browser = ["Firefox", "Edg", "Chrome", "Safari"].find((b) => agent.includes(b));
  const system = ["Windows", "Android", "iPhone", "iPad", "Mac", "Linux"].find((s) => agent.includes(s));
  return browser ? `${browser === "Edg" ? "Edge" : browser}${system ? ` on ${system}` : ""}` : agent || "unknown";
}

/** @param {HTMLElement} main */
async function drawSessions(main) {
  const sessions = await call("GET", "/me/sessions");
  const end = (/** @type {string} */ id) =>
    call("DELETE", `/me/sessions/${id}`).then(() => drawSessions(main), complain);
  find(main, "#sessions").replaceChildren(
    ...sessions.map((/** @type {Schemas["SessionOut"]} */ s) =>
      el(
        "li",
        {},
        el(
          "span",
          { class: "grow" },
          device(s.device),
          el("br"),
          el("small", { class: "soft" }, s.current ? "this one" : `last seen ${when(s.seen_at)}`),
        ),
        !s.current &&
          el(
            "button",
            { type: "button", "aria-label": `End the session of ${device(s.device)}`, onclick: () => end(s.id) },
            "End",
          ),
      ),
    ),
  );
}

/** @param {HTMLElement} main */
async function drawTokens(main) {
  const tokens = await call("GET", "/me/tokens");
  const revoke = (/** @type {string} */ id) =>
    call("DELETE", `/me/tokens/${id}`).then(() => drawTokens(main), complain);
  find(main, "#tokens").replaceChildren(
    ...tokens.map((/** @type {Schemas["TokenOut"]} */ t) =>
      el(
        "li",
        {},
        el(
          "span",
          { class: "grow" },
          t.name,
          el("br"),
          el(
            "small",
            { class: "soft" },
            [
              t.scopes.join(" and "),
              t.used_at ? `last used ${when(t.used_at)}` : "not used yet",
              t.ends_at ? `${t.ends_at < Date.now() / 1000 ? "ended" : "ends"} ${when(t.ends_at)}` : "never ends",
            ].join(", "),
          ),
        ),
        el("button", { type: "button", "aria-label": `Revoke ${t.name}`, onclick: () => revoke(t.id) }, "Revoke"),
      ),
    ),
  );
}
