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
const LONGEST = 6000; // characters of all keywords, so that they fit into a form's field

/** Return whether a file is a sidecar. @param {string} name */
export const isSidecar = (name) => /\.xmp$/i.test(name);

/** Return the keywords in a picture's sidecar, if it has one. @param {string} path @param {Map<string, File>} sidecars by path in small letters */
export async function keywordsFor(path, sidecars) {
  const paths = [`${path}.xmp`, `${path.replace(/\.[^./]+$/, "")}.xmp`];
  const file = paths.map((p) => sidecars.get(p.toLowerCase())).find(Boolean);
  return file ? await keywordsIn(file).catch(() => []) : [];
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
  const kept = [...new Set(found.filter((w) => w && !inTrees.has(w)))];
  let length = 0;
  return kept.filter((word) => {
    length += word.length + 3;
    return length < LONGEST;
  });
}

/** Return a keyword with | between its levels. @param {string} text @param {string} mark */
function levels(text, mark) {
  const parts = mark ? text.split(mark) : [text.replaceAll("|", " ")];
  return parts
    .map((part) => part.trim())
    .filter(Boolean)
    .join("|");
}
