// @ts-check
/** Which spellings are one name, as the server compares them (taxa/naming.py). */

/** A name without case and Unicode form, with all its marks. @param {string} text */
const spelt = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();

/**
 * A name as people may type it: also without accents. The marks of other scripts are no accents.
 * @param {string} text
 */
export function alike(text) {
  const apart = spelt(text).normalize("NFD");
  return apart.replace(/([\p{Script=Latin}\p{Script=Greek}])\p{M}+/gu, "$1").normalize("NFC");
}

/** Return whether two spellings mean one name: accents count where both have some. @param {string} one @param {string} other */
export function areAlike(one, other) {
  const [first, second, bare] = [spelt(one), spelt(other), alike(one)];
  return first === second || (bare === alike(other) && (bare === first || bare === second));
}
