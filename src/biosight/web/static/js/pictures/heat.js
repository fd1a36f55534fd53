// @ts-check
/** What the model looked at: a class-activation map laid over the picture, by a key. */
import { API, ApiError } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { toast } from "../frame/toast.js";

const MOST_SIDE = 2400;

/**
 * Show or hide the map for the machine's own label.
 * @param {HTMLElement} stage @param {HTMLImageElement} img @param {{id: string, machine_label: string}} image
 */
export async function toggleHeat(stage, img, image) {
  const there = stage.querySelector(".heat");
  if (there) return there.remove();
  const response = await fetch(`${API}/images/${image.id}/activation`);
  if (!response.ok) {
    const said = await response.json().catch(() => ({}));
    throw new ApiError(response.status, said.error ?? "error", said.detail ?? "There is no map for this picture.");
  }
  const veil = await createImageBitmap(await response.blob());
  const share = Number(response.headers.get("X-Square")) || 1;
  const fine = Math.min(1, MOST_SIDE / Math.max(img.naturalWidth, img.naturalHeight));
  const [width, height] = [img.naturalWidth * fine, img.naturalHeight * fine];
  const side = Math.min(width, height) * share;
  const canvas = el("canvas", {
    class: "heat",
    width,
    height,
    "aria-hidden": "true",
  });
  canvas.style.transform = img.style.transform;
  canvas.getContext("2d").drawImage(veil, (width - side) / 2, (height - side) / 2, side, side);
  img.after(canvas);
  toast(`Orange: what points to ${image.machine_label}. The model sees only the middle square. Press H to hide this.`);
}
