// @ts-check
/** The folders that the files came from, as a tree beside the names. */
import { call } from "../frame/api.js";
import { el, find } from "../frame/dom.js";
import { OF_A_CARD } from "../upload/offer.js";
import { asQuery } from "./filters.js";
import { asTree } from "./tree.js";

/** Return a folder's name; a folder that a camera made is called with the one that holds the card. @param {string} path */
function calledHere(path) {
  const names = path.split("/").filter(Boolean);
  const last = names.at(-1) ?? "/";
  const above = OF_A_CARD.test(last) ? names.filter((n) => !OF_A_CARD.test(n)).at(-1) : undefined;
  return above ? `${above} › ${last}` : last;
}

/** @param {HTMLElement} main @param {string} collection @param {Record<string, any>} filter */
export async function drawSources(main, collection, filter) {
  const here = `/collections/${collection}`;
  const { folder, ...rest } = filter;
  const query = asQuery(rest);
  const found = await call("GET", `${here}/facets${query}${query ? "&" : "?"}of=folders`);
  const inside = found.folders.filter((/** @type {Schemas["FacetOut"]} */ f) => f.value !== "/");
  find(main, "#source-fold").hidden = !inside.length && !folder;
  const folders = inside.map((/** @type {Schemas["FacetOut"]} */ f) => ({
    label: f.value,
    path: f.value,
    images: f.images,
    verified: 0,
    unsure: 0,
    further: 0,
    further_below: 0,
    taxon: null,
    thing: "",
  }));
  /** @param {import("./tree.js").Node} n @returns {HTMLElement} */
  const branch = (n) =>
    el(
      "li",
      { class: n.children.length ? "branch" : "" },
      el(
        "a",
        {
          href: here + asQuery({ ...rest, folder: n.path }),
          "aria-current": folder === n.path && "page",
          title: n.path,
        },
        el("span", {}, calledHere(n.path)),
        el("span", { class: "count" }, n.images.toLocaleString("en")),
      ),
      n.children.length ? el("ul", {}, n.children.map(branch)) : null,
    );
  find(main, "#sources").replaceChildren(
    ...(folder ? [el("li", {}, el("a", { href: here + query }, el("span", {}, "All folders")))] : []),
    ...asTree(folders).map(branch),
  );
}
