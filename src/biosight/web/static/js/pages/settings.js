// @ts-check
/** A collection's threshold, favourites, labels, members and name. */

import { call } from "../frame/api.js";
import { counted, fields, find } from "../frame/dom.js";
import { goTo } from "../frame/events.js";
import { may } from "../frame/may.js";
import { complain, question, toast } from "../frame/toast.js";
import { wireAnswers } from "../settings/answers.js";
import { drawNames } from "../settings/browse.js";
import { wireInvitations } from "../settings/invitations.js";
import { drawLabels } from "../settings/labels.js";
import { drawMembers } from "../settings/members.js";
import { wireNames } from "../settings/names.js";
import { wireKind } from "../settings/picture_kind.js";
import { wireShares } from "../settings/shares.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  const here = `/collections/${main.dataset.collection}`;
  const editor = may(main, "change");
  const owner = may(main, "own");
  /** @param {string} selector @param {(values: Record<string, string>, form: HTMLFormElement) => Promise<void>} run */
  const onSubmit = (selector, run) =>
    main.querySelector(selector)?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const form = /** @type {HTMLFormElement} */ (event.target);
      await run(fields(form), form).catch(complain);
    });

  wireThreshold(main, here);
  wireKind(main, here);
  const lines = (/** @type {string} */ text) =>
    text
      .split("\n")
      .map((l) => l.trim())
      .filter(Boolean);
  onSubmit("#favourites", async ({ favourites }) => {
    await call("PATCH", here, { favourites: lines(favourites) });
    toast("Favourites saved");
  });
  onSubmit("#events", async ({ event_gap }) => {
    await call("PATCH", here, { event_gap: Number(event_gap) });
    toast("Gap saved");
  });
  for (const form of ["#together", "#people"]) {
    find(main, form).addEventListener("change", (/** @type {Event} */ event) => saveTick(here, event));
  }
  onSubmit("#sensitive", async ({ sensitive, coarse }) => {
    const saved = await call("PATCH", here, { sensitive: lines(sensitive), coarse: Number(coarse) });
    const field = /** @type {HTMLTextAreaElement} */ (main.querySelector("#sensitive textarea"));
    field.value = saved.sensitive.join("\n");
    toast("Sensitive names saved");
  });
  onSubmit("#name", async ({ name }) => {
    await call("PATCH", here, { name });
    goTo(location.pathname);
  });
  main.querySelector("#delete")?.addEventListener("click", async () => {
    const sure = await question({
      title: `Move “${main.dataset.name}” to the trash?`,
      words: "Members can't see the collection until an owner restores it.",
      ok: "Move to trash",
      danger: true,
    });
    if (!sure) return;
    try {
      await call("DELETE", here);
      toast(`“${main.dataset.name}” is in the trash.`);
      goTo("/");
    } catch (error) {
      complain(error);
    }
  });
  const redraw = async () => {
    await Promise.all([drawLabels(main, here, editor, redraw), drawNames(main, here, editor, redraw)]);
  };
  if (editor) wireNames(main, here, redraw);
  await Promise.all([
    redraw(),
    wireAnswers(main, here, redraw),
    drawMembers(main, here, owner),
    owner && wireInvitations(main, `${here}/invitations`),
    owner && wireShares(main, `${here}/shares`),
  ]);
}

/** Save a box that was ticked or unticked. @param {string} here @param {Event} event */
function saveTick(here, event) {
  const box = /** @type {HTMLInputElement} */ (event.target);
  call("PATCH", here, { [box.name]: box.checked })
    .then(() => toast(`${box.closest("label")?.textContent?.trim()}: ${box.checked ? "on" : "off"}`))
    .catch((error) => {
      box.checked = !box.checked;
      complain(error);
    });
}

/** @param {HTMLElement} main @param {string} here */
function wireThreshold(main, here) {
  const form = find(main, "#threshold");
  const output = find(form, "output");
  const slider = find(form, "input");
  const count = async () => {
    const now = await call("GET", here);
    find(main, "#unsure-count").textContent = `${counted(now.unsure, "picture is", "pictures are")} “unsure” now.`;
  };
  slider.addEventListener("input", () => {
    output.textContent = slider.value;
  });
  slider.addEventListener("change", () =>
    call("PATCH", here, { threshold: Number(slider.value) })
      .then(count)
      .catch(complain),
  );
  count().catch(complain);
}
