// @ts-check
/** Reading: a picture is named without knowing what anybody, or the machine, said of it. */
import { API, call } from "../frame/api.js";
import { counted, el, find } from "../frame/dom.js";
import { bind } from "../frame/keys.js";
import { complain, toast } from "../frame/toast.js";
import { word } from "../pictures/identified.js";
import { chooseLabel } from "../pictures/relabel.js";
import { Stage } from "../pictures/stage.js";
import { favourites } from "../pictures/strip.js";
import { thingKeys } from "../pictures/things.js";

const SAID = /** @type {Record<string, string>} */ ({
  one: "Sealed until a second reader has answered.",
  agreed: "Both readers say so.",
  differ: "The readers differ: it waits under Conflicts.",
});

/** @param {HTMLElement} main */
export async function mount(main) {
  const data = main.dataset;
  const here = `/collections/${data.collection}`;
  const box = find(main, "#review");
  if (data.role === "viewer") {
    box.replaceChildren(el("p", { class: "empty" }, "Readers are editors or owners; you may look."));
    return;
  }
  const own = JSON.parse(data.favourites ?? "[]");
  /** @type {any} what waits, as the server said last */
  let all = null;
  /** @type {any[]} */
  let left = [];
  /** @type {any[]} what was answered here, the last one last */
  const answered = [];
  /** @type {Stage | null} */
  let picture = null;
  let busy = false;

  const load = async () => {
    all = await call("GET", `${here}/to-identify`);
    left = all.images;
    draw();
  };
  const draw = () => {
    const [now, following] = left;
    picture?.leave();
    const words = [
      all.yours &&
        `${counted(all.yours, "picture that another has read waits", "pictures that another has read wait")} for you.`,
      answered.length && `You have read ${counted(answered.length, "picture")} since you came.`,
    ].filter(Boolean);
    find(main, "#waiting").textContent = words.join(" ");
    if (!now) {
      box.replaceChildren(
        el(
          "div",
          { class: "empty" },
          el("p", { class: "large" }, "You have read every picture that waits for a reader."),
          el("p", {}, el("a", { href: `${here}/review/agreement` }, "How well the readers agree")),
        ),
      );
      return;
    }
    const stage = el("figure", { class: "stage" });
    picture = new Stage(stage, { ...now, label: "" });
    if (following) new Image().src = `${API}/images/${following.id}/view`;
    box.replaceChildren(stage, side(now));
  };
  /** @param {any} now */
  const side = (now) =>
    el(
      "aside",
      { class: "panel" },
      el("h2", {}, "What does it show?"),
      el(
        "div",
        { class: "actions" },
        el("button", { type: "button", class: "primary", onclick: choose, title: "R or Enter" }, "Name it"),
        el("button", { type: "button", onclick: () => answer(""), title: "U" }, "Can’t name it"),
        el("button", { type: "button", onclick: skip, title: "S" }, "Skip"),
        answered.length > 0 && el("button", { type: "button", onclick: back, title: "Ctrl + Z" }, "Take back"),
      ),
      favourites(data),
      el("p", { class: "soft" }, [now.name, now.taken.replace("T", " ")].filter(Boolean).join(" · ")),
    );
  const choose = async () => {
    const label = await chooseLabel(data, "What does it show?");
    if (label) await answer(label);
  };
  /** @param {string} label */
  const answer = async (label) => {
    const [now] = left;
    if (!now || busy) return;
    busy = true;
    try {
      const done = await call("POST", `${here}/identifications`, { image: now.id, label });
      toast(`${word(label)}. ${SAID[done.state] ?? ""}`);
      if (done.second_by) all.yours -= 1;
      answered.push(now);
      await next();
    } catch (error) {
      complain(error);
      await load();
    } finally {
      busy = false;
    }
  };
  const next = async () => {
    left = left.slice(1);
    if (left.length) draw();
    else await load();
  };
  const skip = () => {
    if (left.length < 2) return toast("No other picture waits.");
    left = [...left.slice(1), left[0]];
    draw();
  };
  const back = async () => {
    const last = answered.at(-1);
    if (!last) return;
    try {
      await call("DELETE", `/images/${last.id}/identifications`);
      answered.pop();
      const now = await call("GET", `${here}/to-identify`);
      all = now;
      left = [last, ...now.images.filter((/** @type {any} */ i) => i.id !== last.id)];
      draw();
    } catch (error) {
      complain(error);
    }
  };
  bind({
    relabel: choose,
    confirm: choose,
    undecided: () => answer(""),
    skip,
    undo: back,
    ...thingKeys(answer),
    favourite: (/** @type {KeyboardEvent} */ event) => {
      const label = own[Number(event.key) - 1];
      if (label) answer(label);
    },
  });
  await load();
  return () => picture?.leave();
}
