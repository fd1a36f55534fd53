// @ts-check
/** What a link shows, without an account: pictures to look at, one large at a time. */
import { API, ApiError, call } from "../frame/api.js";
import { counted, el, fields, find, when } from "../frame/dom.js";
import { bind } from "../frame/keys.js";
import { complain } from "../frame/toast.js";

/** @typedef {{id: string, name: string, label: string, who: string, taken: string, width: number, height: number,
 *   latitude: number | null, longitude: number | null}} Seen */

/** @param {HTMLElement} main */
export async function mount(main) {
  const secret = location.hash.slice(1);
  const [by, ask, list, later] = ["#by", "#ask", "#pictures", "#later"].map((s) => find(main, s));
  /** @type {Seen[]} */
  const images = [];
  let next = "";
  let download = false;

  const more = async () => {
    const page = await call("GET", `/shared/images?cursor=${encodeURIComponent(next)}`);
    const from = images.length;
    images.push(...page.images);
    list.append(...page.images.map((/** @type {Seen} */ image, /** @type {number} */ i) => tile(image, from + i)));
    next = page.next;
    later.hidden = !next;
  };
  /** @param {Seen} image @param {number} at */
  const tile = (image, at) =>
    el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: "tile", onclick: () => look(at) },
        el("img", { src: `${API}/shared/images/${image.id}/thumbnail`, alt: "", loading: "lazy" }),
        el(
          "span",
          { class: "name" },
          el("b", {}, image.label || "No label"),
          el("span", { class: "unseen" }, image.name),
        ),
      ),
    );
  /** One picture large; arrows go on, Escape back. @param {number} at */
  const look = (at) => {
    const image = images[at];
    if (!image) return;
    const step = (/** @type {number} */ by) => {
      dialog.close();
      look(Math.min(Math.max(at + by, 0), images.length - 1));
    };
    const dialog = el(
      "dialog",
      { class: "wide", "aria-label": image.name },
      el("img", { class: "large", src: `${API}/shared/images/${image.id}/view`, alt: `${image.name}, ${image.label}` }),
      el("p", {}, el("strong", {}, image.label || "No label"), ` ${aboutOf(image)}`),
      el(
        "menu",
        {},
        el("button", { type: "button", onclick: () => step(-1), disabled: at === 0 }, "← Before"),
        el("button", { type: "button", onclick: () => step(1), disabled: at === images.length - 1 }, "Next →"),
        download &&
          el("a", { class: "button", href: `${API}/shared/images/${image.id}/original`, download: true }, "Download"),
        el("button", { type: "button", onclick: () => dialog.close() }, "Close"),
      ),
    );
    dialog.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "ArrowRight") step(1);
      if (event.key === "ArrowLeft") step(-1);
    });
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };
  /** @param {string} password */
  const open = async (password) => {
    const shown = await call("POST", "/shared", { secret, password });
    ask.hidden = true;
    download = shown.download;
    find(main, "#title").textContent = shown.label ? `${shown.collection}: ${shown.label}` : shown.collection;
    by.textContent = `${counted(shown.images, "picture")}, shown by ${shown.by || "somebody"} until ${when(shown.ends_at)}. You can look; nothing changes.`;
    await more();
  };
  const problem = find(ask, ".problem");
  ask.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      await open(fields(ask).password);
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
    }
  });
  later.addEventListener("click", () => more().catch(complain));
  bind({});
  try {
    await open("");
  } catch (error) {
    by.textContent = error instanceof Error ? error.message : String(error);
    ask.hidden = !(error instanceof ApiError && error.status === 401);
  }
}

/** Who says it, when and about where it was taken. @param {Seen} image */
function aboutOf(image) {
  const who = { person: "said by a person", bulk: "accepted in bulk", machine: "by the machine" }[image.who];
  const place =
    image.latitude === null
      ? ""
      : `about ${image.latitude.toFixed(2)}, ${/** @type {number} */ (image.longitude).toFixed(2)}`;
  return [who, image.taken.replace("T", " "), place, image.name].filter(Boolean).join(" · ");
}
