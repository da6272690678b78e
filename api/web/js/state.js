// What the page shows right now, and who wants to know when it changes. The address bar holds all of it:
// ?at=DATE&lang=LANGUAGE#/KIND/CODE

import { today } from "./day.js";

const KINDS = new Set(["district", "subdistrict", "community", "zone", "grid", "station", "plan", "incident"]);
const listeners = new Map();

export function on(topic, listener) {
  listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
}

export function announce(topic, value) {
  for (const listener of listeners.get(topic) ?? []) listener(value);
}

const query = () => new URLSearchParams(location.search);

function setQuery(name, value) {
  const changed = query();
  changed.set(name, value);
  history.replaceState(null, "", `?${changed}${location.hash}`);
}

export const epoch = () => query().get("at") ?? today();

export function setEpoch(at) {
  if (at === epoch()) return;
  setQuery("at", at);
  announce("epoch", at);
}

export function rememberLanguage(language) {
  setQuery("lang", language);
  announce("language", language);
}

export function route() {
  const [, kind, code] = location.hash.split("/");
  return KINDS.has(kind) && code ? { kind, code: decodeURIComponent(code) } : null;
}

export const addressOf = (kind, code) => `#/${kind}/${encodeURIComponent(code)}`;

export function open(kind, code) {
  location.hash = addressOf(kind, code);
}

export function close() {
  history.pushState(null, "", location.pathname + location.search);
  follow();
}

let followed = location.hash;

// A link tells of its change twice (popstate, hashchange): whoever listens hears it once.
function follow() {
  if (location.hash === followed) return;
  followed = location.hash;
  announce("route", route());
}

addEventListener("hashchange", follow);
addEventListener("popstate", follow);
