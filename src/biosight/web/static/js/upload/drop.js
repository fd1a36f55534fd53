// @ts-check
/** Files from drops (folders too), pickers and the clipboard, with their paths. */

/** @typedef {{file: File, path: string}} Found */

/** Folders in which NAS, Windows and Macs keep small copies, deleted files and notes; hidden ones too. */
const OF_THE_SYSTEM =
  /(^|\/)(\.[^/]*|@eadir|#recycle|@recycle|\$recycle\.bin|recycler|recycled|system volume information|#snapshot|@tmp|__macosx|lost\+found)\//i;

/** @param {FileSystemEntry} entry @returns {Promise<Found[]>} all files below, but for the system's own */
async function walk(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) =>
      /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject),
    );
    return [{ file, path: entry.fullPath.replace(/^\//, "") }];
  }
  if (OF_THE_SYSTEM.test(`${entry.name}/`)) return [];
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length) return found;
    for (const child of part) found.push(...(await walk(child)));
  }
}

/** @param {DataTransfer} data @returns {Promise<Found[]>} */
export async function dropped(data) {
  // Entries must be taken before the first await: the browser empties the list afterwards.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter((e) => e !== null && e !== undefined);
  if (!entries.length) return [...data.files].map((file) => ({ file, path: file.name }));
  return (await Promise.all(entries.map(walk))).flat();
}

/** @param {HTMLInputElement} input @returns {Found[]} */
export function picked(input) {
  const found = [...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
  input.value = "";
  return found.filter(({ path }) => !OF_THE_SYSTEM.test(path));
}

/** Return whether a file's type says that it is no picture; without a type, the server decides. @param {File} file */
export function noPicture(file) {
  return file.type !== "" && !file.type.startsWith("image/");
}

/** Listen for drops and pasted pictures. @param {(files: Found[]) => void} take */
export function acceptFiles(take) {
  let depth = 0;
  /** @param {DragEvent} event */
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  /** @param {number} now */
  const mark = (now) => {
    depth = Math.max(0, now);
    document.body.classList.toggle("dropping", depth > 0);
  };
  addEventListener("dragenter", (e) => hasFiles(e) && mark(depth + 1));
  addEventListener("dragleave", (e) => hasFiles(e) && mark(depth - 1));
  addEventListener("dragover", (e) => hasFiles(e) && e.preventDefault());
  addEventListener("drop", async (event) => {
    if (!event.dataTransfer || !hasFiles(event)) return;
    event.preventDefault();
    mark(0);
    take(await dropped(event.dataTransfer));
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take(files.map((file, i) => ({ file, path: file.name || `pasted-${i + 1}.png` })));
  });
}
