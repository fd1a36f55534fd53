// @ts-check
/** A collection's threshold, favourites, labels, members and name. */
import { call } from "../api.js";
import { counted, el, fields, find } from "../dom.js";
import { undoAct } from "../acts.js";
import { complain, question, toast } from "../toast.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  const here = `/collections/${main.dataset.collection}`;
  const editor = main.dataset.role !== "viewer";
  const owner = main.dataset.role === "owner";
  /** @param {string} selector @param {(values: Record<string, string>, form: HTMLFormElement) => Promise<void>} run */
  const onSubmit = (selector, run) => main.querySelector(selector)?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    await run(fields(form), form).catch(complain);
  });

  wireThreshold(main, here);
  onSubmit("#favourites", async ({ favourites }) => {
    await call("PATCH", here, { favourites: favourites.split("\n").map((l) => l.trim()).filter(Boolean) });
    toast("Favourites saved");
  });
  onSubmit("#name", async ({ name }) => {
    await call("PATCH", here, { name });
    document.dispatchEvent(new CustomEvent("biosight:go", { detail: location.pathname }));
  });
  onSubmit("#offer", async (values, form) => {
    await call("POST", `${here}/offers`, values);
    form.reset();
    toast("Invited; the person finds it in their library.");
    await drawMembers(main, here, owner);
  });
  main.querySelector("#delete")?.addEventListener("click", async () => {
    const sure = await question({ title: `Move “${main.dataset.name}” to the trash?`, words: "Its members can't see it until an owner restores it.", ok: "Move to trash", danger: true });
    if (!sure) return;
    try {
      await call("DELETE", here);
      toast(`“${main.dataset.name}” is in the trash.`);
      document.dispatchEvent(new CustomEvent("biosight:go", { detail: "/" }));
    } catch (error) {
      complain(error);
    }
  });
  await Promise.all([drawLabels(main, here, editor), drawMembers(main, here, owner)]);
}

/** @param {HTMLElement} main @param {string} here */
function wireThreshold(main, here) {
  const form = find(main, "#threshold");
  const output = find(form, "output");
  const slider = find(form, "input");
  const count = async () => {
    const now = await call("GET", here);
    find(main, "#unsure-count").textContent = `${counted(now.unsure, "picture is", "pictures are")} “not sure” now.`;
  };
  slider.addEventListener("input", () => (output.textContent = slider.value));
  slider.addEventListener("change", () => call("PATCH", here, { threshold: Number(slider.value) }).then(count).catch(complain));
  count().catch(complain);
}

/** @param {HTMLElement} main @param {string} here @param {boolean} editor */
async function drawLabels(main, here, editor) {
  const labels = (await call("GET", `${here}/labels`)).filter((/** @type {any} */ l) => l.label);
  /** @param {any} l @param {string} name */
  const rename = async (l, name) => {
    const into = labels.find((/** @type {any} */ o) => o.label === name);
    const many = counted(l.images, "picture");
    const words = !name ? `${many} will have no label until somebody names them.`
      : into ? `${many} join the ${into.images.toLocaleString("en")} in “${name}”.` : `${many} will be called “${name}”, and so will new ones.`;
    const title = !name ? `Remove “${l.label}”?` : into ? `Merge “${l.label}” into “${name}”?` : `Rename “${l.label}”?`;
    if (!(await question({ title, words: `${words} You can undo this in the history.`, ok: !name ? "Remove" : into ? "Merge" : "Rename", danger: !name }))) return;
    let step = { act: "", next: "", changed: 0 };
    let done = 0;
    do {
      step = await call("POST", `${here}/labels/rename`, { old: l.label, new: name, act: step.act, start: step.next });
      done += step.changed;
      if (step.next) toast(`${done} of ${many}…`, { seconds: 2 });
    } while (step.next);
    const { act } = step;
    toast(`${counted(done, "picture")} changed`, { act: "Undo", of: act, run: () => undoAct(act).then(() => drawLabels(main, here, editor)) });
    await drawLabels(main, here, editor);
  };
  find(main, "#labels").replaceChildren(...labels.map((/** @type {any} */ l) => {
    const input = el("input", { value: l.label, "aria-label": `New name of ${l.label}`, maxlength: 80, disabled: !editor });
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      const name = input.value.trim();
      if (name && name !== l.label) rename(l, name).catch(complain);
    };
    return el("li", {}, el("form", { class: "row", onsubmit: submit }, input, el("small", { class: "soft", title: "pictures, confirmed ones" }, `${l.images.toLocaleString("en")}, ${l.verified} ✓`),
      editor && el("button", { "aria-label": `Rename ${l.label}` }, "Rename"),
      editor && el("button", { type: "button", class: "quiet", "aria-label": `Remove ${l.label}`, onclick: () => rename(l, "").catch(complain) }, "Remove")));
  }), ...(labels.length ? [] : [el("li", { class: "soft" }, "No labels yet.")]));
}

/** @param {HTMLElement} main @param {string} here @param {boolean} owner */
async function drawMembers(main, here, owner) {
  const members = await call("GET", `${here}/members`);
  /** @param {Promise<any>} done */
  const redraw = (done) => done.then(() => drawMembers(main, here, owner)).catch((e) => (complain(e), drawMembers(main, here, owner)));
  /** @param {any} m */
  const remove = async (m) => {
    const title = m.you ? "Leave this collection?" : `Remove ${m.name}?`;
    if (!(await question({ title, words: "Only an invitation brings a person back.", ok: m.you ? "Leave" : "Remove", danger: true }))) return;
    if (m.you) await call("DELETE", `${here}/members/${m.user}`).then(() => document.dispatchEvent(new CustomEvent("biosight:go", { detail: "/" })), complain);
    else await redraw(call("DELETE", `${here}/members/${m.user}`));
  };
  find(main, "#members").replaceChildren(...members.map((/** @type {any} */ m) => {
    const role = el("select", { "aria-label": `Role of ${m.name}`, disabled: !owner }, ["viewer", "editor", "owner"].map((r) => el("option", { value: r, selected: r === m.role }, r)));
    role.addEventListener("change", () => redraw(call("PATCH", `${here}/members/${m.user}`, { role: role.value })));
    return el("li", {}, el("span", { class: "grow" }, m.name, el("br"), el("small", { class: "soft" }, m.email)), el("span", {}, role),
      (owner || m.you) && el("button", { type: "button", class: "quiet", "aria-label": `${m.you ? "Leave" : "Remove"} ${m.name}`, onclick: () => remove(m) }, m.you ? "Leave" : "Remove"));
  }));
  if (!owner) return;
  const offers = await call("GET", `${here}/offers`);
  find(main, "#offers").replaceChildren(...offers.map((/** @type {any} */ o) =>
    el("li", {}, el("span", { class: "grow" }, `${o.email}, as ${o.role} `, el("small", { class: "soft" }, "not answered yet")),
      el("button", { type: "button", class: "quiet", "aria-label": `Withdraw the invitation of ${o.email}`, onclick: () => redraw(call("DELETE", `${here}/offers/${o.id}`)) }, "Withdraw"))));
}
