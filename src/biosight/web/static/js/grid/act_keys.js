// @ts-check
/** What keys do to the selection of a grid, or to its current tile. */
import { byDigit } from "../pictures/guesses.js";
import { chooseLabel } from "../pictures/relabel.js";
import { thingKeys } from "../pictures/things.js";

/**
 * @param {DOMStringMap} data @param {{chosen: () => any[]}} grid
 * @param {(body: Record<string, any>) => Promise<void>} doHere
 */
export function actKeys(data, grid, doHere) {
  return {
    confirm: () => doHere({ kind: "confirm" }),
    undecided: () => doHere({ kind: "undecided" }),
    ...thingKeys((label) => doHere({ kind: "relabel", label })),
    trash: () => doHere({ kind: "trash" }),
    relabel: async () => {
      if (!grid.chosen().length) return;
      const label = await chooseLabel(data, "Label");
      if (label) await doHere({ kind: "relabel", label });
    },
    favourite: (/** @type {KeyboardEvent} */ event) => {
      const label = byDigit(data, null, Number(event.key));
      if (label) doHere({ kind: "relabel", label });
    },
  };
}
