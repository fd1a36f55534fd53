// @ts-check
/** The list of names as a table (CSV). */
import { quoted } from "../places/figures.js";
import { lineOf } from "./taxa.js";

/** @typedef {Schemas["VerifiedNameOut"]} Name */

/** The columns; those that Darwin Core has terms for are called so. */
const HEADER =
  "label,scientificName,taxonRank,vernacularName,higherClassification,locality,pictures,events,verified_pictures,looks_in_vain,standing,identifiedBy,likely_low_95,likely_high_95";

/** @param {Name} n */
export const keyOf = (n) => `${n.label}\n${n.site}`;

/**
 * @param {Name[]} names @param {Map<string, number>} events
 * @param {Map<string, Schemas["LikelyCountOut"]>} likely with all names below, in the whole collection
 */
export function asCsv(names, events, likely) {
  const rows = names.map((n) =>
    [
      quoted(n.label),
      quoted(n.scientific_name),
      quoted(n.rank),
      quoted(n.common_name),
      quoted(lineOf(n.path).slice(0, -1).join(" | ")),
      quoted(n.site_name),
      n.images,
      events.get(keyOf(n)) ?? "",
      n.verified,
      n.looks,
      n.standing,
      quoted(n.by),
      likely.get(keyOf(n))?.low ?? "",
      likely.get(keyOf(n))?.high ?? "",
    ].join(","),
  );
  return [HEADER, ...rows, ""].join("\n");
}
