// @ts-check
/** What others say of a picture: its two readers, and comments. */
import { call } from "../frame/api.js";
import { el } from "../frame/dom.js";
import { complain } from "../frame/toast.js";
import { drawComments } from "./comments.js";
import { drawIdentified } from "./identified.js";

/** Sections that fill themselves, hidden while there is nothing in them. @param {DOMStringMap} data a picture's page */
export function together(data) {
  const [readers, talk] = [el("section", { hidden: true }), el("section", { hidden: true })];
  const id = data.image ?? "";
  if (data.readers === "true") {
    call("GET", `/images/${id}/identifications`)
      .then((r) => drawIdentified(readers, r))
      .catch(complain);
  }
  drawComments(talk, id, data.collection ?? "", data.comments === "true").catch(complain);
  return [readers, talk];
}
