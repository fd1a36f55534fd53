// @ts-check
/** When: days of each deployment, hours and months of names. */
import { drawActivity } from "../places/activity.js";
import { drawDays } from "../places/days.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  const here = `/collections/${main.dataset.collection}`;
  await Promise.all([drawDays(main, here), drawActivity(main, here)]);
}
