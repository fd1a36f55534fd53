// @ts-check
/** Pages of a collection's pictures under a filter. */
import { call } from "../frame/api.js";
import { toast } from "../frame/toast.js";
import { asQuery } from "./filters.js";

const PAGE = 120;
const NO_EVENTS =
  "None of these pictures belongs to an event. Events are made of pictures that have a deployment and a time: select pictures and press Place.";
const TOLD = { topic: "events", seconds: 12 };

/** @param {string} collection @param {Record<string, any>} filter @param {string} [cursor] @param {number} [many] */
export async function fetchPage(collection, filter, cursor = "", many = PAGE) {
  const query = new URLSearchParams(asQuery(filter));
  query.set("limit", String(many));
  if (cursor) query.set("cursor", cursor);
  if (filter.stacked) query.set("events", "true");
  const page = await call("GET", `/collections/${collection}/images?${query}`);
  if (filter.stacked && !cursor && page.images.length && !Object.keys(page.events ?? {}).length) toast(NO_EVENTS, TOLD);
  return page;
}
