// @ts-check
/** Which pictures are reviewed one by one, as the page's address asks: the usual halves, the likeliest of
 * each name, those that tell most about one name, or look-alikes. */
import { call } from "../frame/api.js";

/** @typedef {{image: Schemas["ImageOut"], via: string, done?: boolean}} Drawn */

/** What is known of how many pictures show a name. @typedef {Schemas["LikelyCountOut"]} Likely */

/**
 * @typedef {{images: Drawn[], waiting: number, order: "" | "alike" | "names" | "count", now?: Likely}} Queue
 */

/** @param {string} collection @returns {Promise<Queue>} */
export async function askQueue(collection) {
  const asked = new URLSearchParams(location.search);
  const here = `/collections/${collection}`;
  if (asked.get("for") === "names") {
    const { images } = await call("GET", `${here}/verified-names/queue`);
    return { images, waiting: images.length, order: "names" };
  }
  if (asked.get("for") === "count") {
    const under = encodeURIComponent(asked.get("under") ?? "");
    const { images, now } = await call("GET", `${here}/likely-counts/queue?under=${under}`);
    return { images, waiting: images.length, order: "count", now };
  }
  const { images, waiting } = await call("GET", `${here}/queue`);
  const like = asked.get("like");
  const near = like ? await call("GET", `/images/${like}/similar?unreviewed=true&limit=40`) : [];
  if (!near.length) return { images, waiting, order: "" };
  return {
    images: near.map((/** @type {Schemas["NearOut"]} */ n) => ({ image: n.image, via: "" })),
    waiting,
    order: "alike",
  };
}
