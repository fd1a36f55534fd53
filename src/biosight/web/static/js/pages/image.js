// @ts-check
/** One picture: large, with guesses, metadata, note and history; moves through the filtered list. */
import { API, call } from "../frame/api.js";
import { el, find, refocus } from "../frame/dom.js";
import { bind } from "../frame/keys.js";
import { complain } from "../frame/toast.js";
import { asQuery, fromAddress } from "../grid/filters.js";
import { capture, facts, familiarity, sayingRow } from "../pictures/about.js";
import { changeOne, doAct, undoLast } from "../pictures/acts.js";
import { byDigit, drawAllGuesses, drawOpinions, drawState } from "../pictures/guesses.js";
import { toggleHeat } from "../pictures/heat.js";
import { broader, finer, stepped } from "../pictures/levels.js";
import { drawLikes } from "../pictures/likes.js";
import { noteField } from "../pictures/note.js";
import { chooseLabel } from "../pictures/relabel.js";
import { Stage } from "../pictures/stage.js";
import { breadcrumbs, hear } from "../pictures/taxa.js";
import { thingKeys } from "../pictures/things.js";
import { together } from "../pictures/together.js";

const HIDE = "biosight:details";

/** @param {string} address */
const go = (address) => document.dispatchEvent(new CustomEvent("biosight:go", { detail: address }));

/** @param {HTMLElement} main */
export async function mount(main) {
  const data = main.dataset;
  const editor = data.role !== "viewer";
  const filter = fromAddress();
  const back = `/collections/${data.collection}${asQuery(filter)}`;
  const stage = find(main, "#stage");
  const panel = find(main, "#panel");
  const stop = new AbortController();
  let [image, said, near] = await Promise.all([
    call("GET", `/images/${data.image}`),
    call("GET", `/images/${data.image}/history`),
    call("GET", `/images/${data.image}/neighbours${asQuery(filter)}`),
  ]);

  const picture = new Stage(stage, image);
  const { zoom } = picture;
  /** @param {string} id */
  const to = (id) => {
    const address = `/images/${id}${asQuery(filter)}`;
    if (id) document.dispatchEvent(new CustomEvent("biosight:go", { detail: { address } }));
  };
  const step = (
    /** @type {string} */ way,
    /** @type {string} */ id,
    /** @type {string} */ mark,
    /** @type {string} */ name,
  ) =>
    el(
      "button",
      { class: `step ${way}`, type: "button", disabled: !id, "aria-label": name, title: name, onclick: () => to(id) },
      mark,
    );
  stage.append(step("prev", near.previous, "←", "Previous picture"), step("next", near.next, "→", "Next picture"));
  if (near.next) new Image().src = `${API}/images/${near.next}/view`;

  /** @param {Record<string, any>} change */
  const change = async (change) => {
    try {
      const now = await changeOne(image, change);
      const moved = now.version !== image.version;
      image = now;
      said = await call("GET", `/images/${image.id}/history`);
      draw();
      return moved;
    } catch (error) {
      complain(error);
      return false;
    }
  };
  const confirm = async () => {
    if (image.label && image.who !== "person") await change({ confirm: true });
    if (near.next) to(near.next);
  };
  const relabel = async () => {
    const label = await chooseLabel(data, "Label");
    if (label) await change({ label });
  };
  const undecided = () => change({ undecided: true });
  const trash = async () => {
    const body = { kind: image.trashed ? "restore" : "trash", images: [image.id] };
    if (await doAct(data.collection ?? "", body)) near.next ? to(near.next) : go(back);
  };

  const others = together(data);
  const likes = el("section", { hidden: true });
  drawLikes(likes, image, editor).catch(complain);
  const heat = () => toggleHeat(stage, picture.img, image).catch(complain);
  const draw = () => {
    if (image.taxon) hear(image.taxon);
    const focused = panel.contains(document.activeElement) ? document.activeElement?.textContent : null;
    const download = el(
      "a",
      { class: "button", href: `${API}/images/${image.id}/original?download=true`, download: image.name },
      "Download",
    );
    panel.replaceChildren(
      ...[
        el("p", {}, el("a", { href: back }, "← Back to the pictures")),
        el("h1", {}, image.name),
        drawState(image),
        image.taxon?.line.length > 1 && breadcrumbs(data.collection ?? "", image.taxon),
        el(
          "div",
          { class: "actions" },
          editor && [
            el(
              "button",
              { type: "button", class: "primary", disabled: !image.label, onclick: confirm, title: "A or Enter" },
              image.who === "person" ? "Next" : "Confirm",
            ),
            el("button", { type: "button", onclick: relabel, title: "R" }, "Relabel"),
            el("button", { type: "button", onclick: undecided, title: "U" }, "Undecided"),
            stepped(image, change),
            el("button", { type: "button", onclick: trash, title: "Del" }, image.trashed ? "Restore" : "Trash"),
          ],
          download,
        ),
        el(
          "section",
          {},
          el("h2", { class: "minor" }, "The machine's guesses"),
          drawAllGuesses(image, editor ? (label) => change({ label }) : null),
          drawOpinions(image),
          image.model &&
            el(
              "p",
              {},
              el("button", { type: "button", class: "quiet", onclick: heat, title: "H" }, "What it looked at"),
            ),
          familiarity(image),
        ),
        noteField(image, editor, (text) => change({ note: text })),
        ...others,
        likes,
        el(
          "section",
          {},
          el("h2", { class: "minor" }, "Who said what"),
          el("ol", { class: "said" }, said.map(sayingRow)),
        ),
        el("section", {}, el("h2", { class: "minor" }, "About the file"), facts(image), capture(image)),
      ],
    );
    refocus(panel, focused);
  };
  const details = () => {
    panel.hidden = !panel.hidden;
    find(main, ".big").style.gridTemplateColumns = panel.hidden ? "minmax(0, 1fr)" : "";
    localStorage.setItem(HIDE, panel.hidden ? "hidden" : "");
  };
  draw();
  document.dispatchEvent(new CustomEvent("biosight:viewed", { detail: image.id }));
  if (localStorage.getItem(HIDE) === "hidden") details();
  document.addEventListener(
    "biosight:reload",
    async () => {
      image = await call("GET", `/images/${image.id}`);
      said = await call("GET", `/images/${image.id}/history`);
      draw();
    },
    { signal: stop.signal },
  );
  main.addEventListener("swipe", (event) => {
    to(/** @type {CustomEvent} */ (event).detail > 0 ? near.next : near.previous);
  });
  bind({
    next: () => to(near.next),
    previous: () => to(near.previous),
    details,
    zoomIn: () => zoom.by(1.5),
    zoomOut: () => zoom.by(1 / 1.5),
    heat,
    clear: () => (zoom.scale > 1 ? zoom.reset() : go(back)),
    ...(editor && {
      confirm,
      relabel,
      trash,
      undo: () => undoLast(data.collection ?? ""),
      undecided,
      ...thingKeys((label) => change({ label })),
      broader: () => broader(image) && change({ label: broader(image) }),
      finer: () => finer(image) && change({ label: finer(image) }),
      favourite: (/** @type {KeyboardEvent} */ event) => {
        const label = byDigit(data, image, Number(event.key));
        if (label) change(label === image.label ? { confirm: true } : { label });
      },
    }),
  });
  return () => {
    stop.abort();
    picture.leave();
  };
}
