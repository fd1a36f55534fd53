// @ts-check
/** Whether the pictures change: first the answer in a sentence, then the evidence. */

import { call } from "../frame/api.js";
import { counted, el, find, when } from "../frame/dom.js";
import { may } from "../frame/may.js";
import { complain, question, toast } from "../frame/toast.js";
import { report } from "../learning/drift_report.js";
import { weekly } from "../learning/weeks.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  const collection = main.dataset.collection ?? "";
  const editor = may(main, "change");
  const box = find(main, "#drift");
  const path = `/collections/${collection}/drift`;
  const load = async () => {
    const found = await call("GET", path);
    box.replaceChildren(
      ...[
        head(found.latest, editor && acts(found.latest)),
        ...(found.latest ? report(found.latest) : []),
        weekly(found.weeks),
        line(found.checks),
      ].filter(Boolean),
    );
  };
  /** @param {string} to @param {string} said */
  const send = async (to, said) => {
    try {
      await call("POST", to);
      toast(said);
      await load();
    } catch (error) {
      complain(error);
    }
  };
  const accept = async () => {
    const sure = await question({
      title: "Compare later pictures with these?",
      words:
        "Later checks compare new pictures with those of the last check, not with the first ones of the collection.",
      ok: "Accept as normal",
    });
    if (sure) await send(`${path}/accept`, "Accepted. Later pictures are compared with these.");
  };
  const begin = async () => {
    const words = "Later checks compare with the upload sessions until now, and don't wait for the first 100.";
    if (await question({ title: "Compare later pictures with those that are here now?", words, ok: "Begin now" }))
      await send(`${path}/accept`, "Done. Later pictures are compared with these.");
  };
  /** The next step is the primary button. @param {Schemas["DriftOut"]} latest */
  const acts = (latest) => {
    const look = latest && latest.verdict !== "green" && latest.verdict !== "unknown" && latest.strangest.length > 0;
    return el(
      "div",
      { class: "actions" },
      el(
        "button",
        { type: "button", class: look ? "" : "primary", onclick: () => send(path, "Checked.") },
        "Check now",
      ),
      latest && latest.verdict !== "unknown" && el("button", { type: "button", onclick: accept }, "Accept as normal"),
      latest &&
        latest.verdict === "unknown" &&
        el("button", { type: "button", onclick: begin }, "Begin with what is here"),
      latest &&
        latest.pictures > 0 &&
        el(
          "a",
          {
            class: "button",
            href: `/collections/${collection}?since=${new Date(latest.since * 1000).toISOString().slice(0, 10)}`,
          },
          "Open these pictures",
        ),
      look &&
        el(
          "a",
          { class: "button primary", href: `/collections/${collection}/review?like=${latest.strangest[0]}` },
          "Review the strangest",
        ),
      latest &&
        ["amber", "red"].includes(latest.verdict) &&
        el("a", { class: "button", href: `/collections/${collection}/model` }, "Teach from corrections"),
    );
  };
  await load();
}

/** A verdict as a mark and in words, because many people cannot tell colours apart. */
const STATES = /** @type {Record<string, string>} */ ({
  green: "✓ As it was",
  amber: "! Perhaps changed",
  red: "✕ Changed",
  unknown: "– Not known yet",
});

/** @param {Schemas["DriftOut"]} latest @param {any} acts */
function head(latest, acts) {
  if (!latest)
    return el(
      "section",
      {},
      el("h2", {}, "No check yet"),
      el(
        "p",
        {},
        "A check compares the newest upload sessions with the first 100, or with those until a day that you choose. It needs 30 sessions after them. With fewer, and at least five days or deployments, it takes an early look. It uses only what is already stored.",
      ),
      acts,
    );
  return el(
    "section",
    { class: "verdict", "data-verdict": latest.verdict },
    el("p", { class: "said-state" }, STATES[latest.verdict]),
    el("h2", {}, latest.sentence),
    el(
      "p",
      { class: "soft" },
      `${counted(latest.pictures, "picture")}${latest.drawn && `, one from each of the ${latest.drawn}`}, checked ${when(latest.at)}.`,
    ),
    latest.pictures
      ? el(
          "p",
          {},
          `${latest.model} is ${Math.round(latest.estimate * 100)} % sure on average. On pictures like those it learnt from, that is about how often it is right. On others, nobody knows until some are reviewed.`,
        )
      : null,
    acts,
  );
}

/** @param {Schemas["DriftOut"][]} checks */
function line(checks) {
  return (
    checks.length > 1 &&
    el(
      "section",
      {},
      el("h2", {}, "Earlier checks"),
      el(
        "ol",
        { class: "checks" },
        checks.map((c) =>
          el(
            "li",
            { "data-verdict": c.verdict },
            el("span", { class: "spot", "aria-hidden": "true" }),
            el(
              "span",
              {},
              el("strong", {}, STATES[c.verdict]),
              ` ${c.sentence}`,
              el("br"),
              el("span", { class: "soft" }, `${when(c.at)}, ${counted(c.pictures, "picture")}`),
            ),
          ),
        ),
      ),
    )
  );
}
