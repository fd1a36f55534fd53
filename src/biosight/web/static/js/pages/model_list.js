// @ts-check
/** All model versions, family by family. */
import { call } from "../frame/api.js";
import { el, find } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { addDetector, addModel } from "../learning/add_model.js";
import { share } from "../learning/plots.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  main.querySelector("#add-model")?.addEventListener("click", () => addModel().catch(complain));
  main.querySelector("#add-detector")?.addEventListener("click", () => addDetector().catch(complain));
  const versions = await call("GET", "/models");
  const rank = (/** @type {Schemas["VersionOut"]} */ v) => (v.default ? 0 : v.serves ? 1 : 2);
  const ordered = [...versions].sort((a, b) => rank(a) - rank(b));
  const names = new Set(ordered.map((v) => v.name));
  find(main, "#models").replaceChildren(
    ...[...names].map((name) =>
      family(
        name,
        versions.filter((/** @type {Schemas["VersionOut"]} */ v) => v.name === name),
      ),
    ),
  );
}

/** @param {string} name @param {Schemas["VersionOut"][]} versions */
function family(name, versions) {
  return el(
    "section",
    { class: "family" },
    el(
      "h2",
      {},
      name,
      " ",
      versions[0].default && el("span", { class: "state" }, "default"),
      versions[0].detects && el("span", { class: "state" }, "detector"),
      versions[0].collection && el("span", { class: "state" }, "taught here"),
    ),
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": `Versions of ${name}` },
      el(
        "table",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            ["Version", "State", "Network", "Labels", "Right on left-out sources", "On unseen sources"].map((t, i) =>
              el("th", { class: i > 2 && "number" }, t),
            ),
          ),
        ),
        el(
          "tbody",
          {},
          versions.map((v) =>
            el(
              "tr",
              {},
              el("th", {}, el("a", { href: `/models/${v.id}` }, v.version)),
              el("td", {}, v.serves ? el("strong", {}, "serves") : v.state),
              el("td", {}, v.base ? `${v.arch}, head on ${v.base}` : v.arch),
              el("td", { class: "number" }, v.labels.length),
              figure(v.measured.held_accuracy),
              figure(v.measured.unseen_accuracy),
            ),
          ),
        ),
      ),
    ),
  );
}

/** @param {number | undefined} value */
function figure(value) {
  return el("td", { class: "number" }, value === undefined ? "–" : share(value));
}
