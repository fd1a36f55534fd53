// @ts-check
/** Camtrap DP: before the download it says how many pictures go in, how many not, and why. */
import { API, call } from "../frame/api.js";
import { counted, el } from "../frame/dom.js";
import { fill } from "../frame/form.js";
import { complain } from "../frame/toast.js";

const HOURS = [-11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 5.5, 6, 7, 8, 9, 9.5, 10, 11, 12, 13];

/** An offset from UTC as it is written. @param {number} hours */
function offset(hours) {
  const size = Math.abs(hours);
  return `UTC ${hours < 0 ? "−" : "+"}${Math.floor(size)}:${size % 1 ? "30" : "00"}`;
}

/** @param {HTMLAnchorElement} link @param {string} collection */
export function wirePublish(link, collection) {
  const here = `/collections/${collection}/camtrap-dp`;
  const ask = async () => {
    const seen = await call("GET", `${here}/preview`);
    const left = Object.entries(seen.left_out);
    const words = [
      `${counted(seen.images, "picture")} go in.`,
      ...left.map(([why, n]) => ` ${counted(n, "picture")} ${why}: left out.`),
    ];
    const zoneless = "whose time zone nobody knows" in seen.left_out;
    const options = /** @type {[string, string][]} */ ([
      ["", "unknown: leave them out"],
      ...HOURS.map((h) => [String(h * 60), offset(h)]),
    ]);
    await fill(
      {
        title: "Camtrap DP package",
        words: [
          words,
          left.length ? [" ", el("a", { href: `/collections/${collection}/places` }, "Say where and when")] : [],
        ],
        ok: "Download",
        fields: zoneless ? [{ name: "utc_offset", label: "Clocks whose zone nobody knows show", options }] : [],
      },
      async ({ utc_offset }) => location.assign(`${API}${here}${utc_offset ? `?utc_offset=${utc_offset}` : ""}`),
    );
  };
  link.onclick = (event) => {
    event.preventDefault();
    ask().catch(complain);
  };
}
