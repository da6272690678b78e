// The service worker of /field, by hand. It keeps the page itself (the shell), by version, and nothing else: records
// lie in IndexedDB, tiles and answers of the API are kept by the page, per person. It never touches a write.
//
// The server puts VERSION and SHELL above these lines: they change with any file of the shell, and so does this script.

/* global VERSION, SHELL */

const PREFIX = "field-shell-";
const CACHE = PREFIX + VERSION;
const PAGE = "/field";

// The whole shell or none of it: half a page is worse than the old one. A redirect is the sign-in page, not the shell.
async function install() {
  const cache = await caches.open(CACHE);
  await Promise.all(SHELL.map(async (path) => {
    const answer = await fetch(path, { cache: "no-cache", headers: { "X-Poll": "1" } });
    if (!answer.ok || answer.redirected) throw new Error(`${path}: ${answer.status}`);
    await cache.put(path, answer);
  }));
}

async function cleanUp() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(cleanUp()));
self.addEventListener("message", ({ data }) => data === "take-over" && self.skipWaiting());

// Only what is in the shell is answered from it; everything else goes its way as if there were no service worker.
self.addEventListener("fetch", (event) => {
  const { method, url, mode } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin || !SHELL.includes(pathname)) return;
  if (mode === "navigate" && pathname !== PAGE) return;
  event.respondWith(fromShell(pathname, event.request));
});

async function fromShell(pathname, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(pathname)) ?? fetch(request);
}
