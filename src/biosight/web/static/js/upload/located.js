// @ts-check
/** Where a picture was taken, written into its file as XMP (ISO 16684-1; properties of the namespace exif). */

const NAMESPACE = "http://ns.adobe.com/xap/1.0/\0";
const SOON = 10000; // ms; a phone without a fix must not hold a picture back
/** Within this time, in ms, a picture has its place or gets none. */
export const LONGEST_WAIT = 2 * SOON;
const ASKED = "biosight:places-of-pictures";

/** Ask once whether pictures shall have a place. @param {(ask: any) => Promise<string | null>} question */
export async function wantsPlaces(question) {
  const said = localStorage.getItem(ASKED);
  if (said || !navigator.geolocation) return said === "yes";
  const answer = await question({
    title: "Save where you take pictures?",
    words: "The place is written into each picture that you take here. Who may see the picture may see the place.",
    ok: "Save places",
  });
  localStorage.setItem(ASKED, answer ? "yes" : "no");
  return Boolean(answer);
}

/** Return where this device is, or null. @returns {Promise<GeolocationCoordinates | null>} */
export function whereNow() {
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      (found) => resolve(found.coords),
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
function packet(place) {
  const [north, east] = [degrees(place.latitude, "NS"), degrees(place.longitude, "EW")];
  return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="${north}" exif:GPSLongitude="${east}"/></rdf:RDF></x:xmpmeta>`;
}

/**
 * Return a JPEG with the place in it; any other file, or one that has XMP already, as it is.
 * @param {File} file @param {{latitude: number, longitude: number} | null} place @returns {Promise<File>}
 */
export async function located(file, place) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 1 << 18));
  if (!place || bytes[0] !== 0xff || bytes[1] !== 0xd8 || text.includes(NAMESPACE)) return file;
  const content = new TextEncoder().encode(NAMESPACE + packet(place));
  const length = content.length + 2;
  const head = new Uint8Array([0xff, 0xe1, length >> 8, length & 255]);
  const at = afterFirst(bytes);
  const parts = [bytes.subarray(0, at), head, content, bytes.subarray(at)];
  return new File(parts, file.name, { type: file.type, lastModified: file.lastModified });
}

/** Return where the first segments (JFIF, Exif) end, which readers want to find at the start. @param {Uint8Array} bytes */
function afterFirst(bytes) {
  let at = 2;
  while (bytes[at] === 0xff && (bytes[at + 1] === 0xe0 || bytes[at + 1] === 0xe1))
    at += 2 + (bytes[at + 2] << 8) + bytes[at + 3];
  return at;
}
