// @ts-check
/** What the person may do in a collection: look, answer, change, own (membership/roles.py). */

/** @typedef {"look" | "answer" | "change" | "own"} Ability */

/**
 * Return whether the person may do it in the collection of the page.
 * @param {HTMLElement} main @param {Ability} ability
 */
export function may(main, ability) {
  return (main.dataset.may ?? "").split(" ").includes(ability);
}
