// @ts-check
/** What a link shows, without an account: pictures to look at, one large at a time. */
import { API, ApiError, call } from "../frame/api.js";
import { counted, el, fields, find, percent, when } from "../frame/dom.js";
import { bind } from "../frame/keys.js";
import { complain } from "../frame/toast.js";

/** @typedef {Schemas["SeenImage"]} Seen */

class Shared {
  /** @param {HTMLElement} main */
  constructor(main) {
    this.secret = location.hash.slice(1);
    this.title = find(main, "#title");
    this.by = find(main, "#by");
    this.ask = find(main, "#ask");
    this.list = find(main, "#pictures");
    this.later = find(main, "#later");
    this.labels = find(main, "#labels");
    /** @type {Seen[]} */
    this.images = [];
    this.next = "";
    this.download = false;
    /** The label whose pictures are shown, null for all. @type {string | null} */
    this.label = null;
    /** How often a label was chosen: answers to earlier choices come too late. */
    this.asked = 0;
  }

  /** Offer the labels, if there are several. */
  async offerLabels() {
    const labels = await call("GET", "/shared/labels");
    this.labels.hidden = labels.length < 2;
    const row = (/** @type {Schemas["SeenLabel"]} */ l) =>
      el("option", { value: `=${l.label}` }, `${l.label || "No label"} (${l.images.toLocaleString("en")})`);
    find(this.labels, "select").replaceChildren(el("option", { value: "" }, "All labels"), ...labels.map(row));
  }

  /** Show the pictures of one label, or all. @param {string} value of the choice */
  async only(value) {
    this.asked += 1;
    this.label = value ? value.slice(1) : null;
    this.next = "";
    this.images = [];
    this.list.replaceChildren();
    await this.more();
  }

  async more() {
    const query = new URLSearchParams({ cursor: this.next });
    if (this.label !== null) query.set("label", this.label);
    const asked = this.asked;
    const page = await call("GET", `/shared/images?${query}`);
    if (asked !== this.asked) return; // another label was chosen meanwhile
    const from = this.images.length;
    this.images.push(...page.images);
    this.list.append(
      ...page.images.map((/** @type {Seen} */ image, /** @type {number} */ i) => this.tile(image, from + i)),
    );
    this.next = page.next;
    this.later.hidden = !this.next;
  }

  /** @param {Seen} image @param {number} at */
  tile(image, at) {
    const name = [
      markOf(image),
      el("b", {}, image.label || "No label"),
      el("i", {}, sure(image)),
      el("span", { class: "unseen" }, `, ${image.name}`),
    ];
    return el(
      "li",
      {},
      el(
        "button",
        {
          type: "button",
          class: "tile",
          "data-state": image.unsure ? "unsure" : image.who,
          onclick: () => this.look(at),
        },
        el("img", { src: `${API}/shared/images/${image.id}/thumbnail`, alt: "", loading: "lazy" }),
        el("span", { class: "name" }, name),
      ),
    );
  }

  /** Show one picture large; arrow keys go on, Escape goes back. @param {number} at */
  look(at) {
    const { images } = this;
    const image = images[at];
    if (!image) return;
    const step = (/** @type {number} */ by) => {
      dialog.close();
      this.look(Math.min(Math.max(at + by, 0), images.length - 1));
    };
    const original = { class: "button", href: `${API}/shared/images/${image.id}/original`, download: true };
    const dialog = el(
      "dialog",
      { class: "wide", "aria-label": image.name },
      el("img", { class: "large", src: `${API}/shared/images/${image.id}/view`, alt: `${image.name}, ${image.label}` }),
      el("p", {}, el("strong", {}, image.label || "No label"), ` ${aboutOf(image)}`),
      el(
        "menu",
        {},
        el("button", { type: "button", onclick: () => step(-1), disabled: at === 0 }, "← Previous"),
        el("button", { type: "button", onclick: () => step(1), disabled: at === images.length - 1 }, "Next →"),
        this.download && el("a", original, "Download"),
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
  }

  /** @param {string} password */
  async open(password) {
    const shown = await call("POST", "/shared", { secret: this.secret, password });
    this.ask.hidden = true;
    this.download = shown.download;
    this.title.textContent = shown.label ? `${shown.collection}: ${shown.label}` : shown.collection;
    this.by.textContent = `${counted(shown.images, "picture")}, shown by ${shown.by || "somebody"} until ${when(shown.ends_at)}. You can look at them, but not change them.`;
    await Promise.all([this.more(), this.offerLabels()]);
  }
}

/** @param {HTMLElement} main */
export async function mount(main) {
  const shared = new Shared(main);
  const { by, ask, later } = shared;
  const problem = find(ask, ".problem");
  ask.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      await shared.open(fields(ask).password);
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
    }
  });
  const choice = /** @type {HTMLSelectElement} */ (find(shared.labels, "select"));
  choice.addEventListener("change", () => shared.only(choice.value).catch(complain));
  later.addEventListener("click", () => shared.more().catch(complain));
  bind({});
  try {
    await shared.open("");
  } catch (error) {
    by.textContent = error instanceof Error ? error.message : String(error);
    ask.hidden = !(error instanceof ApiError && error.status === 401);
  }
}

/** How sure the machine is, where it gave the label. @param {Seen} image */
const sure = (image) => (image.confidence === null ? "" : percent(image.confidence));

/** A mark that says whether a person named the picture, or the machine is unsure. @param {Seen} image */
function markOf(image) {
  const mark = image.unsure ? "?" : { person: "✓", bulk: "≈" }[image.who];
  return mark ? el("span", { class: "mark", "aria-hidden": "true" }, mark) : null;
}

/** Say whose label it is, and when and about where the picture was taken. @param {Seen} image */
function aboutOf(image) {
  const who = { person: "named by a person", bulk: "accepted in bulk", machine: `by the machine, ${sure(image)}` }[
    image.who
  ];
  const place =
    image.latitude === null
      ? ""
      : `about ${image.latitude.toFixed(2)}, ${/** @type {number} */ (image.longitude).toFixed(2)}`;
  return [who, image.taken.replace("T", " "), place, image.name].filter(Boolean).join(" · ");
}
