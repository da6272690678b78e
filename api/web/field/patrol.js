// A patrol under way: each position goes to the disk as it comes, so that a page that dies has lost nothing it recorded.

import { announce } from "../js/state.js";
import { unshifted } from "./crs.js";
import { newId, patrolEnd, patrolOpening } from "./outbox.js";
import { owner } from "./session.js";
import { Full, all, get, ofPatrol, result, setting, write } from "./store.js";

export const KINDS = ["routine", "key_places", "household_visits", "festival", "emergency"];
const STALE_MS = 12 * 3600_000; // a patrol forgotten this long ended with its last position
const FRESH_MS = 15_000;
const WATCH = { enableHighAccuracy: true, maximumAge: 1000, timeout: 30_000 };

let patrol = null;
let count = 0;
let seq = 0;
let lastTime = 0;
let watching = null;
let latest = null;
let wakeLock = null;
let release = null; // ends this tab's hold on the recording
let shift = false;
let writing = Promise.resolve();
let beginning = null; // the patrol that is being begun: pressed twice, it is one
let ending = null; // and the end of one

export const trail = []; // lines of [lon, lat] of this patrol as this page saw them, one per segment
export const state = { position: null, fault: null, awake: null, elsewhere: false };
export const current = () => patrol && { ...patrol, count, last_at: lastTime };

export async function startPositions() {
  shift = await setting("gcj02", false);
  if (!("geolocation" in navigator)) return fail({ code: 2 });
  watching ??= navigator.geolocation.watchPosition(take, fail, WATCH);
}

export function useShift(on) {
  shift = on;
}

function fail({ code }) {
  state.fault = { 1: "denied", 2: "unavailable", 3: "timeout" }[code] ?? "unavailable";
  announce("position", state.position);
}

function take(fix) {
  const { coords, timestamp } = fix;
  latest = fix;
  const [lon, lat] = shift ? unshifted(coords.longitude, coords.latitude) : [coords.longitude, coords.latitude];
  state.position = { lon, lat, accuracy: coords.accuracy, at: timestamp };
  state.fault = null;
  if (patrol !== null && !state.elsewhere && timestamp > lastTime) {
    lastTime = timestamp;
    writing = writing.then(() => append(patrol, coords, timestamp)).catch((error) => announce(error instanceof Full ? "full" : "broken"));
  }
  announce("position", state.position);
}

async function append(to, coords, timestamp) {
  if (to === null || to !== patrol) return;
  const point = {
    patrol: to.id, seq: seq + 1, time: new Date(timestamp).toISOString(), lon: coords.longitude, lat: coords.latitude,
    accuracy_m: coords.accuracy, segment: to.segment, crs: shift ? "gcj02" : "wgs84",
  };
  for (const [name, value] of [["speed_mps", coords.speed], ["heading_deg", coords.heading], ["altitude_m", coords.altitude]])
    if (Number.isFinite(value)) point[name] = value;
  const ended = await write(["points", "patrols"], async ({ points, patrols }) => {
    const row = await result(patrols.get(to.id));
    if (row.ended_at !== null) return true; // by another tab
    await result(points.add(point));
    await result(patrols.put({ ...row, seq: point.seq, count: row.count + 1, last_at: point.time }));
    return false;
  });
  if (ended) patrol = null, release?.(), await sleepAgain();
  else [seq, count] = [point.seq, count + 1], trail.at(-1).push(placed(point));
  announce("patrol");
}

const placed = ({ lon, lat, crs }) => (crs === "gcj02" ? unshifted(lon, lat) : [lon, lat]);

export function start(kind) {
  if (patrol !== null) return Promise.resolve();
  beginning ??= begin(kind).finally(() => (beginning = null));
  return beginning;
}

async function begin(kind) {
  const me = owner();
  const row = { id: newId(), owner: me.id, ownerName: me.name, kind, started_at: new Date().toISOString(), ended_at: null, seq: 0, count: 0, segment: -1, sending: null };
  await keep(row, patrolOpening(me, row));
  await follow(row);
}

export async function end(at = new Date().toISOString()) {
  await beginning?.catch(() => {});
  if (patrol === null) return;
  ending ??= finish(patrol, at).finally(() => (ending = null));
  await ending;
}

async function finish({ id }, at) {
  await writing;
  patrol = null;
  release?.();
  await sleepAgain();
  const row = await get("patrols", id);
  if (row.ended_at === null) await close(row, at < row.started_at ? row.started_at : at);
  announce("patrol");
}

const close = (row, ended_at) => {
  const ended = { ...row, ended_at };
  return keep(ended, patrolEnd({ id: row.owner, name: row.ownerName }, ended));
};

// The patrol and what the server is told of it: both, or neither.
async function keep(row, telling) {
  await write(["patrols", "outbox"], async ({ patrols, outbox }) => {
    await result(outbox.add(telling));
    await result(patrols.put(row));
  });
  announce("outbox");
  announce("outbox-added");
}

// After a crash or a reload: goes on with what was under way. Another person's patrol ends where it stopped.
export async function resume() {
  for (const row of await all("patrols")) {
    if (row.ended_at !== null) continue;
    const last = row.last_at ?? row.started_at;
    if (row.owner !== owner()?.id || Date.now() - Date.parse(last) > STALE_MS) await close(row, last);
    else await follow(row), announce("resumed", Date.now() - Date.parse(last));
  }
  announce("patrol");
}

async function follow(row) {
  patrol = row;
  await Promise.race([hold(row.id), stayAwake()]);
  announce("patrol");
}

// One tab records: the lock is the browser's, and goes to the next tab when this one closes.
function hold(id) {
  state.elsewhere = true;
  return new Promise((held, failed) => {
    navigator.locks.request("field-recording", async () => {
      await takeOver(id);
      held();
      if (patrol?.id === id) await new Promise((resolve) => (release = resolve));
    }).catch(failed);
  });
}

// Goes on where the last tab stopped, in a new segment: what lies between is not known.
async function takeOver(id) {
  const row = await write("patrols", async ({ patrols }) => {
    const found = await result(patrols.get(id));
    const next = { ...found, segment: found.segment + 1 };
    if (found.ended_at === null) await result(patrols.put(next));
    return next;
  });
  if (patrol?.id !== id) return;
  patrol = row.ended_at === null ? row : null;
  [count, seq, lastTime] = [row.count, row.seq, Date.parse(row.last_at ?? 0) || 0];
  state.elsewhere = false;
  await redraw(id);
  if (latest !== null && Date.now() - latest.timestamp < FRESH_MS) take(latest); // whoever stands still is somewhere too
  announce("patrol");
}

// What has not been sent yet is still here to be drawn.
async function redraw(id) {
  const lines = new Map();
  for (const point of await all("points", ofPatrol(id))) lines.set(point.segment, [...(lines.get(point.segment) ?? []), placed(point)]);
  trail.splice(0, Infinity, ...lines.values(), []);
}

async function stayAwake() {
  if (!("wakeLock" in navigator)) return void (state.awake = false);
  try {
    const lock = await navigator.wakeLock.request("screen");
    if (patrol === null) return void lock.release(); // it ended meanwhile
    wakeLock = lock;
    state.awake = true;
    wakeLock.addEventListener("release", () => { state.awake = false; announce("patrol"); });
  } catch {
    state.awake = false; // saving power, or not in front; asked for again when the page is looked at
  }
}

async function sleepAgain() {
  await wakeLock?.release().catch(() => {});
  wakeLock = null;
}

document.addEventListener("visibilitychange", () => {
  if (patrol !== null && document.visibilityState === "visible") stayAwake().then(() => announce("patrol"));
});
