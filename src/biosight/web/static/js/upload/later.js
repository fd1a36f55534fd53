// @ts-check
/** Pictures taken where there is no network: the browser keeps them (IndexedDB) until they are sent. */

const DATABASE = "biosight";
const TABLE = "waiting";

/**
 * A picture that waits: whose it is, where it goes, from when on it may be sent (ms; it may still get its place), and
 * why the server refused it, if it did.
 * @typedef {{id?: number, user: string, collection: string, session: string, file: File, ready: number, refused: string}} Kept
 */

/** @returns {Promise<IDBDatabase>} */
function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(TABLE, { keyPath: "id", autoIncrement: true });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

/**
 * Do one thing with the table, and wait until it is on disk.
 * @template T @param {IDBTransactionMode} mode @param {(table: IDBObjectStore) => IDBRequest<T>} run @returns {Promise<T>}
 */
async function within(mode, run) {
  const database = await opened();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(TABLE, mode, { durability: "strict" });
    const asked = run(transaction.objectStore(TABLE));
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onabort = () => reject(transaction.error);
  }).finally(() => database.close());
}

/** Keep a picture, and ask the browser not to clear it away. @param {Kept} kept @returns {Promise<any>} its id */
export function keepForLater(kept) {
  navigator.storage?.persist?.().catch(() => false);
  return within("readwrite", (table) => table.add(kept));
}

/** Change a kept picture, if it is still there: one that was sent meanwhile must not come back.
 * @param {number} id @param {Partial<Kept>} change @returns {Promise<any>} */
export function changeKept(id, change) {
  return within("readwrite", (table) => {
    const asked = table.get(id);
    asked.addEventListener("success", () => asked.result && table.put({ ...asked.result, ...change }));
    return asked;
  });
}

/** @param {number} id @returns {Promise<any>} */
export function forgetKept(id) {
  return within("readwrite", (table) => table.delete(id));
}

/** Return what waits for a person, in the order in which it was taken. @param {string} user @returns {Promise<Kept[]>} */
export async function keptFor(user) {
  const all = await within("readonly", (table) => table.getAll());
  return all.filter((/** @type {Kept} */ kept) => kept.user === user);
}
