// @ts-check
/** The upload dock: progress while it runs, a receipt when it is done. */

import { counted, el, find, percent, shown } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { doAct } from "../pictures/acts.js";
import { offerDeployments, topFolders } from "./offer.js";
import { dismiss, retry, state } from "./upload.js";

let pending = false;

document.addEventListener("biosight:uploading", () => {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    draw();
  });
});

document.addEventListener("biosight:uploaded", async () => {
  if (!state.latest) return;
  state.tops = await topFolders(state.collection, state.latest.session).catch((error) => {
    complain(error);
    return [];
  });
  draw();
});

function draw() {
  const dock = find(document, "#dock");
  const open = [...dock.querySelectorAll("details[open]")].map((d) => d.className);
  dock.hidden = state.total === 0;
  if (dock.hidden) return;
  const done = state.stored + state.duplicates + state.trashed.length + state.refused.length;
  const finished = done >= state.total && !state.active;
  dock.replaceChildren(...(finished ? receipt(state) : progress(state, done)), ...refusals(state, open));
}

/** @param {import("./upload.js").State} state @param {number} done */
function progress(state, done) {
  const latest = state.latest;
  return [
    el("header", {}, el("strong", {}, `${done.toLocaleString("en")} of ${counted(state.total, "picture")}`)),
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

/** @param {import("./upload.js").State} state */
function receipt(state) {
  const parts = [
    `${state.stored.toLocaleString("en")} stored`,
    `${counted(state.duplicates, "duplicate")}`,
    `${state.refused.length} refused`,
  ];
  const link = `/collections/${state.collection}`;
  const last = state.latest ? `${link}?session=${state.latest.session}` : link;
  return [
    el(
      "header",
      {},
      el("strong", {}, "Upload finished"),
      el("button", { type: "button", class: "quiet icon", "aria-label": "Close", onclick: dismiss }, "×"),
    ),
    el("p", { class: "receipt" }, parts.join(", ")),
    state.trashed.length
      ? el(
          "p",
          {},
          `${counted(state.trashed.length, "picture lies", "pictures lie")} in the trash. `,
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
          state.tops.length === 1 ? `A deployment for ${state.tops[0].name}` : "A deployment for each folder",
        )
      : null,
    state.refused.some((r) => r.again)
      ? el("button", { type: "button", onclick: retry }, "Try the failed ones again")
      : null,
  ].filter(Boolean);
}

/** @param {import("./upload.js").State} state */
async function restore(state) {
  const images = state.trashed.map((i) => i.id);
  const back = await doAct(state.collection, { kind: "restore", images });
  if (back) {
    state.duplicates += state.trashed.length;
    state.trashed = [];
    document.dispatchEvent(new CustomEvent("biosight:uploaded", { detail: state.collection }));
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
