// @ts-check
/** One level up or down in the tree of names: what a picture could be called then. */

/** @param {Schemas["ImageDetail"]} image @returns {string} the name above its label, "" at the top */
export function broader(image) {
  return image.taxon?.line.at(-2) ?? "";
}

/**
 * The next name down towards the likeliest of the finest names that lies below the label; for a
 * label that contradicts all of them, the likeliest itself.
 * @param {Schemas["ImageDetail"]} image @returns {string} "" where there is none
 */
export function finer(image) {
  const own = image.taxon?.line ?? [];
  const below = image.finer.find(
    (/** @type {Schemas["GuessOut"]} */ g) =>
      g.line.length > own.length && own.every((/** @type {string} */ n, /** @type {number} */ i) => g.line[i] === n),
  );
  return below ? below.line[own.length] : "";
}
