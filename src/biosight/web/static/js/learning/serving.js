// @ts-check
/** The models that a collection of anybody's may choose. */
import { call } from "../frame/api.js";

/** Versions that serve everyone: none that was taught in a collection, no experts. @returns {Promise<any[]>} */
export async function servingAll() {
  const versions = await call("GET", "/models");
  return versions.filter((/** @type {Schemas["VersionOut"]} */ v) => v.serves && v.there && !v.collection && !v.under);
}
