// @ts-check
/** The review queue: one picture after the other, by keys. */
import { API, call } from "../frame/api.js";
import { counted, el, find, refocus } from "../frame/dom.js";
import { bind } from "../frame/keys.js";
import { complain } from "../frame/toast.js";
import { titleOf } from "../grid/tile.js";
import { changeOne, doAct, undoLast } from "../pictures/acts.js";
import { byDigit, drawAllGuesses, drawOpinions, drawState } from "../pictures/guesses.js";
import { broader, finer, stepped } from "../pictures/levels.js";
import { chooseLabel } from "../pictures/relabel.js";
import { Stage } from "../pictures/stage.js";
import { favourites, strip } from "../pictures/strip.js";
import { breadcrumbs, hear } from "../pictures/taxa.js";
import { thingKeys } from "../pictures/things.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  const data = main.dataset;
  const collection = data.collection ?? "";
  const editor = data.role !== "viewer";
  const box = find(main, "#review");
  /** @type {{image: any, via: string, done?: boolean}[]} */
  let drawn = [];
  let at = 0;
  let waiting = 0;
  const like = new URLSearchParams(location.search).get("like");
  /** @param {boolean} alike */
  const order = (alike) =>
    alike
      ? [
          "Those most like the picture you came from. ",
          el("a", { href: `/collections/${collection}/review` }, "Back to the usual order"),
        ]
      : ["Half of these are drawn at random, half are those the machine is least certain of."];
  const stop = new AbortController();

  const load = async () => {
    const queue = await call("GET", `/collections/${collection}/queue`);
    const near = like ? await call("GET", `/images/${like}/similar?unreviewed=true&limit=40`) : [];
    drawn = near.length ? near.map((/** @type {any} */ n) => ({ image: n.image, via: "" })) : queue.images;
    find(main, "#order").replaceChildren(...order(near.length > 0));
    waiting = queue.waiting;
    at = 0;
    await draw();
  };
  const next = async () => {
    const left = drawn.findIndex((d, i) => i > at && !d.done);
    const wrapped = left >= 0 ? left : drawn.findIndex((d) => !d.done);
    if (wrapped < 0) return load();
    at = wrapped;
    return draw();
  };
  /** @param {Record<string, any>} change */
  const answer = async (change) => {
    const now = drawn[at];
    if (!now || !editor) return;
    try {
      const before = now.image.who;
      now.image = await changeOne(now.image, { ...change, via: now.via });
      if (now.image.who === "person" && before !== "person") waiting -= 1;
      now.done = now.image.who === "person";
      await next();
    } catch (error) {
      complain(error);
    }
  };
  /** @param {number} to */
  const move = (to) => {
    if (to < 0 || to >= drawn.length) return;
    at = to;
    draw().catch(complain);
  };

  /** @type {Stage | null} */
  let picture = null;
  /** @type {any} the picture in full */
  let shown = null;
  const draw = async () => {
    find(main, "#waiting").textContent = waiting ? `${counted(waiting, "picture")} to review.` : "";
    const now = drawn[at];
    if (!now) {
      box.replaceChildren(
        el(
          "div",
          { class: "empty" },
          el("p", { class: "large" }, "Nothing waits for review."),
          el("p", {}, el("a", { href: `/collections/${collection}` }, "Back to the pictures")),
        ),
      );
      return;
    }
    const detail = await call("GET", `/images/${now.image.id}`);
    if (drawn[at] !== now) return;
    shown = detail;
    find(main, "#told").textContent =
      `${detail.name}: ${titleOf(detail)}${now.via === "random" ? ", drawn at random" : ""}`;
    if (detail.taxon) hear(detail.taxon);
    const stage = el("figure", { class: "stage" });
    picture?.leave();
    picture = new Stage(stage, now.image);
    const following = drawn[at + 1];
    if (following) new Image().src = `${API}/images/${following.image.id}/view`;
    const focused = box.contains(document.activeElement) ? document.activeElement?.textContent : null;
    const inStrip = !!document.activeElement?.closest(".strip");
    box.replaceChildren(stage, side(detail), strip(drawn, at, move));
    if (inStrip) box.querySelector(".strip [aria-current]")?.focus();
    else refocus(box, focused);
    const current = box.querySelector(".strip [aria-current]");
    if (current instanceof HTMLElement) find(box, ".strip").scrollLeft = current.offsetLeft - box.clientWidth / 2;
  };
  /** @param {any} image */
  const side = (image) =>
    el(
      "aside",
      { class: "panel" },
      drawState(image),
      drawn[at]?.via === "random" && el("p", { class: "soft" }, "Drawn at random: your answer measures the machine."),
      image.taxon?.line.length > 1 && breadcrumbs(collection, image.taxon),
      editor &&
        el(
          "div",
          { class: "actions" },
          el(
            "button",
            { type: "button", class: "primary", onclick: () => answer({ confirm: true }), title: "A or Enter" },
            "Confirm",
          ),
          el("button", { type: "button", onclick: relabel, title: "R" }, "Relabel"),
          el("button", { type: "button", onclick: () => answer({ undecided: true }), title: "U" }, "Undecided"),
          stepped(image, answer),
        ),
      drawAllGuesses(image, editor ? (label) => answer(label === image.label ? { confirm: true } : { label }) : null),
      drawOpinions(image),
      favourites(data),
      el("p", { class: "soft" }, el("a", { href: `/images/${image.id}` }, image.name)),
    );
  const relabel = async () => {
    const label = await chooseLabel(data, "Label");
    if (label) await answer({ label });
  };

  /** To the picture that was taken back, before the queue as it stands. @param {any} detail */
  const back = async (detail) => {
    const [image] = detail?.back ?? [];
    if (!image || image.collection !== collection) return load();
    const known = drawn.find((d) => d.image.id === image.id);
    if (known?.done) waiting += 1;
    if (known) Object.assign(known, { image, done: image.who !== "machine" });
    else drawn.splice(at, 0, { image, via: "" });
    at = drawn.findIndex((d) => d.image.id === image.id);
    await draw();
  };
  document.addEventListener(
    "biosight:reload",
    (event) => back(/** @type {CustomEvent} */ (event).detail).catch(complain),
    { signal: stop.signal },
  );
  bind({
    next: () => move(at + 1),
    previous: () => move(at - 1),
    ...(editor && {
      confirm: () => answer({ confirm: true }),
      relabel,
      undecided: () => answer({ undecided: true }),
      ...thingKeys((label) => answer({ label })),
      broader: () => shown && broader(shown) && answer({ label: broader(shown) }),
      finer: () => shown && finer(shown) && answer({ label: finer(shown) }),
      undo: () => undoLast(collection),
      trash: async () => {
        const now = drawn[at];
        if (now && (await doAct(collection, { kind: "trash", images: [now.image.id] }))) {
          drawn.splice(at, 1);
          waiting -= 1;
          at = Math.min(at, drawn.length - 1);
          await (drawn.length ? draw() : load());
        }
      },
      favourite: (/** @type {KeyboardEvent} */ event) => {
        const label = byDigit(data, shown, Number(event.key));
        if (label) answer(label === shown.label ? { confirm: true } : { label });
      },
    }),
  });
  box.addEventListener("swipe", (/** @type {CustomEvent} */ event) => move(at + event.detail));
  await load();
  return () => {
    stop.abort();
    picture?.leave();
  };
}
