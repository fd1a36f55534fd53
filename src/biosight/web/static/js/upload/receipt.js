// @ts-check
/** The receipt of an upload: what became of it, and what may be done next. Elsewhere than on the grid it is one line. */

import { call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { goTo, listen, tell } from "../frame/events.js";
import { complain } from "../frame/toast.js";
import { doAct } from "../pictures/acts.js";
import { kindOffer } from "../settings/picture_kind.js";
import { broughtWords, offerNames } from "./brought_names.js";
import { offerDeployments } from "./offer.js";
import { importParcel } from "./parcel.js";
import { dismiss, retry, state } from "./upload.js";

/** With fewer pictures, a majority of unfamiliar ones means nothing. */
const FEW = 10;

/** Whether the receipt is open: on the grid it is, elsewhere only if somebody opens it. */
let unfolded = true;

listen("ready", () => {
  unfolded = find(document, "#main").dataset.page === "collection";
  tell("uploading");
});

/** Return whether most of the new pictures are unlike all that the model knows. */
export const isStrange = () => state.stored >= FEW && state.strange > state.stored / 2;

/** Begin a try-on; the collection's Model page shows how far it is. @param {string} collection @param {string} model */
async function tryOn(collection, model) {
  try {
    await call("POST", `/collections/${collection}/try-on`, { model });
    goTo(`/collections/${collection}/model`);
  } catch (error) {
    complain(error);
  }
}

/** What became of an upload, in words. @param {import("./upload.js").State} state */
export function inShort(state) {
  return `${state.stopped ? "Upload stopped" : "Upload finished"}: ${outcome(state)}`;
}

/** What became of an upload, in one line that opens. @param {import("./upload.js").State} state @param {string[]} open */
export function folded(state, open) {
  const close = el("button", { type: "button", class: "quiet icon", "aria-label": "Close", onclick: dismiss }, "×");
  const fold = el(
    "details",
    { class: "receipt", open: unfolded },
    el("summary", {}, el("strong", {}, inShort(state))),
    el("div", {}, receipt(state), refusals(state, open)),
  );
  fold.addEventListener("toggle", () => {
    unfolded = fold.open;
  });
  return [fold, close];
}

/** @param {import("./upload.js").State} state */
function outcome(state) {
  return [
    `${state.stored.toLocaleString("en")} stored`,
    state.duplicates ? `${state.duplicates.toLocaleString("en")} here already` : "",
    state.refused.length ? `${state.refused.length} refused` : "",
    state.others ? `${counted(state.others, "file is not a picture", "files are not pictures")}` : "",
    state.stopped ? `${state.stopped.toLocaleString("en")} not sent` : "",
  ]
    .filter(Boolean)
    .join(", ");
}

/** @param {import("./upload.js").State} state */
function receipt(state) {
  const link = `/collections/${state.collection}`;
  const last = state.latest ? `${link}?session=${state.latest.session}` : link;
  return [
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
    state.kind
      ? kindOffer(state.collection, state.kind, () => {
          state.kind = null;
          tell("uploading");
        })
      : null,
    state.stored ? whatNext(link, last) : null,
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
      ? el("button", { type: "button", onclick: () => offerBrought(state) }, broughtWords(state.brought))
      : null,
    state.table ? tableOffer(state.collection, state.table) : null,
    state.refused.some((r) => r.again)
      ? el("button", { type: "button", onclick: retry }, "Try the failed ones again")
      : null,
  ].filter(Boolean);
}

/** What may be done with new pictures, in one line. @param {string} link @param {string} last */
const whatNext = (link, last) =>
  el(
    "p",
    {},
    "Next: ",
    el("a", { href: last, onclick: dismiss }, "look at them"),
    ", ",
    el("a", { href: `${link}/review` }, "review the labels"),
    ", ",
    el("a", { href: `${link}/places` }, "say where they were taken"),
    ".",
  );

/** Ask which names are labels; once some were given, the offer goes. @param {import("./upload.js").State} state */
function offerBrought(state) {
  offerNames(state.collection, state.latest.session, state.brought, () => {
    state.brought = { folders: [], keywords: [] };
    tell("uploading");
  });
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
    tell("uploading");
  }
}

/** @param {import("./upload.js").State} state @param {string[]} open */
export function refusals(state, open) {
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
