// The outbox: what was recorded and has not been acknowledged. A record leaves it with a stored receipt, never before.

import { announce } from "../js/state.js";
import { all, ofOwner, ofPatrol, read, result, write } from "./store.js";

const KEPT_RECEIPTS = 500;
const tabs = new BroadcastChannel("field-outbox");
let made = 0;

tabs.addEventListener("message", () => announce("outbox"));

// This tab and the others show what is so now.
function changed() {
  announce("outbox");
  tabs.postMessage(null);
}

// Later records sort after earlier ones, also within a millisecond.
const order = () => Date.now() * 1000 + (made++ % 1000);

export const newId = () => crypto.randomUUID();

const record = (owner, kind, method, path, body, more) => ({
  owner: owner.id, ownerName: owner.name, kind, method, path, body, order: order(), at: new Date().toISOString(),
  state: "waiting", tries: 0, nextAt: 0, reason: null, needs: [], photos: [], ...more,
});

// Records and photos of one moment: all of it or nothing.
export async function add(owner, records, photos = []) {
  await write(["outbox", "photos"], async ({ outbox, photos: store }) => {
    for (const photo of photos) await keepPhoto(store, owner, photo);
    for (const one of records) await result(outbox.add(one));
  });
  changed();
  announce("outbox-added");
}

async function keepPhoto(store, owner, { sha256, bytes, type }) {
  const known = await result(store.get([owner.id, sha256]));
  const row = known ?? { owner: owner.id, sha256, bytes, type, state: "waiting", uses: 0, reason: null, tries: 0, nextAt: 0 };
  await result(store.put({ ...row, uses: row.uses + 1 }));
}

export function incidentRecords(owner, body, photos, label, patrol = null) {
  const id = newId();
  const hashes = photos.map((photo) => photo.sha256);
  const report = record(owner, "incident", "PUT", `/api/v1/incidents/${id}`, { ...body, photos: hashes },
    { key: id, label, photos: hashes });
  if (patrol === null) return [report];
  const link = record(owner, "link", "PUT", `/api/v1/patrols/${patrol}/incidents/${id}`, null,
    { key: `${patrol}/${id}`, needs: [`${patrol}/open`], label });
  return [report, link];
}

export const patrolOpening = (owner, patrol) =>
  record(owner, "open", "PUT", `/api/v1/patrols/${patrol.id}`, { kind: patrol.kind, started_at: patrol.started_at },
    { key: `${patrol.id}/open`, label: patrol.kind });

export const patrolEnd = (owner, patrol) =>
  record(owner, "end", "PUT", `/api/v1/patrols/${patrol.id}`,
    { kind: patrol.kind, started_at: patrol.started_at, ended_at: patrol.ended_at },
    { key: `${patrol.id}/end`, needs: [`${patrol.id}/open`], label: patrol.kind });

export function visitRecord(owner, patrol, unit, visitedAt, note, label) {
  const id = newId();
  return record(owner, "visit", "PUT", `/api/v1/patrols/${patrol}/visits/${id}`,
    { unit_code: unit, visited_at: visitedAt, note }, { key: id, needs: [`${patrol}/open`], label });
}

export function moveRecord(owner, incident, body, label, photos = []) {
  const id = newId();
  const hashes = photos.map((photo) => photo.sha256);
  return record(owner, "move", "POST", `/api/v1/incidents/${incident}/moves`, { ...body, id, photos: hashes },
    { key: id, label, incident, photos: hashes });
}

// The patrols that have points on the phone, with how many.
export async function pendingPoints() {
  return read(["patrols", "points"], async ({ patrols, points }) => {
    const found = [];
    for (const patrol of await result(patrols.getAll())) {
      const count = await result(points.count(ofPatrol(patrol.id)));
      if (count > 0) found.push({ patrol, count });
    }
    return found;
  });
}

// Everything that waits, oldest first: records, and one line for the points of each patrol.
export async function waiting() {
  const [records, points] = [await all("outbox"), await pendingPoints()];
  const batches = points.map(({ patrol, count }) => ({
    key: `${patrol.id}/points`, kind: "points", owner: patrol.owner, ownerName: patrol.ownerName, at: patrol.started_at,
    order: Date.parse(patrol.started_at) * 1000, count, photos: [], needs: [], tries: 0, ...patrol.sending, label: patrol.kind,
    state: patrol.sending?.state ?? "waiting", reason: patrol.sending?.reason ?? null,
  }));
  return [...records, ...batches].sort((a, b) => a.order - b.order);
}

