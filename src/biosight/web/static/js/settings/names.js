// @ts-check
/** The tree of names in the settings: add a name, move one, import a checklist. */
import { call } from "../frame/api.js";
import { counted, el, find, several } from "../frame/dom.js";
import { complain, question, toast } from "../frame/toast.js";
import { undoAct } from "../pictures/acts.js";
import { chooseLabel } from "../pictures/relabel.js";

/** Repeat until every picture has its place. @param {string} here @param {boolean} settled */
async function settle(here, settled) {
  let done = settled;
  while (!done) done = (await call("POST", `${here}/names/settle`)).settled;
}

/** @param {string} words @param {string} act @param {string} here @param {() => Promise<void>} redraw */
function offerUndo(words, act, here, redraw) {
  const run = async () => {
    await undoAct(act);
    await settle(here, false);
    await redraw();
  };
  toast(words, { act: "Undo", of: act, run });
}

/** Put a label below another one. @param {HTMLElement} main @param {string} here @param {string} label @param {() => Promise<void>} redraw */
export async function moveName(main, here, label, redraw) {
  const parent = await chooseLabel(main.dataset, `Move “${label}” below …`, { only: true });
  if (!parent) return;
  const done = await call("POST", `${here}/names/move`, { label, parent });
  await settle(here, done.settled);
  offerUndo(`“${label}” is now below ${parent}`, done.act, here, redraw);
  await redraw();
}

/** @returns {Promise<string | null>} a name to add */
function newName(title = "Add a name") {
  return question({ title, words: "The label as it will be written.", ok: "Add", input: "Name" });
}

/** @param {string} here @param {string} label @param {string} parent @param {() => Promise<void>} redraw */
async function add(here, label, parent, redraw) {
  const done = await call("POST", `${here}/names`, { label, parent });
  await settle(here, done.settled);
  offerUndo(`“${done.label}” is added below ${parent}`, done.act, here, redraw);
  await redraw();
}

/** @param {HTMLElement} main @param {string} here @param {() => Promise<void>} redraw */
async function addName(main, here, redraw) {
  const label = await newName();
  if (!label) return;
  const parent = await chooseLabel(main.dataset, `“${label}” is a kind of …`, { only: true });
  if (parent) await add(here, label, parent, redraw);
}

/**
 * Add a name below a known one.
 * @param {string} here @param {string} parent @param {() => Promise<void>} redraw
 */
export async function addBelow(here, parent, redraw) {
  const label = await newName(`Add a name below ${parent}`);
  if (label) await add(here, label, parent, redraw);
}

/**
 * Add the names of a checklist after a look at what is new; return false if the person did not want it.
 * @param {string} here @param {File} file @param {() => Promise<void>} redraw
 * @returns {Promise<boolean>}
 */
export async function takeChecklist(here, file, redraw) {
  const form = new FormData();
  form.append("file", file);
  const seen = await call("POST", `${here}/names/checklist/preview`, form);
  const many = seen.new + seen.synonyms;
  if (!many) {
    toast(`All ${counted(seen.known, "name")} of this list are known already.`);
    return true;
  }
  const doubts = seen.doubtful
    ? ` ${counted(seen.doubtful, "row is", "rows are")} doubtful: ${seen.doubts.slice(0, 3).join(" ")}${seen.doubtful > 3 ? " …" : ""}`
    : "";
  const sure = await question({
    title: `Add ${counted(many, "name")}?`,
    words: `${several([
      [seen.new, "new name"],
      [seen.synonyms, "synonym"],
      [seen.known, "known name"],
    ])}. Known names stay.${doubts}`,
    ok: "Add",
  });
  if (!sure) return false;
  let done = { act: "", added: 0, left: 1, settled: false };
  let added = 0;
  while (done.left) {
    const again = new FormData();
    again.append("file", file);
    done = await call("POST", `${here}/names/checklist${done.act ? `?act=${done.act}` : ""}`, again);
    added += done.added;
    if (done.left) toast(`${added.toLocaleString("en")} of ${many.toLocaleString("en")} names…`, { seconds: 2 });
  }
  await settle(here, done.settled);
  offerUndo(`${counted(added, "name")} added`, done.act, here, redraw);
  await redraw();
  return true;
}

/** @param {HTMLElement} main @param {string} here @param {() => Promise<void>} redraw */
export function wireNames(main, here, redraw) {
  find(main, "#add-name").addEventListener("click", () => addName(main, here, redraw).catch(complain));
  const file = find(main, "#checklist");
  find(main, "#take-checklist").addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    const [chosen] = file.files;
    file.value = "";
    if (chosen) takeChecklist(here, chosen, redraw).catch(complain);
  });
}

/** Return a label's place in the tree, in words. @param {Schemas["TaxonOut"] | null} taxon */
export function place(taxon) {
  const above = taxon?.line.slice(0, -1).join(" › ");
  return el("small", { class: "soft" }, [taxon?.taxon_rank, above && `below ${above}`].filter(Boolean).join(" "));
}
