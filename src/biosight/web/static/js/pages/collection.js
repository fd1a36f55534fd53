// @ts-check
/** A collection: label folders, grid, filters, selection, uploads. */
import { find } from "../frame/dom.js";
import { goTo, listen } from "../frame/events.js";
import { bind } from "../frame/keys.js";
import { may } from "../frame/may.js";
import { complain } from "../frame/toast.js";
import { arrive, offerArrived, showArrived } from "../grid/arrivals.js";
import { wireDownloads, wireFold, wireSizes, wireStacks, wireUploads } from "../grid/bar.js";
import { actOn } from "../grid/bulk.js";
import { drawCounts } from "../grid/counts.js";
import { wireFacets } from "../grid/facets.js";
import { asBody, asQuery, changed, fromAddress, isPlain, mark, matches, parts, wire } from "../grid/filters.js";
import { Grid } from "../grid/grid.js";
import { fitJump, wireJump } from "../grid/jump.js";
import { isKept, keep, restore } from "../grid/kept.js";
import { moves } from "../grid/moves.js";
import { drawSelected } from "../grid/selected.js";
import { meant, standsFor } from "../grid/stacks.js";
import { markLevels } from "../grid/tile.js";
import { update } from "../grid/update.js";
import { undoLast } from "../pictures/acts.js";
import { answerKeys, asAct } from "../pictures/answering.js";

class CollectionPage {
  /** @param {HTMLElement} main */
  constructor(main) {
    this.main = main;
    this.data = main.dataset;
    this.collection = this.data.collection ?? "";
    this.editor = may(main, "change");
    this.filter = fromAddress();
    this.here = location.pathname + location.search;
    this.total = 0;
    /** Whether all that match are selected, even those that are not loaded. */
    this.all = false;
    this.timer = 0;
    this.grid = new Grid(find(main, "#grid"), this.collection, find(main, "#more"), {
      changed: () => this.drawBar(),
      open: (id) => goTo(`/images/${id}${asQuery(this.filter)}`),
      arrived: (many) => offerArrived(find(main, "#arrived"), many),
    });
  }

  clear() {
    this.all = false;
    this.grid.clear();
  }

  /** Return the pictures that an act applies to. @returns {Promise<any>} */
  async target() {
    return this.all ? { matching: asBody(this.filter) } : meant(this.collection, this.filter, this.grid.chosen());
  }

  /** @param {Record<string, any>} body */
  async act(body) {
    return actOn(this.collection, this.grid, body, await this.target(), this.total);
  }

  drawBar() {
    const { main, grid, filter } = this;
    if (!grid.selection.size) this.all = false;
    drawSelected(find(main, "#selected"), this.data, {
      count: standsFor(grid.chosen()),
      total: this.total,
      all: this.all,
      trash: filter.trash === "true",
      editor: this.editor,
      clear: () => this.clear(),
      ids: async () => (await this.target()).images,
      act: (body) => this.act(body),
      selectMatching: () => {
        this.all = true;
        grid.selectAll();
      },
    });
    find(main, "#empty").hidden = grid.images.length > 0 || this.total > 0 || !isPlain(filter);
  }

  async drawCounts() {
    this.total = await drawCounts(this.main, this.collection, this.filter);
    this.drawBar();
  }

  countSoon() {
    this.timer ||= window.setTimeout(() => {
      this.timer = 0;
      this.drawCounts().catch(complain);
    }, 700);
  }

  links() {
    wireDownloads(this.main, this.collection, this.filter);
  }

  async show() {
    this.links();
    fitJump(find(this.main, "#jump"), this.filter.sort ?? "newest");
    await Promise.all([this.grid.show(this.filter), this.drawCounts()]);
    markLevels(this.grid.box);
  }

  /** Change some parts of the filter. @param {Record<string, any>} change */
  set(change) {
    this.filter = changed(this.filter, change);
    this.here = location.pathname + asQuery(this.filter);
    history.replaceState(history.state, "", this.here);
    mark(this.main, this.filter);
    this.show().catch(complain);
  }

  wire() {
    const { main, grid, collection, filter } = this;
    const set = (/** @type {Record<string, any>} */ change) => this.set(change);
    find(main, "#arrived").addEventListener("click", () => showArrived(grid));
    wire(main, filter, set);
    wireJump(find(main, "#jump"), this.data, grid, () => this.filter.sort ?? "newest");
    wireStacks(main, filter, set);
    wireFacets(find(main, "#filters"), `/collections/${collection}`, parts(), () => this.filter, asQuery);
    wireSizes(main, grid.box);
    wireFold(main);
    if (this.editor) wireUploads(main, collection, Number(document.body.dataset.maxMb));
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const fits = (/** @type {Schemas["ImageOut"]} */ image) => matches(image, this.filter, this.collection);
    const updated = (/** @type {Schemas["ImageOut"][]} */ images) => {
      update(this.grid, images, fits);
      this.countSoon();
    };
    const stored = (/** @type {Schemas["ImageOut"]} */ image) => {
      const first = !this.filter.sort || this.filter.sort === "newest";
      if (first && !this.filter.text && fits(image)) arrive(this.grid, image);
      if (image.collection === this.collection) this.countSoon();
    };
    listen("changed", updated, { signal });
    listen("stored", stored, { signal });
    listen("reload", () => this.show().catch(complain), { signal });
    listen("uploaded", () => this.show().catch(complain), { signal });
  }

  /** Act on the selection or the current tile. @param {Record<string, any>} body */
  async doHere(body) {
    const { grid } = this;
    const [images, at, single] = [grid.chosen(), grid.current, !grid.selection.size];
    if (!images.length || !this.editor) return;
    const done = await this.act(body);
    if (done === null) return;
    if (!single) this.clear();
    const stays = grid.images[at]?.id === images[0].id;
    if (single && (done || body.kind === "confirm")) grid.moveTo(stays ? at + 1 : at);
  }

  bindKeys() {
    /** @type {import("../pictures/answering.js").Asked} */
    const asked = {
      data: this.data,
      give: (answer) => this.doHere(asAct(answer)),
      ready: () => this.grid.chosen().length > 0,
    };
    bind({
      ...moves(this.grid),
      clear: () => this.clear(),
      search: () => find(this.main, "#text").focus(),
      ...(this.editor && { undo: () => undoLast(this.collection) }),
      ...(this.editor &&
        this.filter.trash !== "true" && { ...answerKeys(asked), trash: () => this.doHere({ kind: "trash" }) }),
    });
  }

  /** Draw the pictures as they were when the page was left, or load them. */
  async begin() {
    if (!isKept(this.here)) return this.show();
    this.links();
    await this.drawCounts();
    this.grid.filter = this.filter;
    restore(this.grid, (image) => matches(image, this.filter, this.collection));
  }

  leave() {
    keep(this.here, this.grid);
    this.grid.stop();
    clearTimeout(this.timer);
  }
}

/** @param {HTMLElement} main */
export async function mount(main) {
  const page = new CollectionPage(main);
  const stop = new AbortController();
  page.wire();
  page.listen(stop.signal);
  page.bindKeys();
  await page.begin();
  return () => {
    stop.abort();
    page.leave();
  };
}
