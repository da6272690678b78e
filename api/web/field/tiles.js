// The map of my area, on the phone. Tiles are kept per person: what a tile shows depends on who may see it.

import { me, signedFetch, TILES } from "./session.js";

export const LAYERS = "land,barrier,street,building";
export const DEEPEST = 15;
const FIRST = 12;
const AT_ONCE = 4;
const AROUND_DEG = 0.004; // about 400 m

const address = (z, x, y) => `/tiles/${LAYERS}/${z}/${x}/${y}.mvt`;
const cacheName = () => TILES + me().id;

// MapLibre's way to ask for a tile: what is on the phone first, then the network.
export async function loadTile({ url }, abort) {
  const [z, x, y] = url.split("/").slice(-3);
  const path = address(z, x, y);
  if (me() === null) return { data: new ArrayBuffer(0) };
  const cache = await caches.open(cacheName());
  const kept = await cache.match(path);
  if (kept) return { data: await kept.arrayBuffer() };
  const answer = await signedFetch(path, { signal: abort.signal });
  if (!answer.ok) throw new Error(`tile ${z}/${x}/${y}: ${answer.status}`);
  return { data: await answer.arrayBuffer() };
}

export function tilesAround([west, south, east, north]) {
  const found = [];
  for (let z = FIRST; z <= DEEPEST; z++) {
    const [left, top] = tileAt(west - AROUND_DEG, north + AROUND_DEG, z);
    const [right, bottom] = tileAt(east + AROUND_DEG, south - AROUND_DEG, z);
    for (let x = left; x <= right; x++) for (let y = top; y <= bottom; y++) found.push(address(z, x, y));
  }
  return found;
}

function tileAt(lon, lat, z) {
  const phi = lat * Math.PI / 180;
  return [Math.floor((lon + 180) / 360 * 2 ** z), Math.floor((1 - Math.asinh(Math.tan(phi)) / Math.PI) / 2 * 2 ** z)];
}

// Fetches what is missing (all of it anew where `anew`); tells how far it is.
export async function download(box, tell, anew = false) {
  const paths = tilesAround(box);
  const cache = await caches.open(cacheName());
  let [done, next] = [0, 0];
  const fetchOne = async (path) => {
    if (anew || !(await cache.match(path))) {
      const answer = await signedFetch(path);
      if (!answer.ok) throw new Error(`tile: ${answer.status}`);
      await cache.put(path, answer);
    }
    tell(++done, paths.length);
  };
  const worker = async () => { while (next < paths.length) await fetchOne(paths[next++]); };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

// How many tiles are on the phone, and how many bytes they are.
export async function kept() {
  const cache = await caches.open(cacheName());
  const answers = await Promise.all((await cache.keys()).map((request) => cache.match(request)));
  const sizes = await Promise.all(answers.map(async (answer) => (await answer.blob()).size));
  return { count: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

// The tiles of others who held this phone: they can be had again, records cannot.
export async function dropOthers() {
  for (const name of await caches.keys()) if (name.startsWith(TILES) && name !== cacheName()) await caches.delete(name);
}
