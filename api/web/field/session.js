// Who holds this phone. The last person signed in is remembered, so that work begins without a network too; whether the
// server still knows the sign-in shows only when something is asked of it.

import { announce } from "../js/state.js";
import { all, ofOwner, result, setSetting, setting, write } from "./store.js";

let person = null;
let expired = false;

export const me = () => person;
export const isExpired = () => expired;
export const owner = () => (person === null ? null : { id: person.id, name: person.display_name });

export const TILES = "field-tiles-";
const PATIENCE_MS = 60_000;

// The header tells the server whose record this is: it refuses it under anybody else's sign-in.
export const signedFetch = (path, options = {}) =>
  fetch(path, { ...options, headers: { "Accept-Language": document.documentElement.dataset.lang, ...options.headers,
    ...(person === null ? {} : { "X-Person": person.id }) } });

export async function remembered() {
  person = await setting("person", null);
  return person;
}

// Asks the server who is signed in: "known", "expired", or "away" where nobody answers.
export async function refresh() {
  let answer;
  try {
    answer = await fetch("/api/v1/me", { signal: AbortSignal.timeout(20_000) });
  } catch {
    return "away";
  }
  if (answer.status === 401) return setExpired(true), "expired";
  const said = answer.ok ? await answer.json().catch(() => null) : null;
  if (typeof said?.id !== "string") return "away";
  await become(said);
  return "known";
}

async function become(said) {
  const another = person !== null && person.id !== said.id;
  person = said;
  await setSetting("person", said);
  setExpired(false);
  announce(another ? "another-person" : "person", person); // also where it is who it was
}

export function setExpired(value) {
  if (expired === value) return;
  expired = value;
  announce("session");
}

// In the page, so that a patrol under way goes on. Gives null, or the sentence of the refusal.
export async function signIn(name, password) {
  const body = new URLSearchParams({ name, password, next: "/field" });
  const answer = await fetch(`/sign-in?lang=${document.documentElement.dataset.lang}`, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (answer.type === "opaqueredirect") return (await refresh()) === "known" ? null : "";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[role=alert]")?.lastChild.textContent.trim() ?? "";
}

// Takes what was read for this person off the phone. Records that were not sent stay: they wait for their owner.
export async function signOut() {
  await fetch("/sign-out", { method: "POST", redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
  const { id } = person;
  await write(["kept", "receipts", "settings"], async ({ kept, receipts, settings }) => {
    await result(kept.delete(ofOwner(id)));
    for (const { key, owner: whose } of await result(receipts.getAll())) if (whose === id) await result(receipts.delete(key));
    await result(settings.delete("person"));
  });
  await caches.delete(TILES + id);
  person = null;
}

// An answer of the API; without a network the one from last time, with its age. Null where there is neither.
export async function keptJson(path, keepAs = path) {
  if (person === null) return null;
  const whose = person.id;
  const ask = () => signedFetch(path, { signal: AbortSignal.timeout(20_000) }).catch(() => null);
  const answer = navigator.onLine && !expired ? await ask() : null;
  if (person?.id !== whose) return lastKept(keepAs); // it came for somebody who has left
  const value = answer?.ok ? await answer.json().catch(() => undefined) : undefined; // it may stop half way
  if (value !== undefined) {
    const row = { owner: whose, path: keepAs, value, at: new Date().toISOString() };
    await write("kept", ({ kept }) => result(kept.put(row))).catch(() => {}); // a full phone still shows what it read
    return { ...row, fresh: true };
  }
  if (answer?.status === 401) setExpired(true);
  return lastKept(keepAs);
}

export async function lastKept(path) {
  if (person === null) return null;
  const rows = await all("kept", IDBKeyRange.only([person.id, path]));
  return rows[0] ?? null;
}
