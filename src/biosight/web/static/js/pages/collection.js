// @ts-check
/** A collection: label folders, grid, filters, selection, uploads. */
import { call } from "../frame/api.js";
import { counted, find } from "../frame/dom.js";
import { bind } from "../frame/keys.js";
import { complain } from "../frame/toast.js";
import { actKeys } from "../grid/act_keys.js";
import { arrive, showArrived } from "../grid/arrivals.js";
import { wireDownloads, wireFold, wireSizes, wireStacks, wireUploads } from "../grid/bar.js";
import { actOn } from "../grid/bulk.js";
import { learnFacets, wireFacets } from "../grid/facets.js";
import { asBody, asQuery, drawApplied, fromAddress, isPlain, mark, matches, parts, wire } from "../grid/filters.js";
import { drawFolders } from "../grid/folders.js";
import { Grid } from "../grid/grid.js";
import { fitJump, wireJump } from "../grid/jump.js";
import { moves } from "../grid/moves.js";
import { drawSelected } from "../grid/selected.js";
import { drawSources } from "../grid/sources.js";
import { meant } from "../grid/stacks.js";
import { markLevels } from "../grid/tile.js";
import { update } from "../grid/update.js";
import { undoLast } from "../pictures/acts.js";

/** What was shown when the page was left, so that coming back finds it as it was. @type {any} */
let kept = null;
document.addEventListener("biosight:changed", (event) => {
  for (const image of /** @type {CustomEvent} */ (event).detail) kept?.changed.set(image.id, image);
});
document.addEventListener("biosight:viewed", (event) => {
  if (kept) kept.current = /** @type {CustomEvent} */ (event).detail;
});

const go = (/** @type {string} */ detail) => document.dispatchEvent(new CustomEvent("biosight:go", { detail }));

/** @param {HTMLElement} main */
export async function mount(main) {
  const data = main.dataset;
  const collection = data.collection ?? "";
  const editor = data.role !== "viewer";
  let filter = fromAddress();
  let here = location.pathname + location.search;
  let [total, all] = [0, false];
  const stop = new AbortController();
  const { signal } = stop;
  const grid = new Grid(find(main, "#grid"), collection, find(main, "#more"), {
    changed: () => drawBar(),
    open: (id) => go(`/images/${id}${asQuery(filter)}`),
    arrived: (many) => {
      const button = find(main, "#arrived");
      button.hidden = !many;
      button.textContent = `Show ${counted(many, "new picture")}`;
    },
  });
  find(main, "#arrived").addEventListener("click", () => showArrived(grid));

  const clear = () => {
    all = false;
    grid.clear();
  };
  /** What an act is for. @returns {Promise<any>} */
  const target = async () => (all ? { matching: asBody(filter) } : meant(collection, filter, grid.chosen()));
  const act = async (/** @type {Record<string, any>} */ body) => actOn(collection, grid, body, await target(), total);
  const drawBar = () => {
    if (!grid.selection.size) all = false;
    drawSelected(find(main, "#selected"), data, {
      count: grid.selection.size,
      total,
      all,
      trash: filter.trash === "true",
      editor,
      clear,
      ids: async () => (await target()).images,
      act,
      selectMatching: () => {
        all = true;
        grid.selectAll();
      },
    });
    find(main, "#empty").hidden = grid.images.length > 0 || total > 0 || !isPlain(filter);
  };
  const drawCounts = async () => {
    const [count] = await Promise.all([
      call("GET", `/collections/${collection}/count${asQuery(filter)}`),
      drawFolders(find(main, "#folders"), collection, filter),
      drawSources(main, collection, filter),
      learnFacets(`/collections/${collection}`, parts(), filter),
    ]);
    total = count.images;
    find(main, "#counted").textContent = isPlain(filter) && !total ? "" : counted(total, "picture");
    drawApplied(find(main, "#applied"), filter, total);
    drawBar();
  };
  let timer = 0;
  const countSoon = () => {
    timer ||= window.setTimeout(() => {
      timer = 0;
      drawCounts().catch(complain);
    }, 700);
  };
  const links = () => wireDownloads(main, collection, filter);
  const show = async () => {
    links();
    fitJump(find(main, "#jump"), filter.sort ?? "newest");
    await Promise.all([grid.show(filter), drawCounts()]);
    markLevels(grid.box);
  };
  /** @param {Record<string, any>} change */
  const set = (change) => {
    const kept = (/** @type {string} */ k, /** @type {any} */ v) =>
      Array.isArray(v) ? v.length : v !== "" || k === "label";
    filter = Object.fromEntries(Object.entries({ ...filter, ...change }).filter(([k, v]) => kept(k, v)));
    here = location.pathname + asQuery(filter);
    history.replaceState(history.state, "", here);
    mark(main, filter);
    show().catch(complain);
  };
  wire(main, filter, set);
  wireJump(find(main, "#jump"), data, grid, () => filter.sort ?? "newest");
  wireStacks(main, filter, set);
  wireFacets(find(main, "#filters"), `/collections/${collection}`, parts(), () => filter, asQuery);
  wireSizes(main, grid.box);
  wireFold(main);
  if (editor) wireUploads(main, collection, Number(document.body.dataset.maxMb));

  document.addEventListener(
    "biosight:changed",
    (event) => {
      update(grid, /** @type {CustomEvent} */ (event).detail, (i) => matches(i, filter, collection));
      countSoon();
    },
    { signal },
  );
  document.addEventListener(
    "biosight:stored",
    (event) => {
      const image = /** @type {CustomEvent} */ (event).detail;
      const first = !filter.sort || filter.sort === "newest";
      if (first && !filter.text && matches(image, filter, collection)) arrive(grid, image);
      if (image.collection === collection) countSoon();
    },
    { signal },
  );
  for (const told of ["biosight:reload", "biosight:uploaded"])
    document.addEventListener(told, () => show().catch(complain), { signal });

  /** Act on the selection or the current tile. @param {Record<string, any>} body */
  const doHere = async (body) => {
    const [images, at, single] = [grid.chosen(), grid.current, !grid.selection.size];
    if (!images.length || !editor) return;
    const changed = await act(body);
    if (changed === null) return;
    if (!single) clear();
    const stays = grid.images[at]?.id === images[0].id;
    if (single && (changed || body.kind === "confirm")) grid.moveTo(stays ? at + 1 : at);
  };
  bind({
    ...moves(grid),
    clear: () => clear(),
    search: () => find(main, "#text").focus(),
    ...(editor && { undo: () => undoLast(collection) }),
    ...(editor && filter.trash !== "true" && actKeys(data, grid, doHere)),
  });

  if (kept?.address === here) {
    links();
    await drawCounts();
    const list = kept;
    grid.filter = filter;
    grid.put(
      list.images
        .map((/** @type {any} */ i) => list.changed.get(i.id) ?? i)
        .filter((/** @type {any} */ i) => matches(i, filter, collection)),
      list.next,
    );
    const at = grid.images.findIndex((i) => i.id === list.current);
    if (at >= 0) grid.moveTo(at, false);
    requestAnimationFrame(() => {
      scrollTo(0, list.scroll);
      grid.box.focus({ preventScroll: true });
    });
  } else await show();

  return () => {
    kept = {
      address: here,
      images: grid.images,
      next: grid.next,
      current: grid.images[grid.current]?.id,
      scroll: scrollY,
      changed: new Map(),
    };
    stop.abort();
    grid.stop();
    clearTimeout(timer);
  };
}
