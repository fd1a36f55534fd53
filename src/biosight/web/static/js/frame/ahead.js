// @ts-check
/** Pictures that are likely to be looked at next, loaded once what is looked at now is there. */

/** @param {string} address */
export function loadAhead(address) {
  const load = () => {
    const picture = new Image();
    picture.fetchPriority = "low";
    picture.src = address;
  };
  const idle = () =>
    "requestIdleCallback" in window ? requestIdleCallback(load, { timeout: 2000 }) : setTimeout(load, 500);
  if (document.readyState === "complete") idle();
  else addEventListener("load", idle, { once: true });
}
