// @ts-check
/** What is known of one picture: its file, who said what, and how familiar it is. */
import { el, size, when } from "../frame/dom.js";
import { whereMap } from "./where.js";

const KINDS = /** @type {Record<string, string>} */ ({
  predicted: "guessed",
  confirmed: "confirmed",
  corrected: "said",
  undecided: "could not name it",
  withdrawn: "took back",
});

/** @param {Schemas["SayingOut"]} s */
function sayingRow(s) {
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

/** @param {Schemas["ImageDetail"]} i */
export function familiarity(i) {
  return (
    i.unfamiliar && el("p", { class: "soft" }, `Unlike all that ${i.model} learnt from: don't rely on these guesses.`)
  );
}

/** @param {Schemas["ImageDetail"]} i */
function moment(i) {
  const second = i.subseconds ? `.${i.subseconds}` : "";
  const zone = i.capture.offset ? ` (UTC ${i.capture.offset.replace("-", "−")})` : "";
  return i.taken && `${i.taken.replace("T", " ")}${second}${zone}`;
}

/** Exposure as photographers write it. @param {number} seconds */
const shutter = (seconds) => (seconds < 0.4 ? `1/${Math.round(1 / seconds)} s` : `${Number(seconds.toFixed(1))} s`);

/** @param {Schemas["ImageDetail"]} i @param {string} query @param {string} words */
const link = (i, query, words) => el("a", { href: `/collections/${i.collection}?${query}` }, words);

/**
 * Return the box of pictures within some hundred metres, or within the cell of a coarse place.
 * @param {Schemas["ImageDetail"]} i
 */
function place(i) {
  if (i.latitude === null || i.longitude === null) return "";
  const far = i.coarse ? i.coarse / 2 : 0.005;
  const edges = [i.latitude - far, i.longitude - far, i.latitude + far, i.longitude + far];
  const vague = i.coarse ? `, coarse to ${i.coarse}°` : "";
  const words = `${i.latitude.toFixed(5)}, ${i.longitude.toFixed(5)}${vague}`;
  return i.site ? words : link(i, `box=${edges.map((e) => e.toFixed(5)).join(",")}`, words);
}

/** @param {any[][]} rows names and values; empty values are left out */
function list(rows) {
  return el(
    "dl",
    { class: "facts" },
    rows.filter(([, v]) => v).flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v)]),
  );
}

/** Draw what else the file says of how it was taken, folded. @param {Schemas["ImageDetail"]} i */
function capture(i) {
  const c = i.capture;
  const is = (/** @type {any} */ value, /** @type {(v: any) => string} */ say) => (value === null ? "" : say(value));
  const rows = [
    ["Date from", c.taken_from],
    ["Altitude", is(c.altitude, (v) => `${v} m`)],
    ["Temperature", is(c.temperature, (v) => `${v} °C`.replace("-", "−"))],
    ["Maker", c.make],
    ["Model", c.model],
    ["Serial number", c.serial],
    ["Lens", c.lens],
    ["Exposure", is(c.exposure, shutter)],
    ["Aperture", is(c.aperture, (v) => `f/${Number(v.toFixed(1))}`)],
    ["ISO", is(c.iso, String)],
    ["Focal length", is(c.focal_length, (v) => `${Number(v.toFixed(1))} mm`)],
    ["Flash", is(c.flash, (v) => (v ? "fired" : "did not fire"))],
  ];
  if (!rows.some(([, v]) => v)) return false;
  return el("details", { class: "more" }, el("summary", {}, "Camera and settings"), list(rows));
}

/** Draw what another archive says of a whole event. @param {Schemas["EventSaidOut"]} said */
function saidOfEvent(said) {
  const words = [said.sex, said.life_stage, said.behaviour, said.individual].filter(Boolean);
  const count = said.count ? `${said.count} ` : "";
  return el(
    "li",
    {},
    `${count}${said.name}${words.length ? `, ${words.join(", ")}` : ""}`,
    said.comments ? ` – ${said.comments}` : "",
    said.by ? el("span", { class: "soft" }, ` · ${said.by}`) : "",
  );
}

/** @param {Schemas["ImageDetail"]} i */
function facts(i) {
  return list([
    ["Deployment", i.deployment_name && link(i, `deployment=${i.deployment}`, i.deployment_name)],
    ["Site", i.site_name && link(i, `site=${i.site}`, i.site_name)],
    [
      "Event",
      i.event && i.event.images > 1
        ? `${i.event.images} pictures, ${i.event.start.slice(11, 19)} to ${i.event.end.slice(11, 19)}`
        : "",
    ],
    [
      "Said of the event",
      i.event && i.event.said.length > 0 && el("ul", { class: "plain" }, i.event.said.map(saidOfEvent)),
    ],
    ["Individuals", i.individuals ? String(i.individuals) : ""],
    ["The file says", (i.shift || i.dated) && i.taken_file ? i.taken_file.slice(0, 19).replace("T", " ") : ""],
    ["Taken", moment(i)],
    ["Camera", i.camera],
    ["Place", place(i)],
    ["Size", `${i.width} × ${i.height} px, ${size(i.size)}`],
    ["Type", i.media_type],
    ["Path", i.path === i.name ? "" : i.path],
    ["Uploaded", `${when(i.created_at)} by ${i.uploaded_by || "somebody who left"}`],
    ["Model", i.model],
    ["SHA-256", i.sha256],
  ]);
}

/** Return who said what, and what is known of the file. @param {Schemas["ImageDetail"]} i @param {Schemas["SayingOut"][]} said */
export function aboutSections(i, said) {
  const section = (/** @type {string} */ title, /** @type {any[]} */ ...inside) =>
    el("section", {}, el("h2", { class: "minor" }, title), inside);
  return [
    section("Who said what", el("ol", { class: "said" }, said.map(sayingRow))),
    section("About the file", facts(i), whereMap(i), capture(i)),
  ];
}
