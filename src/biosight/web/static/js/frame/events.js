// @ts-check
/** The page's own events: each name with its detail; all are sent and received here. */

/**
 * `go`: an address to go to; an object means that it replaces the shown one. `changed`: pictures that changed.
 * `viewed`: the id of a picture that was looked at large. `stored`: a picture that arrived. `layers`: those of
 * the map changed. `reload`: what is shown changed elsewhere, or an undo brought pictures back. `uploaded`: the collection that an upload ended in.
 * @typedef {object} Events
 * @property {string | {address: string}} go
 * @property {any[]} changed
 * @property {string} viewed
 * @property {any} stored
 * @property {{back?: any[], undone?: string} | undefined} reload
 * @property {undefined} layers
 * @property {string} uploaded
 * @property {undefined} uploading
 * @property {undefined} ready
 */

/** @template {keyof Events} K @param {K} name @param {Events[K]} [detail] */
export function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(`biosight:${name}`, { detail }));
}

/**
 * @template {keyof Events} K @param {K} name @param {(detail: Events[K]) => void} listener
 * @param {AddEventListenerOptions} [options] such as a signal that ends it
 */
export function listen(name, listener, options) {
  const heard = (/** @type {Event} */ event) => listener(/** @type {CustomEvent} */ (event).detail ?? undefined);
  document.addEventListener(`biosight:${name}`, heard, options);
}

/** Go to another page of BioSight. @param {string} address */
export function goTo(address) {
  tell("go", address);
}
