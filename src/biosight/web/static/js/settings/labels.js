// @ts-check
/** A collection's labels: rename, merge and remove them. */
import { ApiError, call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { complain, question, toast } from "../frame/toast.js";
import { undoAct } from "../pictures/acts.js";
import { areAlike } from "../pictures/spelling.js";
import { watch } from "../pictures/work.js";
import { moveName, place } from "./names.js";

/**
 * Rename a label, merge it into another or, without a name, remove it; ask first, with counts.
 * @param {string} here @param {{label: string, images: number}} l @param {string} name @param {() => Promise<void>} redraw
 */
export async function renameLabel(here, l, name, redraw) {
  const isTwin = (/** @type {string} */ a) => areAlike(a, name) && !areAlike(a, l.label);
  const labels = name ? await call("GET", `${here}/labels`) : [];
  const into =
    labels.find((/** @type {Schemas["LabelOut"]} */ o) => o.label === name) ??
    labels.find((/** @type {Schemas["LabelOut"]} */ o) => isTwin(o.label));
  name = into?.label ?? name;
  const many = counted(l.images, "picture");
  const words = !name
    ? `${many} will have no label until somebody names them.`
    : into
      ? `${many} join the ${into.images.toLocaleString("en")} in “${name}”.`
      : `${many} will be called “${name}”, and so will new ones.`;
  const title = !name ? `Remove “${l.label}”?` : into ? `Merge “${l.label}” into “${name}”?` : `Rename “${l.label}”?`;
  const sure = await question({
    title,
    words: `${words} You can undo this in the history.`,
    ok: !name ? "Remove" : into ? "Merge" : "Rename",
    danger: !name,
  });
  if (!sure) return;
  const done = await renamed(here, { old: l.label, new: name });
  if (!done) return;
  const { act, changed, job } = done;
  const run = () => undoAct(act).then(redraw);
  if (job) watch(job);
  else toast(`${counted(changed, "picture")} changed`, { act: "Undo", of: act, run });
  await redraw();
}

/**
 * Rename. If a name would absorb a sensitive one, ask whether it becomes sensitive; without an
 * answer nothing changes.
 * @param {string} here @param {{old: string, new: string}} body
 * @returns {Promise<any>}
 */
async function renamed(here, body) {
  try {
    return await call("POST", `${here}/labels/rename`, body);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "needs_answer") throw error;
  }
  const hide = await question({
    title: `Hide the places of “${body.new}”?`,
    words: `“${body.old}” is a sensitive name and “${body.new}” is not. Hidden places stay hidden only if “${body.new}” becomes sensitive too. You can change this in the settings.`,
    ok: `Make “${body.new}” sensitive`,
  });
  return hide ? call("POST", `${here}/labels/rename`, { ...body, sensitive: true }) : null;
}

/** @param {HTMLElement} main @param {string} here @param {boolean} editor @param {() => Promise<void>} redraw */
export async function drawLabels(main, here, editor, redraw) {
  const labels = (await call("GET", `${here}/labels`)).filter(
    (/** @type {Schemas["LabelOut"]} */ l) => l.label && l.images,
  );
  /** @param {Schemas["LabelOut"]} l @param {string} name */
  const rename = (l, name) => renameLabel(here, l, name, redraw);
  find(main, "#labels").replaceChildren(
    ...(editor ? labels.filter((/** @type {Schemas["LabelOut"]} */ l) => l.twin) : []).map(
      (/** @type {Schemas["LabelOut"]} */ l) =>
        el(
          "li",
          { class: "hint" },
          el("span", {}, `“${l.label}” and “${l.twin}” are the same name, written in two ways.`),
          el("button", { type: "button", onclick: () => rename(l, l.twin).catch(complain) }, `Merge into ${l.twin}`),
        ),
    ),
    ...labels.map((/** @type {Schemas["LabelOut"]} */ l) => {
      const input = el("input", {
        value: l.label,
        "aria-label": `New name of ${l.label}`,
        maxlength: 80,
        disabled: !editor,
      });
      const submit = (/** @type {Event} */ event) => {
        event.preventDefault();
        const name = input.value.trim();
        if (name && name !== l.label) rename(l, name).catch(complain);
      };
      return el(
        "li",
        {},
        el(
          "form",
          { class: "row", onsubmit: submit },
          input,
          el(
            "small",
            { class: "soft", title: "pictures, and how many of them are confirmed" },
            `${l.images.toLocaleString("en")}, ${l.verified} ✓`,
          ),
          editor && el("button", { "aria-label": `Rename ${l.label}` }, "Rename"),
          editor &&
            el(
              "button",
              {
                type: "button",
                class: "quiet",
                "aria-label": `Move ${l.label}`,
                onclick: () => moveName(main, here, l.label, redraw).catch(complain),
              },
              "Move",
            ),
          editor &&
            el(
              "button",
              {
                type: "button",
                class: "quiet",
                "aria-label": `Remove ${l.label}`,
                onclick: () => rename(l, "").catch(complain),
              },
              "Remove",
            ),
          place(l.taxon),
        ),
      );
    }),
    ...(labels.length ? [] : [el("li", { class: "soft" }, "No labels yet.")]),
  );
}
