// @ts-check
/** What is known of one picture: its file, who said what, and how familiar it is. */
import { el, size, when } from "../frame/dom.js";

const KINDS = /** @type {Record<string, string>} */ ({
  predicted: "guessed",
  confirmed: "confirmed",
  corrected: "said",
  withdrawn: "took back",
});

/** @param {any} s */
export function sayingRow(s) {
  const sure = s.confidence === null ? "" : `, ${Math.floor(s.confidence * 100)} %`;
  const label = s.label || (s.kind === "withdrawn" ? "what was said" : "");
  return el(
    "li",
    {},
    el("strong", {}, s.by),
    ` ${KINDS[s.kind]} ${label}${sure}`,
    el("br"),
    el("span", { class: "soft" }, when(s.at)),
  );
}

/** @param {any} i */
export function familiarity(i) {
  return (
    i.unfamiliar && el("p", { class: "soft" }, `Unlike all that ${i.model} learnt from: don't rely on these guesses.`)
  );
}

/** @param {any} i */
export function facts(i) {
  const rows = [
    ["Taken", i.taken.replace("T", " ")],
    ["Camera", i.camera],
    ["Place", i.latitude === null || i.longitude === null ? "" : `${i.latitude.toFixed(5)}, ${i.longitude.toFixed(5)}`],
    ["Size", `${i.width} × ${i.height} px, ${size(i.size)}`],
    ["Type", i.media_type],
    ["Path", i.path === i.name ? "" : i.path],
    ["Uploaded", `${when(i.created_at)} by ${i.uploaded_by || "somebody who left"}`],
    ["Model", i.model],
    ["SHA-256", i.sha256],
  ];
  return el(
    "dl",
    { class: "facts" },
    rows.filter(([, v]) => v).flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v)]),
  );
}
