// Empties the outbox: one tab at a time, photos before their record, points in batches. What the server refuses stays
// with its reason and holds up nothing; what it did not answer is tried again, ever later.

import { announce, on } from "../js/state.js";
import { note, pendingPoints, photosOf, settle, settlePhoto, settlePoints, tidy } from "./outbox.js";
import { me, refresh, setExpired, signedFetch } from "./session.js";
import { Full, all, ofPatrol, read, result } from "./store.js";

const AT_ONCE = 4;
const BATCH = 500;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 300_000;
const EVERY_MS = 30_000;
const PATIENCE_MS = 60_000;

let running = null;
let again = false;
let silences = 0; // how often nobody answered, since somebody did
let heard = false;
let timer;

class Stop extends Error {} // nobody answers, or nobody is signed in: the rest waits too

export function startSync() {
  addEventListener("online", () => drain());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && drain());
  on("outbox-added", () => drain());
  setInterval(() => drain(), EVERY_MS);
}

// All that can be sent now. Two tabs never send at once: the lock is the browser's. Whoever asks meanwhile gets a round more.
export function drain() {
  again = running !== null;
  running ??= navigator.locks.request("field-outbox", { ifAvailable: true }, (lock) => lock && rounds())
    .catch((error) => {
      if (error instanceof Full) announce("full");
      else if (!(error instanceof Stop)) throw error;
    })
    .finally(() => {
      running = null;
      announce("outbox");
      if (again) drain();
    });
  return running;
}

async function rounds() {
  if (me() === null || !navigator.onLine) return;
  if (heard && (await due()).length === 0) return wake(); // a page that has nothing to say keeps nobody signed in
  const answer = await refresh();
  if (answer === "away") later(pause(silences++));
  if (answer !== "known") return;
  [silences, heard] = [0, true];
  for (let jobs = await due(); jobs.length; jobs = await due()) {
    for (let first = 0; first < jobs.length; first += AT_ONCE)
      await Promise.all(jobs.slice(first, first + AT_ONCE).map((job) => job()));
  }
  await tidy();
  await wake();
}

// What was put off is tried when its time comes, also where another page put it off.
async function wake() {
  const batches = (await pendingPoints()).map(({ patrol }) => ({ owner: patrol.owner, state: "waiting", nextAt: 0, ...patrol.sending }));
  const rows = [...(await all("outbox")), ...(await all("photos")), ...batches];
  const times = rows.filter((row) => row.owner === me()?.id && row.state === "waiting" && row.nextAt > Date.now()).map((row) => row.nextAt);
  if (times.length) later(Math.min(...times) - Date.now());
}

function later(wait) {
  clearTimeout(timer);
  timer = setTimeout(() => drain(), wait);
}

// What can go now, in waves: openings, points and photos first, then what refers to them.
async function due() {
  const owner = me().id;
  const mine = (await all("outbox")).filter((one) => one.owner === owner).sort((a, b) => a.order - b.order);
  const ahead = new Set(mine.filter((one) => one.state === "waiting").map((one) => one.key)); // the refused hold up nothing
  const photos = new Map((await photosOf(owner)).map((photo) => [photo.sha256, photo]));
  const ready = (row) => row.state === "waiting" && row.nextAt <= Date.now();
  const jobs = [...photos.values()].filter(ready).map((photo) => () => sendPhoto(photo));
  for (const one of mine) {
    const complete = one.photos.every((sha256) => photos.get(sha256)?.state === "sent");
    if (ready(one) && complete && !one.needs.some((key) => ahead.has(key))) jobs.push(() => sendRecord(one));
  }
  for (const { patrol } of await pendingPoints()) {
    const row = { state: "waiting", nextAt: 0, ...patrol.sending };
    if (patrol.owner === owner && !ahead.has(`${patrol.id}/open`) && ready(row)) jobs.push(() => sendPoints(patrol));
  }
  return jobs;
}

async function sendPhoto(photo) {
  const one = { kind: "photo", owner: photo.owner, sha256: photo.sha256, tries: photo.tries };
  const receipt = await send(one, "PUT", `/api/v1/photos/${photo.sha256}`, new Blob([photo.bytes]), photo.type,
    (said) => said.sha256 === photo.sha256);
  if (receipt) await settlePhoto(photo, receipt);
}

async function sendRecord(one) {
  const body = one.body === null ? null : JSON.stringify(one.body);
  const receipt = await send(one, one.method, one.path, body, "application/json", (said) => fits(one, said));
  if (receipt) await settle(one, receipt);
}

async function sendPoints(patrol) {
  const rows = await read("points", ({ points }) => result(points.getAll(ofPatrol(patrol.id), BATCH)));
  const one = { kind: "points", key: `${patrol.id}/points`, owner: patrol.owner, tries: patrol.sending?.tries ?? 0 };
  const points = rows.map(({ patrol: _, ...point }) => point);
  const receipt = await send(one, "POST", `/api/v1/patrols/${patrol.id}/points`, JSON.stringify({ points }), "application/json",
    (said) => said.patrol_id === patrol.id && said.received === points.length && said.accepted + said.quarantined.length === points.length);
  if (receipt) await settlePoints(patrol, rows.at(-1).seq, receipt);
}

// Whether a receipt is the receipt of this record: a hotel's sign-in page answers 200 as well.
function fits(one, said) {
  if (one.kind === "move") return said.incident_id === one.incident && said.move === one.body.move;
  if (one.kind === "link") return said.status === 204;
  const ended = one.kind !== "end" || Date.parse(said.ended_at) === Date.parse(one.body.ended_at);
  return said.id === one.key.split("/")[0] && ended;
}

// The receipt, or null where the record stays.
async function send(one, method, path, body, type, fitting) {
  let answer, said;
  try {
    answer = await signedFetch(path, { method, body, headers: body === null ? {} : { "Content-Type": type },
      redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) });
    said = answer.status === 204 ? { status: 204 } : await answer.json();
  } catch {
    if (answer === undefined || answer.ok) return putOff(one, { code: "no_answer" }, 0, answer === undefined);
    said = {};
  }
  const reason = { status: answer.status, code: said.code ?? null, detail: said.detail ?? null };
  if (answer.ok) return fitting(said) ? said : putOff(one, { ...reason, code: "no_receipt" });
  if (answer.status === 401 || said.code === "password_due") {
    setExpired(true);
    throw new Stop();
  }
  const passing = answer.status >= 500 || [408, 421, 425, 429].includes(answer.status) || said.code === undefined;
  if (passing) return putOff(one, reason, 1000 * Number(answer.headers.get("Retry-After") ?? 0));
  await note(one, { state: answer.status === 409 ? "conflict" : "refused", reason, tries: one.tries + 1 });
  return null;
}

async function putOff(one, reason, atLeast = 0, nobody = false) {
  const wait = Math.max(atLeast, pause(one.tries));
  await note(one, { state: "waiting", reason, tries: one.tries + 1, nextAt: Date.now() + wait });
  later(wait);
  if (nobody) throw new Stop();
  return null;
}

// Ever longer, and never two phones in step.
const pause = (tries) => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries) * (0.5 + Math.random() / 2);
