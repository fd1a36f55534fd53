// @ts-check
/** What the ways to review share: words for their order, their progress and their end, and names that are done. */
import { counted, el, find } from "../frame/dom.js";
import { called } from "../pictures/taxa.js";

/**
 * Say how many are done, how fast, and how many wait.
 * @param {number} done @param {number} began in ms @param {number} waiting
 */
export function pace(done, began, waiting) {
  const hours = (Date.now() - began) / 3.6e6;
  const speed = done && hours > 1 / 120 ? `, ${Math.round(done / hours).toLocaleString("en")} an hour` : "";
  return `${done.toLocaleString("en")} done${speed}; ${counted(waiting, "picture")} to review.`;
}

/**
 * @param {string} collection @param {{waiting: number, kept: number}} group
 * @param {number} aside pictures that were put aside here @param {() => void} again looks at these once more
 */
export function noGroup(collection, group, aside, again) {
  const seen = group.waiting > group.kept ? "You have seen all groups." : "No group waits for review.";
  const oneByOne = el("a", { href: `/collections/${collection}/review` }, "Review them one by one");
  return el(
    "div",
    { class: "empty" },
    el("p", { class: "large" }, seen),
    group.kept > 0 &&
      el(
        "p",
        {},
        `${counted(group.kept, "picture is", "pictures are")} kept for the random half of the review: only they measure how often the model is right. `,
        oneByOne,
      ),
    aside > 0 &&
      el("button", { type: "button", onclick: again }, `Look again at the ${counted(aside, "picture")} put aside`),
  );
}

/** Say that no picture is left. @param {string} collection @param {boolean} forNames whether the names were asked for */
export function nothingLeft(collection, forNames) {
  const here = `/collections/${collection}`;
  return el(
    "div",
    { class: "empty" },
    el("p", { class: "large" }, forNames ? "No name waits for a look." : "Nothing waits for review."),
    el(
      "p",
      {},
      forNames
        ? el("a", { href: `${here}/names` }, "The list of names")
        : el("a", { href: here }, "Back to the pictures"),
    ),
  );
}

/**
 * A name that was given needs no other look: mark its other pictures as done, and return how many.
 * @param {{image: Schemas["ImageOut"], done?: boolean}[]} drawn @param {string} label
 */
export function skipSame(drawn, label) {
  const others = drawn.filter((d) => !d.done && d.image.label === label);
  for (const other of others) other.done = true;
  return others.length;
}

/**
 * Show how far a review is: how many wait, or how many of the minutes are left.
 * @param {HTMLElement} main @param {{waiting: number, most: number, forNames: boolean, sitting: import("../pictures/sitting.js").Sitting}} review
 * @param {boolean} editor
 */
export function showProgress(main, { waiting, most, forNames, sitting }, editor) {
  const bar = find(main, "#progress");
  bar.hidden = !editor;
  if (sitting.minutes) {
    const { share, words } = sitting.told;
    [bar.max, bar.value, find(main, "#waiting").textContent] = [1, share, words];
    return;
  }
  [bar.max, bar.value] = [most || 1, most - waiting];
  find(main, "#waiting").textContent = waiting
    ? `${counted(waiting, forNames ? "name" : "picture")} to review.${sitting.known}`
    : "";
}

/** In which order single pictures are reviewed. @param {string} collection @param {import("../pictures/review_queue.js").Queue} queue */
export function orderWords(collection, { order, now }) {
  if (order === "count" && now)
    return [
      `These pictures tell most about how many show ${called(now.label)}. `,
      el("a", { href: `/collections/${collection}/names` }, "Back to the names"),
    ];
  if (order === "names")
    return [
      "One picture of each name that nobody has verified, the likeliest first. ",
      el("a", { href: `/collections/${collection}/names` }, "Back to the names"),
    ];
  if (!order) return ["Half of these are drawn at random; the other half are those the model is least sure of."];
  return [
    "The pictures most similar to the one you came from. ",
    el("a", { href: `/collections/${collection}/review` }, "Back to the usual order"),
  ];
}
