// @ts-check
/** One picture: large, with guesses, metadata, note and history; moves through the filtered list. */

import { API, call } from "../frame/api.js";
import { el, find, redraw } from "../frame/dom.js";
import { goTo, listen, tell } from "../frame/events.js";
import { bind } from "../frame/keys.js";
import { may } from "../frame/may.js";
import { complain } from "../frame/toast.js";
import { asQuery, fromAddress } from "../grid/filters.js";
import { aboutSections } from "../pictures/about.js";
import { changeOne, doAct, undoLast } from "../pictures/acts.js";
import { answerButtons, answerKeys } from "../pictures/answering.js";
import { drawBoxes, toggleBoxes } from "../pictures/boxes.js";
import { Describing } from "../pictures/describing.js";
import { guessSection } from "../pictures/guess_section.js";
import { drawState } from "../pictures/guesses.js";
import { toggleHeat } from "../pictures/heat.js";
import { drawLikes } from "../pictures/likes.js";
import { noteField } from "../pictures/note.js";
import { Stage } from "../pictures/stage.js";
import { steps } from "../pictures/steps.js";
import { subjectSection } from "../pictures/subjects.js";
import { breadcrumbs, hear } from "../pictures/taxa.js";
import { together } from "../pictures/together.js";

const HIDE = "biosight:details";

class ImagePage {
  /** @param {HTMLElement} main @param {Schemas["ImageDetail"]} image @param {any[]} said @param {{previous: string, next: string}} near */
  constructor(main, image, said, near) {
    this.main = main;
    this.data = main.dataset;
    this.image = image;
    this.said = said;
    this.near = near;
    this.editor = may(main, "change");
    this.filter = fromAddress();
    this.back = `/collections/${this.data.collection}${asQuery(this.filter)}`;
    this.stage = find(main, "#stage");
    this.panel = find(main, "#panel");
    this.picture = new Stage(this.stage, image);
    this.others = together(this.data);
    this.likes = el("section", { hidden: true });
    /** @type {import("../pictures/answering.js").Asked} */
    this.asked = {
      counted: () => this.reload(),
      data: this.data,
      image: () => this.image,
      give: (answer) => this.change(answer),
      confirm: () => this.confirm(),
    };
    this.describing = new Describing(this.data, this.stage, this, this.editor);
  }

  /** @param {string} id */
  to(id) {
    const address = `/images/${id}${asQuery(this.filter)}`;
    if (id) tell("go", { address });
  }

  /** @param {Record<string, any>} change */
  async change(change) {
    try {
      const now = await changeOne(this.image, change);
      const moved = now.version !== this.image.version;
      await this.show(now);
      return moved;
    } catch (error) {
      complain(error);
      return false;
    }
  }

  async confirm() {
    if (this.image.label && this.image.who !== "person") await this.change({ confirm: true });
    if (this.near.next) this.to(this.near.next);
  }

  async trash() {
    const body = { kind: this.image.trashed ? "restore" : "trash", images: [this.image.id] };
    if (!(await doAct(this.data.collection ?? "", body))) return;
    if (this.near.next) this.to(this.near.next);
    else goTo(this.back);
  }

  async reload() {
    await this.show(await call("GET", `/images/${this.image.id}`));
  }

  /** Draw the picture as it is now. @param {Schemas["ImageDetail"]} now */
  async show(now) {
    this.image = now;
    this.said = await call("GET", `/images/${this.image.id}/history`);
    this.draw();
  }

  draw() {
    const { image, panel } = this;
    if (image.taxon) hear(image.taxon);
    drawBoxes(this.stage, image);
    redraw(
      panel,
      [
        el("p", {}, el("a", { href: this.back }, "← Back to the pictures")),
        el("h1", {}, image.name),
        drawState(image),
        image.taxon && image.taxon.line.length > 1 && breadcrumbs(this.data.collection ?? "", image.taxon),
        this.actions(),
        subjectSection(this.describing),
        guessSection(image, this.editor ? (label) => this.change({ label }) : null, {
          heat: this.heat,
          boxes: () => toggleBoxes(this.stage),
        }),
        noteField(image, this.editor, (text) => this.change({ note: text })),
        ...this.others,
        this.likes,
        ...aboutSections(image, this.said),
      ].filter(Boolean),
    );
  }

  actions() {
    const { image } = this;
    const confirm = image.who === "person" ? "Next" : "Confirm";
    return el(
      "div",
      { class: "actions" },
      this.editor && [
        answerButtons(this.asked, { confirm, disabled: !image.label }),
        el(
          "button",
          { type: "button", onclick: () => this.trash(), title: "Del" },
          image.trashed ? "Restore" : "Move to trash",
        ),
      ],
      el(
        "a",
        { class: "button", href: `${API}/images/${image.id}/original?download=true`, download: image.name },
        "Download",
      ),
    );
  }

  heat = () => toggleHeat(this.stage, this.picture.img, this.image).catch(complain);

  details() {
    this.panel.hidden = !this.panel.hidden;
    find(this.main, ".big").style.gridTemplateColumns = this.panel.hidden ? "minmax(0, 1fr)" : "";
    localStorage.setItem(HIDE, this.panel.hidden ? "hidden" : "");
  }

  bindKeys() {
    const { zoom } = this.picture;
    bind({
      next: () => this.to(this.near.next),
      previous: () => this.to(this.near.previous),
      details: () => this.details(),
      zoomIn: () => zoom.by(1.5),
      zoomOut: () => zoom.by(1 / 1.5),
      heat: this.heat,
      boxes: () => toggleBoxes(this.stage),
      ...this.picture.planeKeys,
      clear: () => (zoom.scale > 1 ? zoom.reset() : goTo(this.back)),
      ...(this.editor && {
        ...answerKeys(this.asked),
        trash: () => this.trash(),
        ...this.describing.keys,
        undo: () => undoLast(this.data.collection ?? ""),
      }),
    });
  }
}

/** @param {HTMLElement} main */
export async function mount(main) {
  const { image } = main.dataset;
  const [found, said, near] = await Promise.all([
    call("GET", `/images/${image}`),
    call("GET", `/images/${image}/history`),
    call("GET", `/images/${image}/neighbours${asQuery(fromAddress())}`),
  ]);
  const page = new ImagePage(main, found, said, near);
  const stop = new AbortController();
  page.stage.append(...steps(near, (id) => page.to(id)));
  drawLikes(page.likes, found, page.editor).catch(complain);
  page.draw();
  tell("viewed", found.id);
  if (localStorage.getItem(HIDE) === "hidden") page.details();
  listen("reload", () => page.reload().catch(complain), { signal: stop.signal });
  main.addEventListener("swipe", (event) => {
    page.to(/** @type {CustomEvent} */ (event).detail > 0 ? near.next : near.previous);
  });
  page.bindKeys();
  return () => {
    stop.abort();
    page.picture.leave();
  };
}
