// @ts-check
/** The planes of a microscope's stack: channels, slices and times, leafed through one by one. */
import { el } from "../frame/dom.js";

/**
 * Add a choice of the planes of a picture to its stage; return what the keys do. A single picture has none.
 * @param {HTMLElement} stage @param {{planes?: string[]}} image @param {(number: number) => void} show
 * @returns {Record<string, () => void>}
 */
export function planeBar(stage, image, show) {
  const { planes = [] } = image;
  if (!planes.length) return {};
  const choice = el(
    "select",
    { "aria-label": "Plane" },
    planes.map((name, n) => el("option", { value: String(n) }, name)),
  );
  const at = () => Number(choice.value);
  const count = el("small", { class: "soft" });
  const draw = () => {
    count.textContent = `${at() + 1} of ${planes.length.toLocaleString("en")}`;
    show(at());
  };
  const by = (/** @type {number} */ step) => {
    choice.value = String((at() + step + planes.length) % planes.length);
    draw();
  };
  count.textContent = `1 of ${planes.length.toLocaleString("en")}`;
  choice.addEventListener("change", draw);
  const button = (/** @type {number} */ step, /** @type {string} */ mark, /** @type {string} */ name) =>
    el("button", { type: "button", class: "icon", "aria-label": name, onclick: () => by(step) }, mark);
  stage.append(
    el(
      "div",
      { class: "planes", role: "group", "aria-label": "Planes of this stack" },
      button(-1, "‹", "Plane before ([)"),
      choice,
      button(1, "›", "Next plane (])"),
      count,
    ),
  );
  return { planeBefore: () => by(-1), planeAfter: () => by(1) };
}
