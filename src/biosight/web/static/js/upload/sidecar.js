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

/**
 * Return the sidecars among files that came together, by their paths in small letters.
 * @param {{file: File, path: string}[]} files
 */
export function sidecarsAmong(files) {
  const found = files.filter(({ file }) => isSidecar(file.name));
  return new Map(found.map(({ file, path }) => [path.toLowerCase(), file]));
}

/**
 * Take a picture's sidecar out of those that came with it.
 * @param {string} path @param {Map<string, File>} sidecars @returns {File | undefined}
 */
export function takeSidecar(path, sidecars) {
  const paths = [`${path}.xmp`, `${path.replace(/\.[^./]+$/, "")}.xmp`].map((p) => p.toLowerCase());
  const key = paths.find((p) => sidecars.has(p));
  const file = key && sidecars.get(key);
  if (key) sidecars.delete(key);
  return file || undefined;
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
