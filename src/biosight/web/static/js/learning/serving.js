// @ts-check
/** The models that any collection may choose. */
import { call } from "../frame/api.js";

/**
 * Return the versions that serve everyone, without experts, detectors and those taught in a collection.
 * @returns {Promise<any[]>}
 */
export async function servingAll() {
  const versions = await call("GET", "/models");
  return versions.filter(
    (/** @type {Schemas["VersionOut"]} */ v) => v.serves && v.there && !v.collection && !v.under && !v.detects,
  );
}
