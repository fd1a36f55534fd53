// @ts-check
/** The note on a picture, kept when the field is left. */
import { el } from "../frame/dom.js";

/** @param {{note: string}} image @param {boolean} editor @param {(text: string) => any} keep */
export function noteField(image, editor, keep) {
  const text = el(
    "textarea",
    { rows: 2, maxlength: 2000, disabled: !editor, "aria-label": "Note", placeholder: "Note" },
    image.note,
  );
  text.addEventListener("change", () => keep(text.value));
  return text;
}
