// @ts-check
/** The counts beside a collection's grid: matches, label folders and source folders. */
import { call } from "../frame/api.js";
import { counted, find } from "../frame/dom.js";
import { learnFacets } from "./facets.js";
import { asQuery, drawApplied, isPlain, parts } from "./filters.js";
import { drawFolders } from "./folders.js";
import { drawSources } from "./sources.js";

/** @param {HTMLElement} main @param {string} collection @param {Record<string, any>} filter @returns {Promise<number>} how many match */
export async function drawCounts(main, collection, filter) {
  const [{ images }] = await Promise.all([
    call("GET", `/collections/${collection}/count${asQuery(filter)}`),
    drawFolders(find(main, "#folders"), collection, filter),
    drawSources(main, collection, filter),
    learnFacets(`/collections/${collection}`, parts(), filter),
  ]);
  find(main, "#counted").textContent = isPlain(filter) && !images ? "" : counted(images, "picture");
  drawApplied(find(main, "#applied"), filter, images);
  return images;
}
