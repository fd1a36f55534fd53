// @ts-check
/**
 * Sidecars: XMP files beside pictures, in which darktable, digiKam and Lightroom keep keywords. Only
 * these words are sent.
 */

const RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/** Properties with keywords by namespace, and what stands between the levels of a tree. */
const LISTS = [
  ["http://ns.adobe.com/lightroom/1.0/", "hierarchicalSubject", "|"],
  ["http://www.digikam.org/ns/1.0/", "TagsList", "/"],
  ["http://ns.microsoft.com/photo/1.0/", "LastKeywordXMP", "/"],
  ["http://purl.org/dc/elements/1.1/", "subject", ""],
];
const LARGEST = 1 << 20;
const MOST_BYTES = 7500; // of all keywords as JSON, so that they fit into a form's field

/** Return whether a file is a sidecar. @param {string} name */
export const isSidecar = (name) => /\.xmp$/i.test(name);

/** Sidecars of files that came together: a raw file and its JPEG may share one. */
export class Sidecars {
  /** @param {{file: File, path: string}[]} files */
  constructor(files) {
    const found = files.filter(({ file }) => isSidecar(file.name));
    this.byPath = new Map(found.map(({ file, path }) => [path.toLowerCase(), file]));
    /** @type {Set<File>} */
    this.used = new Set();
  }

  /** Return a picture's sidecar, if it has one. @param {string} path @returns {File | undefined} */
  of(path) {
    const paths = [`${path}.xmp`, `${path.replace(/\.[^./]+$/, "")}.xmp`];
    const file = paths.map((p) => this.byPath.get(p.toLowerCase())).find(Boolean);
    if (file) this.used.add(file);
    return file;
  }

  /** How many belong to no picture. */
  get left() {
    return this.byPath.size - this.used.size;
  }
}

/** Return the keywords in a sidecar as JSON, "" for none. @param {File | undefined} file */
export async function keywordsOf(file) {
  const words = file ? await keywordsIn(file).catch(() => []) : [];
  const size = () => new TextEncoder().encode(JSON.stringify(words)).length;
  while (size() > MOST_BYTES) words.pop();
  return words.length ? JSON.stringify(words) : "";
}

/** Return the keywords in a sidecar; none for a damaged one. @param {File} file @returns {Promise<string[]>} */
async function keywordsIn(file) {
  if (file.size > LARGEST) return [];
  const read = new DOMParser().parseFromString(await file.text(), "text/xml");
  const found = LISTS.flatMap(([space, name, mark]) =>
    [...read.getElementsByTagNameNS(space, name)].flatMap((list) =>
      [...list.getElementsByTagNameNS(RDF, "li")].map((item) => levels(item.textContent ?? "", mark)),
    ),
  );
  const inTrees = new Set(found.filter((w) => w.includes("|")).flatMap((w) => w.split("|")));
  return [...new Set(found.filter((w) => w && !inTrees.has(w)))];
}

/** Return a keyword with | between its levels. @param {string} text @param {string} mark */
function levels(text, mark) {
  const parts = mark ? text.split(mark) : [text.replaceAll("|", " ")];
  return parts
    .map((part) => part.trim())
    .filter(Boolean)
    .join("|");
}
