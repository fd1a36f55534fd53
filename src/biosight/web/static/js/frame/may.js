// @ts-check
/** What the person may do in a collection: look, answer, change, own (membership/roles.py). */

/** @typedef {"look" | "answer" | "change" | "own"} Ability */

/** In the collection that the page is about. @param {HTMLElement} main @param {Ability} ability */
export function may(main, ability) {
  return (main.dataset.may ?? "").split(" ").includes(ability);
}
