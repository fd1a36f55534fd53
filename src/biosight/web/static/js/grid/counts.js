// @ts-check
/** The counts beside a collection's grid: matches, label folders and source folders. */
import { call } from "../frame/api.js";
import { counted, find } from "../frame/dom.js";
import { learnFacets } from "./facets.js";
import { asQuery, drawApplied, isPlain, parts } from "./filters.js";
import { drawFolders } from "./folders.js";
import { drawSources } from "./sources.js";

/** @param {Record<string, any>} filter @param {number} images that match */
function inWords(filter, images) {
  if (images) return counted(images, "picture");
  if (isPlain(filter)) return "";
  return filter.label || filter.under ? "No picture has this label now." : counted(0, "picture");
}

/** @param {HTMLElement} main @param {string} collection @param {Record<string, any>} filter @returns {Promise<number>} how many match */
export async function drawCounts(main, collection, filter) {
  const [{ images }] = await Promise.all([
    call("GET", `/collections/${collection}/count${asQuery(filter)}`),
    drawFolders(find(main, "#folders"), collection, filter),
    drawSources(main, collection, filter),
    learnFacets(`/collections/${collection}`, parts(), filter),
  ]);
  find(main, "#counted").textContent = inWords(filter, images);
  drawApplied(find(main, "#applied"), filter, images);
  return images;
}
