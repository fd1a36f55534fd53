// @ts-check
/** Which files a collection has already, by their hashes: they need not be sent. */
import { call } from "../frame/api.js";

/** @param {import("./upload.js").Waiting[]} batch @returns {Promise<Map<import("./upload.js").Waiting, string>>} what is there already: known or trashed */
export async function askKnown(batch) {
  const there = new Map();
  if (!crypto.subtle) return there; // plain http: the server will say "already there"
  const hashes = new Map();
  for (const one of batch) {
    if (one.file.size <= one.max) hashes.set(one, await hash(one.file).catch(() => ""));
  }
  const sha256 = [...hashes.values()].filter(Boolean);
  const said = await call("POST", `/collections/${batch[0].collection}/known`, { sha256 }).catch(() => ({ known: [] }));
  for (const [one, sha] of hashes) if (said.known.includes(sha)) there.set(one, "known");
  return there;
}

/** @param {File} file */
async function hash(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (b) => b.toString(16).padStart(2, "0")).join("");
}
