// @ts-check
/** Where a picture was taken, written into its file as XMP (ISO 16684-1; properties of the namespace exif). */

const NAMESPACE = "http://ns.adobe.com/xap/1.0/\0";
const SOON = 10000; // ms; a phone without a fix must not hold a picture back
/** Within this time, in ms, a picture has its place or gets none. */
export const LONGEST_WAIT = 2 * SOON;
const VAGUE = 1000; // metres; a place less sure than this says nothing of a picture

/**
 * Ask a person once whether their pictures shall have a place; a "no" counts until the browser is closed.
 * @param {string} user @param {(ask: any) => Promise<string | null>} question
 */
export async function wantsPlaces(user, question) {
  const asked = `biosight:places-of-pictures:${user}`;
  const said = localStorage.getItem(asked) ?? sessionStorage.getItem(asked);
  if (said || !navigator.geolocation) return said === "yes";
  const answer = await question({
    title: "Save where you take pictures?",
    words: "The place is written into each picture that you take here. Who may see the picture may see the place.",
    ok: "Save places",
  });
  (answer ? localStorage : sessionStorage).setItem(asked, answer ? "yes" : "no");
  return Boolean(answer);
}

/** Return where this device is, or null where it knows only the region. @returns {Promise<GeolocationCoordinates | null>} */
export function whereNow() {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), LONGEST_WAIT); // the time of geolocation itself stands still while it asks
    navigator.geolocation.getCurrentPosition(
      (found) => resolve(found.coords.accuracy > VAGUE ? null : found.coords),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: SOON, maximumAge: 30000 },
    );
  });
}

/** Degrees as XMP writes them: "47,22.03200N". @param {number} value @param {string} letters for above 0 and below */
function degrees(value, letters) {
  const whole = Math.floor(Math.abs(value));
  return `${whole},${((Math.abs(value) - whole) * 60).toFixed(5)}${letters[value < 0 ? 1 : 0]}`;
}

/** @param {{latitude: number, longitude: number}} place */
function description(place) {
  const [north, east] = [degrees(place.latitude, "NS"), degrees(place.longitude, "EW")];
  return `<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="${north}" exif:GPSLongitude="${east}"/></rdf:RDF>`;
}

const EMPTY =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta>';

/**
 * Return a JPEG with the place in it, beside what its XMP says already; as it is where it has a place, or is no JPEG.
 * @param {File} file @param {{latitude: number, longitude: number} | null} place @returns {Promise<File>}
 */
export async function located(file, place) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!place || bytes[0] !== 0xff || bytes[1] !== 0xd8) return file;
  const { start, end, said } = xmpOf(bytes);
  if (said.includes("GPSLatitude") || !said.includes("</rdf:RDF>")) return file;
  const content = new TextEncoder().encode(NAMESPACE + said.replace("</rdf:RDF>", description(place)));
  const length = content.length + 2;
  if (length > 0xffff) return file;
  const head = new Uint8Array([0xff, 0xe1, length >> 8, length & 255]);
  const parts = [bytes.subarray(0, start), head, content, bytes.subarray(end)];
  return new File(parts, file.name, { type: file.type, lastModified: file.lastModified });
}

/**
 * Find the XMP of a JPEG; without one, an empty one after the first segments (JFIF, Exif), which readers want first.
 * @param {Uint8Array} bytes
 */
function xmpOf(bytes) {
  let at = 2;
  while (bytes[at] === 0xff && (bytes[at + 1] === 0xe0 || bytes[at + 1] === 0xe1)) {
    const end = at + 2 + (bytes[at + 2] << 8) + bytes[at + 3];
    const text = new TextDecoder().decode(bytes.subarray(at + 4, end));
    if (text.startsWith(NAMESPACE)) return { start: at, end, said: text.slice(NAMESPACE.length) };
    at = end;
  }
  return { start: at, end: at, said: EMPTY };
}
