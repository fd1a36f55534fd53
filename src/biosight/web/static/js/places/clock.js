// @ts-check
/** Correct a camera's clock: a picture whose true time is known moves all pictures of its deployment. */
import { API, call } from "../frame/api.js";
import { counted, el } from "../frame/dom.js";
import { complain, toast } from "../frame/toast.js";
import { asBody, changeDeployment } from "./deployment_changes.js";
import { done } from "./sites.js";

/** @param {import("./sites.js").Page} page @param {Schemas["DeploymentOut"]} d the deployment */
export async function setClock(page, d) {
  const query = `deployment=${d.id}&dated=true&sort=taken-first&limit=24`;
  const found = await call("GET", `${page.here}/images?${query}`);
  if (!found.images.length) return toast(`No picture of ${d.name} says when it was taken.`);
  let image = found.images[0];
  /** @type {any} what the shift would be */
  let seen = null;
  const file = el("p", {});
  const told = el("p", { class: "soft", role: "status" });
  const time = el("input", { name: "true", type: "datetime-local", step: 1, required: true });
  const apply = el("button", { class: "primary", disabled: true }, "Apply");
  const look = async () => {
    apply.disabled = true;
    if (!time.value) return;
    seen = await call("POST", `${page.here}/deployments/${d.id}/clock`, { image: image.id, true: time.value });
    told.textContent = `All times move by ${seen.words}: ${counted(seen.images, "picture")}, from ${seen.first.replace("T", " ")} to ${seen.last.replace("T", " ")}.`;
    apply.disabled = false;
  };
  /** @param {Schemas["ImageOut"]} i */
  const pick = (i) => {
    image = i;
    file.textContent = `${i.name}: its file says ${i.taken_file.slice(0, 19).replace("T", " ")}.`;
    time.value = i.taken;
    for (const b of strip.querySelectorAll("[data-id]")) b.setAttribute("aria-pressed", String(b.dataset.id === i.id));
    look().catch(complain);
  };
  const strip = pictureStrip(`${page.here}/images?${query}`, found, pick);
  time.addEventListener("change", () => look().catch(complain));
  const form = el(
    "form",
    { class: "fields" },
    el("h2", {}, `The clock of ${d.name}`),
    el(
      "p",
      { class: "soft" },
      "Choose a picture whose true time you know, and enter that time. This corrects a wrong year, hour or time zone.",
    ),
    strip,
    file,
    el("label", {}, "True local time", time),
    told,
    el("menu", {}, el("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), apply),
  );
  const dialog = el("dialog", { class: "wide", "aria-label": `The clock of ${d.name}` }, form);
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    apply.disabled = true;
    try {
      const act = await changeDeployment(page, d, { ...asBody(d), shift: seen.shift });
      dialog.close();
      done(page, `The times of ${d.name} move by ${seen.words}`, act);
      await page.redraw();
    } catch (error) {
      complain(error);
      apply.disabled = false;
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  pick(image);
}

/**
 * Return pictures to choose from; later ones are loaded when asked for.
 * @param {string} address of the pictures @param {Schemas["ImagePage"]} first @param {(image: Schemas["ImageOut"]) => void} pick
 */
function pictureStrip(address, first, pick) {
  const choice = (/** @type {Schemas["ImageOut"]} */ i) =>
    el(
      "button",
      {
        type: "button",
        "data-id": i.id,
        "aria-label": i.name,
        "aria-pressed": "false",
        title: i.taken.replace("T", " "),
        onclick: () => pick(i),
      },
      el("img", { src: `${API}/images/${i.id}/thumbnail`, alt: "", loading: "lazy" }),
    );
  let next = first.next;
  const more = async () => {
    const following = await call("GET", `${address}&cursor=${encodeURIComponent(next)}`);
    next = following.next;
    later.hidden = !next;
    later.before(...following.images.map(choice));
  };
  const later = el(
    "button",
    { type: "button", class: "later", hidden: !next, onclick: () => more().catch(complain) },
    "Later ones",
  );
  return el("div", { class: "strip" }, first.images.map(choice), later);
}
