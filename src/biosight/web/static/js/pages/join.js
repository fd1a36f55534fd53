// @ts-check
/** An invitation: who invites, and to what. People follow it with their account or a new one. */
import { call } from "../frame/api.js";
import { fields, find } from "../frame/dom.js";

const KEPT = "biosight:invitation";

/** Return the link's secret, which is kept while the person signs in. @returns {string} */
function secretHere() {
  const given = location.hash.slice(1);
  if (given) sessionStorage.setItem(KEPT, given);
  return given || (sessionStorage.getItem(KEPT) ?? "");
}

/** @param {{by: string, collection: string, may: string}} invited */
function inWords({ by, collection, may }) {
  const who = by || "Somebody";
  if (!collection) return `${who} invites you to BioSight.`;
  return `${who} invites you to “${collection}”: you may ${may}.`;
}

/** Return the collection that a new account was invited to, "" for none. @param {{collection: string}} invited */
async function invitedTo({ collection }) {
  if (!collection) return "";
  const mine = await call("GET", "/collections");
  return (
    mine.find((/** @type {Schemas["CollectionOut"]} */ c) => c.name === collection && !c.may.includes("own"))?.id ?? ""
  );
}

/** @param {HTMLElement} main */
export async function mount(main) {
  const secret = secretHere();
  const words = find(main, "#invited");
  /** @type {HTMLFormElement} */
  const form = find(main, "form");
  let invited;
  try {
    invited = await call("POST", "/invitation", { secret });
  } catch (error) {
    words.textContent = error instanceof Error ? error.message : String(error);
    words.className = "problem";
    return;
  }
  words.textContent = inWords(invited);
  const address = form.querySelector("input[name=email]");
  if (address instanceof HTMLInputElement && invited.email) {
    address.value = invited.email;
    address.readOnly = true;
  }
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = find(form, ".problem");
    problem.hidden = true;
    try {
      if (form.id === "without-account") await call("POST", "/register", { ...fields(form), invitation: secret });
      const joined =
        form.id === "with-account" ? (await call("POST", "/join", { secret })).collection : await invitedTo(invited);
      sessionStorage.removeItem(KEPT);
      location.assign(joined ? `/collections/${joined}` : "/");
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
    }
  });
}
