// @ts-check
/**
 * A page that a browser kept as it was (its back/forward cache) is not shown after somebody signed out:
 * some browsers do not obey the server's word to forget such pages.
 */
const MARK = "biosight:signed-out";

/** Return when somebody signed out last in this browser. */
const now = () => localStorage.getItem(MARK) ?? "";

/** Note that this browser's session has ended. */
export function markSignedOut() {
  localStorage.setItem(MARK, String(Date.now()));
}

/** Load the page anew where it comes back after somebody signed out. */
export function guardKeptPages() {
  const mark = now();
  addEventListener("pageshow", (event) => {
    if (!event.persisted || mark === now()) return;
    document.documentElement.hidden = true;
    location.reload();
  });
}
