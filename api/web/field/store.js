// What the phone keeps: one IndexedDB, a few lines around it. Every function is one transaction; nothing is half kept.

const NAME = "gridmgmt-field";
const STORES = {
  outbox: { keyPath: "key" }, // records on their way, in the order they were made
  photos: { keyPath: ["owner", "sha256"] }, // their photos; `uses` counts the records that still need one
  patrols: { keyPath: "id" },
  points: { keyPath: ["patrol", "seq"] }, // appended as they come: a crash loses nothing recorded
  receipts: { keyPath: "key" }, // what the server said when it took a record over
  kept: { keyPath: ["owner", "path"] }, // answers of the API, for when there is no network
  settings: { keyPath: "name" },
};

export class Full extends Error {}

let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [name, options] of Object.entries(STORES)) request.result.createObjectStore(name, options);
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => { request.result.close(); opened = undefined; };
      request.result.onclose = () => (opened = undefined);
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  opened.catch(() => (opened = undefined));
  return opened;
}

export const result = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

// `work` gets the stores by name; what it returns is there once the transaction is on the disk.
async function transact(mode, names, work) {
  const database = await open();
  const transaction = database.transaction(names, mode, { durability: mode === "readwrite" ? "strict" : "default" });
  const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
  });
  done.catch(() => {}); // told below; never twice
  try {
    const value = await work(stores);
    await done;
    return value;
  } catch (error) {
    if (error.name === "QuotaExceededError" || transaction.error?.name === "QuotaExceededError") throw new Full();
    try { transaction.abort(); } catch { /* it has ended already */ }
    throw error;
  }
}

export const read = (names, work) => transact("readonly", [names].flat(), work);
export const write = (names, work) => transact("readwrite", [names].flat(), work);

export const get = (store, key) => read(store, (stores) => result(stores[store].get(key)));
export const all = (store, range) => read(store, (stores) => result(stores[store].getAll(range)));
export const put = (store, value) => write(store, (stores) => result(stores[store].put(value)));

export const setting = async (name, otherwise) => (await get("settings", name))?.value ?? otherwise;
export const setSetting = (name, value) => put("settings", { name, value });

// The keys of one owner in the stores whose keys begin with the owner.
export const ofOwner = (owner) => IDBKeyRange.bound([owner], [owner, []]);
export const ofPatrol = (patrol, last = Infinity) => IDBKeyRange.bound([patrol, 0], [patrol, last]);
