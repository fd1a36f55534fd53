// @ts-check
/** The upload dock: progress while it runs, a receipt when it is done. */

import { call } from "../frame/api.js";
import { counted, el, find, percent, shown } from "../frame/dom.js";
import { listen } from "../frame/events.js";
import { complain, say } from "../frame/toast.js";
import { suggestedKind } from "../settings/picture_kind.js";
import { broughtNames } from "./brought_names.js";
import { topFolders } from "./offer.js";
import { folded, inShort, isStrange, refusals } from "./receipt.js";
import { settled, state, stop } from "./upload.js";

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
  const { collection, latest } = state;
  if (!latest) return;
  const models = isStrange() ? await call("GET", `/collections/${collection}/models-that-know`).catch(() => []) : [];
  const tops = await topFolders(collection, latest.session).catch((error) => {
    complain(error);
    return [];
  });
  const brought = await broughtNames(collection, latest.session).catch(() => NONE);
  const kind = await suggestedKind(collection, latest.session, isStrange()).catch(() => null);
  if (state.latest !== latest) return; // the receipt was closed, or another upload began
  Object.assign(state, { otherModels: models, tops, brought, kind });
  draw();
});

function draw() {
  const dock = find(document, "#dock");
  const open = [...dock.querySelectorAll("details[open]")].map((d) => d.className);
  dock.hidden = state.total + state.others + state.stopped === 0 && !state.table;
  if (dock.hidden) return;
  const done = settled();
  const finished = done >= state.total && !state.active;
  say(finished ? inShort(state) : "");
  dock.replaceChildren(...(finished ? folded(state, open) : [...progress(state, done), ...refusals(state, open)]));
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
