// @ts-check
/** Where and when: the sites and deployments of a collection. */

import { call } from "../frame/api.js";
import { find } from "../frame/dom.js";
import { listen } from "../frame/events.js";
import { may } from "../frame/may.js";
import { complain } from "../frame/toast.js";
import { drawCameras } from "../places/cameras.js";
import { drawDeployments, editDeployment, takeTable } from "../places/deployments.js";
import { wireLayers } from "../places/layers.js";
import { drawMap } from "../places/map.js";
import { drawSites, editSite } from "../places/sites.js";

/** @param {HTMLElement} main */
export async function mount(main) {
  const here = `/collections/${main.dataset.collection}`;
  const stop = new AbortController();
  /** @type {any[]} */
  let sites = [];
  const map = new KeptMap(main, here);
  const page = {
    here,
    editor: may(main, "change"),
    redraw: async () => {
      const [places, deployments] = await Promise.all([
        call("GET", `${here}/sites`),
        call("GET", `${here}/deployments`),
      ]);
      sites = places;
      drawSites(page, sites, find(main, "#sites tbody"));
      drawDeployments(page, deployments, sites, find(main, "#deployments tbody"));
      find(main, "#sites").hidden = !sites.length;
      find(main, "#deployments").hidden = !deployments.length;
      find(main, "#nothing").hidden = sites.length > 0 || deployments.length > 0;
      await map.show(JSON.stringify(sites));
    },
  };
  if (page.editor) {
    find(main, "#add-site").addEventListener("click", () => editSite(page).catch(complain));
    find(main, "#add-deployment").addEventListener("click", () => editDeployment(page, sites).catch(complain));
    const file = find(main, "#table");
    find(main, "#take-table").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      const [chosen] = file.files;
      if (chosen) takeTable(page, chosen).catch(complain);
      file.value = "";
    });
  }
  wireLayers(main, here);
  listen("reload", () => page.redraw().catch(complain), { signal: stop.signal });
  listen("layers", () => map.again().catch(complain), { signal: stop.signal });
  await page.redraw();
  drawCameras(main, page, stop.signal).catch(complain);
  return () => {
    stop.abort();
    map.leave();
  };
}

/** The map of a page, drawn anew when its sites have changed, one drawing after the other. */
class KeptMap {
  /** @param {HTMLElement} main @param {string} here */
  constructor(main, here) {
    this.draw = () => drawMap(main, here);
    this.drawn = Promise.resolve(() => {});
    /** @type {string | null} */
    this.sites = null;
  }

  /** @param {string} sites what it shows, as text */
  async show(sites) {
    if (sites === this.sites) return;
    this.sites = sites;
    await this.again();
  }

  async again() {
    this.drawn = this.drawn
      .catch(() => () => {})
      .then((leave) => {
        leave();
        return this.draw();
      });
    await this.drawn;
  }

  leave() {
    this.drawn.then((leave) => leave()).catch(() => {});
  }
}
