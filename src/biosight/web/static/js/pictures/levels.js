// @ts-check
/** One level up or down in the tree of names: the label that a picture would get. */

/** @param {Schemas["ImageDetail"]} image @returns {string} the name above its label, "" at the top */
export function broader(image) {
  return image.taxon?.line.at(-2) ?? "";
}

/**
 * Return the next name down from the label, towards the likeliest of the finest names below it.
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
