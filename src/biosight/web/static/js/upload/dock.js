// @ts-check
/** The upload dock: progress while it runs, a receipt when it is done. */

import { call } from "../frame/api.js";
import { counted, el, find, percent, shown } from "../frame/dom.js";
import { goTo, listen, tell } from "../frame/events.js";
import { complain } from "../frame/toast.js";
import { doAct } from "../pictures/acts.js";
import { broughtNames, broughtWords, offerNames } from "./brought_names.js";
import { offerDeployments, topFolders } from "./offer.js";
import { importParcel } from "./parcel.js";
import { dismiss, retry, settled, state, stop } from "./upload.js";

/** With fewer pictures, a majority of unfamiliar ones means nothing. */
const FEW = 10;
const NONE = { folders: [], keywords: [] };
let pending = false;

listen("uploading", () => {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    draw();
  });
});

listen("uploaded", async () => {
  if (!state.latest) return;
  if (isStrange())
    state.otherModels = await call("GET", `/collections/${state.collection}/models-that-know`).catch(() => []);
  state.tops = await topFolders(state.collection, state.latest.session).catch((error) => {
    complain(error);
    return [];
  });
  state.brought = await broughtNames(state.collection, state.latest.session).catch(() => NONE);
  draw();
});

/** Return whether most of the new pictures are unlike all that the model knows. */
const isStrange = () => state.stored >= FEW && state.strange > state.stored / 2;

/** Begin a try-on; the collection's Model page shows how far it is. @param {string} collection @param {string} model */
async function tryOn(collection, model) {
  try {
    await call("POST", `/collections/${collection}/try-on`, { model });
    goTo(`/collections/${collection}/model`);
  } catch (error) {
    complain(error);
  }
}

function draw() {
  const dock = find(document, "#dock");
  const open = [...dock.querySelectorAll("details[open]")].map((d) => d.className);
  dock.hidden = state.total + state.others + state.stopped === 0 && !state.table;
  if (dock.hidden) return;
  const done = settled();
  const finished = done >= state.total && !state.active;
  dock.replaceChildren(...(finished ? receipt(state) : progress(state, done)), ...refusals(state, open));
}

/** @param {import("./upload.js").State} state @param {number} done */
function progress(state, done) {
  const latest = state.latest;
  return [
    el(
      "header",
      {},
      el("strong", {}, `${done.toLocaleString("en")} of ${counted(state.total, "picture")}`),
      el("small", { class: "soft" }, timeLeft(done)),
      el("button", { type: "button", onclick: stop }, "Stop"),
    ),
    el("progress", { value: done, max: state.total, "aria-label": "Upload progress" }),
    el(
      "div",
      { class: "latest" },
      latest ? el("img", { src: `/api/v1/images/${latest.id}/thumbnail`, alt: "" }) : null,
      el(
        "span",
        {},
        state.paused ||
          (latest ? `${shown(latest.label)}, ${percent(latest.confidence)} · ${latest.name}` : "Starting…"),
      ),
    ),
  ];
}

/**
 * Return the time left at the pace so far, in words; "" while there is no pace yet.
 * @param {number} done
 */
function timeLeft(done) {
  const spent = (Date.now() - state.began) / 1000;
  if (done < 8 || spent < 4) return "";
  const left = (spent / done) * (state.total - done);
  if (left < 60) return "less than a minute left";
  const minutes = Math.round(left / 60);
  return minutes < 90 ? `about ${minutes} min left` : `about ${Math.round(minutes / 60)} h left`;
}

/** @param {import("./upload.js").State} state */
function receipt(state) {
  const parts = [
    `${state.stored.toLocaleString("en")} stored`,
    state.duplicates ? `${state.duplicates.toLocaleString("en")} here already` : "",
    state.refused.length ? `${state.refused.length} refused` : "",
    state.others ? `${counted(state.others, "file is not a picture", "files are not pictures")}` : "",
    state.stopped ? `${state.stopped.toLocaleString("en")} not sent` : "",
  ].filter(Boolean);
  const link = `/collections/${state.collection}`;
  const last = state.latest ? `${link}?session=${state.latest.session}` : link;
  return [
    el(
      "header",
      {},
      el("strong", {}, state.stopped ? "Upload stopped" : "Upload finished"),
      el("button", { type: "button", class: "quiet icon", "aria-label": "Close", onclick: dismiss }, "×"),
    ),
    el("p", { class: "receipt" }, parts.join(", ")),
    isStrange()
      ? el(
          "p",
          {},
          `${state.strange.toLocaleString("en")} of ${state.stored.toLocaleString("en")} look like nothing that this model knows. `,
          state.otherModels.length
            ? "This model knows them: "
            : "No other model here knows them. Name some of each kind, and teach it: ",
          state.otherModels.map((key) =>
            el("button", { type: "button", onclick: () => tryOn(state.collection, key) }, `Try ${key} on`),
          ),
          el("a", { href: `${link}/model` }, "All models"),
        )
      : null,
    state.trashed.length
      ? el(
          "p",
          {},
          `${counted(state.trashed.length, "picture is", "pictures are")} in the trash. `,
          el("button", { type: "button", onclick: () => restore(state) }, "Restore"),
        )
      : null,
    state.stored ? el("a", { href: last }, "Show the new pictures") : null,
    state.tops.length
      ? el(
          "button",
          {
            type: "button",
            onclick: () => offerDeployments(state.collection, state.latest.session, state.tops).catch(complain),
          },
          state.tops.length === 1 ? `A deployment for ${state.tops[0].name}` : "One deployment for each folder",
        )
      : null,
    broughtWords(state.brought)
      ? el(
          "button",
          { type: "button", onclick: () => offerNames(state.collection, state.latest.session, state.brought) },
          broughtWords(state.brought),
        )
      : null,
    state.table ? tableOffer(state.collection, state.table) : null,
    state.refused.some((r) => r.again)
      ? el("button", { type: "button", onclick: retry }, "Try the failed ones again")
      : null,
  ].filter(Boolean);
}

/** The table of an earlier download lay among the pictures. @param {string} collection @param {File} table */
function tableOffer(collection, table) {
  const run = () => importParcel(collection, table).catch(complain);
  return el("button", { type: "button", onclick: run }, `Labels from ${table.name} …`);
}

/** @param {import("./upload.js").State} state */
async function restore(state) {
  const images = state.trashed.map((i) => i.id);
  const back = await doAct(state.collection, { kind: "restore", images });
  if (back) {
    state.duplicates += state.trashed.length;
    state.trashed = [];
    tell("uploaded", state.collection);
    draw();
  }
}

/** @param {import("./upload.js").State} state @param {string[]} open */
function refusals(state, open) {
  if (!state.refused.length) return [];
  const rows = state.refused.slice(0, 200).map((r) => el("li", {}, el("strong", {}, r.path), `: ${r.reason}`));
  return [
    el(
      "details",
      { class: "refused", open: open.includes("refused") },
      el("summary", {}, `${state.refused.length} refused: why`),
      el("ul", {}, rows),
    ),
  ];
}
