// @ts-check
/** Pages of a collection's pictures under a filter. */
import { call } from "../frame/api.js";
import { asQuery } from "./filters.js";

const PAGE = 120;

/** @param {string} collection @param {Record<string, any>} filter @param {string} [cursor] @param {number} [many] */
export function fetchPage(collection, filter, cursor = "", many = PAGE) {
  const query = new URLSearchParams(asQuery(filter));
  query.set("limit", String(many));
  if (cursor) query.set("cursor", cursor);
  if (filter.stacked) query.set("events", "true");
  return call("GET", `/collections/${collection}/images?${query}`);
}
