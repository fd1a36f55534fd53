// @ts-check
/** Example pictures: a collection of drawn ones to try things out, and one click that removes it. */
import { API, call } from "../frame/api.js";
import { counted, el } from "../frame/dom.js";
import { goTo } from "../frame/events.js";
import { complain, question, toast } from "../frame/toast.js";
import { add } from "./upload.js";

const NAME = "Example pictures";
const AT_ONCE = 4;

/** Return the example pictures as files. @param {(done: number, all: number) => void} tell called for each one */
async function fetchAll(tell) {
  /** @type {string[]} */
  const names = await call("GET", "/examples");
  /** @type {File[]} */
  const files = [];
  const waiting = [...names];
  const fetchSome = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const answer = await fetch(`${API}/examples/${name}`);
      if (!answer.ok) throw new Error("The example pictures could not be drawn. Try again.");
      files.push(new File([await answer.blob()], name, { type: "image/jpeg" }));
      tell(files.length, names.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, fetchSome));
  return files.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

/** Draw the examples, and upload them into a collection of their own. @param {HTMLButtonElement} button */
async function tryThem(button) {
  const words = button.textContent;
  button.disabled = true;
  try {
    const files = await fetchAll((done, all) => {
      button.textContent = `Drawing ${done} of ${counted(all, "picture")}`;
    });
    const made = await call("POST", "/collections", { name: NAME, picture_kind: "photographs", example: true });
    add(
      made.id,
      files.map((file) => ({ file, path: file.name })),
      Number(document.body.dataset.maxMb),
    );
    goTo(`/collections/${made.id}`);
  } catch (error) {
    complain(error);
  } finally {
    button.disabled = false;
    button.textContent = words;
  }
}

/** Wire the offer of examples, where a page has one. @param {ParentNode} main */
export function wireExamples(main) {
  const button = /** @type {HTMLButtonElement | null} */ (main.querySelector("#try-examples"));
  button?.addEventListener("click", () => tryThem(button));
}

/** Wire the notice on a collection of examples. @param {HTMLElement} main @param {string} collection */
export function wireRemoval(main, collection) {
  main.querySelector("#remove-examples")?.addEventListener("click", async () => {
    const words = "All its pictures go with it, those that you added too. An owner can restore it.";
    if (!(await question({ title: "Move this collection to the trash?", words, ok: "Remove", danger: true }))) return;
    try {
      await call("DELETE", `/collections/${collection}`);
      const restore = () =>
        call("POST", `/collections/${collection}/restore`).then(() => goTo(`/collections/${collection}`), complain);
      toast("The example pictures are removed.", { act: "Undo", run: restore, seconds: 12 });
      goTo("/");
    } catch (error) {
      complain(error);
    }
  });
}

/** Return what the library shows to somebody who has no pictures yet. */
export function firstOffer() {
  const offer = el(
    "div",
    { class: "empty greeting" },
    el("p", { class: "large" }, "New here?"),
    el("p", {}, "Open the collection below and add your pictures. Or look first at what BioSight does with examples."),
    el("button", { type: "button", id: "try-examples" }, "Try it with example pictures"),
  );
  wireExamples(offer);
  return offer;
}