// The receipt goes in and the record out in one transaction.
export async function settle(one, receipt) {
  await write(["outbox", "photos", "receipts"], async ({ outbox, photos, receipts }) => {
    await result(receipts.put({ key: one.key, owner: one.owner, kind: one.kind, receipt, at: new Date().toISOString() }));
    await result(outbox.delete(one.key));
    for (const sha256 of one.photos) await releasePhoto(photos, [one.owner, sha256]);
  });
  changed();
}

async function releasePhoto(store, key) {
  const row = await result(store.get(key));
  if (row === undefined) return;
  if (row.uses > 1) await result(store.put({ ...row, uses: row.uses - 1 }));
  else await result(store.delete(key));
}

export async function settlePhoto(photo, receipt) {
  await write("photos", async ({ photos }) => {
    const row = await result(photos.get([photo.owner, photo.sha256]));
    if (row) await result(photos.put({ ...row, state: "sent", receipt, reason: null }));
  });
}

export async function settlePoints(patrol, lastSeq, receipt) {
  await write(["points", "patrols", "receipts"], async ({ points, patrols, receipts }) => {
    await result(receipts.put({ key: `${patrol.id}/points/${lastSeq}`, owner: patrol.owner, kind: "points", receipt, at: new Date().toISOString() }));
    await result(points.delete(ofPatrol(patrol.id, lastSeq)));
    const row = await result(patrols.get(patrol.id));
    if (row?.sending) await result(patrols.put({ ...row, sending: null }));
  });
  changed();
}

// What went wrong with a record: it stays, with its reason. `change` holds state, reason, tries, nextAt.
export async function note(one, change) {
  if (one.kind === "points") await amend("patrols", one.key.slice(0, -"/points".length), (row) => ({ ...row, sending: { ...row.sending, ...change } }));
  else if (one.kind === "photo") await amend("photos", [one.owner, one.sha256], (row) => ({ ...row, ...change }));
  else await amend("outbox", one.key, (row) => ({ ...row, ...change }));
  changed();
}

const amend = (store, key, changed) =>
  write(store, async ({ [store]: rows }) => {
    const row = await result(rows.get(key));
    if (row !== undefined) await result(rows.put(changed(row)));
  });

// Try again now: a record, and the photos it waits for.
export async function retry(one) {
  const fresh = { state: "waiting", tries: 0, nextAt: 0 };
  for (const sha256 of one.photos)
    await amend("photos", [one.owner, sha256], (row) => (row.state === "sent" ? row : { ...row, ...fresh }));
  await note(one, fresh);
}

// A report whose photo was refused can go without it; it was never sent, so its content is still its own.
export async function withoutPhotos(one, refused) {
  await write(["outbox", "photos"], async ({ outbox, photos }) => {
    const row = await result(outbox.get(one.key));
    if (row === undefined) return;
    const left = row.photos.filter((sha256) => !refused.includes(sha256));
    await result(outbox.put({ ...row, photos: left, body: { ...row.body, photos: left }, state: "waiting", reason: null, nextAt: 0 }));
    for (const sha256 of refused) await releasePhoto(photos, [one.owner, sha256]);
  });
  changed();
}

export const photosOf = (owner) => all("photos", ofOwner(owner));

// Old receipts go, and patrols that are over and wholly with the server.
export async function tidy() {
  const old = (await all("receipts")).sort((a, b) => (a.at < b.at ? 1 : -1)).slice(KEPT_RECEIPTS);
  await write(["receipts", "patrols", "points", "outbox"], async ({ receipts, patrols, points, outbox }) => {
    for (const { key } of old) await result(receipts.delete(key));
    for (const { id, ended_at } of await result(patrols.getAll())) {
      const left = ended_at === null || (await result(points.count(ofPatrol(id)))) + (await result(outbox.count(`${id}/end`)));
      if (!left) await result(patrols.delete(id));
    }
  });
}
