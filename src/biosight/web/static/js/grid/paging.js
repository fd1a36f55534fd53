// @ts-check
/** Pages of a collection's pictures under a filter. */
import { call } from "../frame/api.js";
import { toast } from "../frame/toast.js";
import { asQuery } from "./filters.js";

const PAGE = 120;
const MANY = 500;
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

/** Load many more pictures, or wait a moment while another page is loading. @param {import("./grid.js").Grid} grid */
export async function loadMany(grid) {
  const before = grid.images.length;
  await grid.more(MANY);
  if (grid.images.length <= before) await new Promise((soon) => setTimeout(soon, 50));
}
