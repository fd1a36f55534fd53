// @ts-check
/** When and how often: days of each deployment, hours and months of names, rates by trap nights. */
import { drawActivity } from "../places/activity.js";
import { drawDays } from "../places/days.js";
import { drawRates } from "../places/rates.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  const here = `/collections/${main.dataset.collection}`;
  await Promise.all([drawDays(main, here), drawActivity(main, here), drawRates(main, here)]);
}
