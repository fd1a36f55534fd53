// @ts-check
/** The names that alone may be answered in a collection, typed or taken from a checklist. */
import { call } from "../frame/api.js";
import { counted, el, fields, find } from "../frame/dom.js";
import { goTo } from "../frame/events.js";
import { complain, toast } from "../frame/toast.js";
import { takeChecklist } from "./names.js";

/** Draw what the model can make of the list. @param {HTMLElement} main @param {Schemas["AnswersOut"]} found */
function draw(main, found) {
  find(main, "#answerable textarea").value = found.names.join("\n");
  const above = Object.entries(found.above);
  find(main, "#answers-words").replaceChildren(
    el("p", {}, found.words),
    above.length
      ? el(
          "details",
          {},
          el("summary", {}, `${counted(above.length, "name")} that it can't tell`),
          el(
            "ul",
            { class: "rows" },
            above.map(([name, by]) =>
              el("li", {}, el("span", {}, name), el("span", { class: "soft" }, `answered by ${by}`)),
            ),
          ),
        )
      : "",
  );
}

/** Say how the pictures that are there get answers from the list. @param {string} words @param {string} here */
function saved(words, here) {
  toast(words, { act: "Try it on", run: async () => goTo(`${here}/model`) });
}

/** @param {HTMLElement} main @param {string} here @param {() => Promise<void>} redraw */
export async function wireAnswers(main, here, redraw) {
  const form = find(main, "#answerable");
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    const names = fields(/** @type {HTMLFormElement} */ (form)).answerable.split("\n");
    const answerable = names.map((n) => n.trim()).filter(Boolean);
    try {
      await call("PATCH", here, { answerable });
      draw(main, await call("GET", `${here}/names/answerable`));
      saved(
        answerable.length ? "New pictures are answered with these names alone." : "Any name may be answered.",
        here,
      );
    } catch (error) {
      complain(error);
    }
  });
  const file = main.querySelector("#answers-file");
  if (file instanceof HTMLInputElement) {
    find(main, "#take-answers").addEventListener("click", () => file.click());
    file.addEventListener("change", async () => {
      const [chosen] = file.files ?? [];
      file.value = "";
      if (chosen) await takeList(main, here, chosen, redraw).catch(complain);
    });
  }
  draw(main, await call("GET", `${here}/names/answerable`));
}

/** Add the names of a checklist to the tree, then answer only with them. @param {HTMLElement} main @param {string} here @param {File} chosen @param {() => Promise<void>} redraw */
async function takeList(main, here, chosen, redraw) {
  if (!(await takeChecklist(here, chosen, redraw))) return;
  const body = new FormData();
  body.append("file", chosen);
  draw(main, await call("POST", `${here}/names/checklist/answerable`, body));
  saved("New pictures are answered with the names of this list alone.", here);
}
