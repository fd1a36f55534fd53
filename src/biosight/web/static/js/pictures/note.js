// @ts-check
/** The note on a picture, kept when the field is left. */
import { el } from "../frame/dom.js";

/** @param {{note: string}} image @param {boolean} editor @param {(text: string) => any} keep */
export function noteField(image, editor, keep) {
  const text = el(
    "textarea",
    { rows: 2, maxlength: 2000, disabled: !editor, name: "note", "aria-label": "Note", placeholder: "Note" },
    image.note,
  );
  for (const end of ["change", "blur"]) {
    text.addEventListener(end, () => text.isConnected && text.value.trim() !== image.note && keep(text.value));
  }
  return text;
}
