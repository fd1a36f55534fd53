// @ts-check
/** The arrows beside a large picture, which lead to its neighbours. */
import { loadAhead } from "../frame/ahead.js";
import { API } from "../frame/api.js";
import { el } from "../frame/dom.js";

/** @param {string} way @param {string} mark @param {string} name @param {string} id @param {(id: string) => void} go */
function step(way, mark, name, id, go) {
  const onclick = () => go(id);
  return el(
    "button",
    { class: `step ${way}`, type: "button", disabled: !id, "aria-label": name, title: name, onclick },
    mark,
  );
}

/** @param {{previous: string, next: string}} near ids, "" at the ends @param {(id: string) => void} go */
export function steps({ previous, next }, go) {
  if (next) loadAhead(`${API}/images/${next}/view`);
  return [step("prev", "←", "Previous picture", previous, go), step("next", "→", "Next picture", next, go)];
}
