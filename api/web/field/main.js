// The phone's page: what is where, and who tells whom.

import { byId, el } from "../js/dom.js";
import { openDrafts } from "../js/drafts.js";
import { currentLanguage, loadLanguage, t } from "../js/i18n.js";
import { on } from "../js/state.js";
import { chosenGrid, forgetGround, ground, isAway, loadGround } from "./ground.js";
import { openIncident } from "./incident.js";
import { createMap, goToMe, onPick, showDue, showGrids, showMe, showTrack } from "./map.js";
import { fetchMap, openMenu, openSignIn } from "./menu.js";
import { waiting } from "./outbox.js";
import * as patrol from "./patrol.js";
import { dropAllPhotos } from "./photos.js";
import { openPending, refreshPending } from "./pending.js";
import { isExpired, keptJson, me, refresh, remembered } from "./session.js";
import { button, closeSheet, hint, openSheet, say, startSheet } from "./sheet.js";
import { Full, setSetting, setting } from "./store.js";
import { drain, startSync } from "./sync.js";
import { openTasks, prefetchTasks, taskCount } from "./tasks.js";
import { dropOthers } from "./tiles.js";
import { openVisit, openVisits, overdueCount } from "./visits.js";
import { lasted, loadCodeNames, metres, nameOfKind } from "./words.js";

const LEARN_EVERY_MS = 600_000;

async function begin() {
  await loadLanguage(await language());
  entitle();
  startSheet();
  await serveOffline();
  await remembered();
  if (me() === null) await refresh();
  openDrafts(me()?.id ?? null);
  wire();
  await loadCodeNames();
  for (const one of await waiting()) if (one.kind === "visit") ground.visited.add(one.body.unit_code);
  await patrol.startPositions();
  if (me() !== null) await patrol.resume();
  await paint();
  document.documentElement.dataset.ready = "";
  drawMap();
  startSync();
  await drain();
  await learn();
}

async function language() {
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked === "zh" || asked === "en") await setSetting("language", asked);
  return setting("language", "zh");
}

const entitle = () => { document.title = `${t("phone.app_name")} · ${t("common.app")}`; };

// Tried again when there is a network: everything else works without it.
async function drawMap() {
  try {
    await createMap("map");
    byId("map-missing").hidden = true;
    withMap();
  } catch {
    byId("map-missing").hidden = false;
    addEventListener("online", drawMap, { once: true });
  }
}

function withMap() {
  onPick(openVisit);
  showGrids(ground.grids, ground.chosen);
  showDue(ground.buildings);
  showMe(patrol.state.position);
  drawTrack();
}

let learning = null;
let learntAt = 0;
let learntFor = null;

// One at a time: whoever asks meanwhile waits for the one under way, and begins anew where it was for somebody else.
function learn() {
  const whose = me()?.id ?? null;
  if (learning !== null) return learntFor === whose ? learning : learning.then(learn);
  learntFor = whose;
  learning = learnAll().finally(() => (learning = null));
  return learning;
}

// The server knows who this is, as it says with each record it takes: what was learnt lately need not be asked for again.
const keepLearning = () => (me()?.id === learntFor && Date.now() - learntAt < LEARN_EVERY_MS ? undefined : learn());

// What the page needs to know for later, when there is no network; the likeliest first.
async function learnAll() {
  if (me() === null) return;
  await keptJson("/api/v1/codes?kind=event", "codes");
  await loadCodeNames();
  await loadGround(patrol.state.position);
  await prefetchTasks();
  await paint();
  if (ground.grids.length && navigator.onLine) await fetchMap(null, false);
  if (navigator.onLine && !isExpired()) learntAt = Date.now();
  document.documentElement.dataset.learnt = "";
}

function wire() {
  byId("patrol").addEventListener("click", () => (patrol.current() ? askEnd() : askKind()));
  byId("incident").addEventListener("click", openIncident);
  byId("pending").addEventListener("click", () => openPending(openSignIn));
  byId("tasks").addEventListener("click", openTasks);
  byId("visits").addEventListener("click", openVisits);
  byId("menu").addEventListener("click", openMenu);
  byId("here").addEventListener("click", () => goToMe(patrol.state.position));
  for (const topic of ["outbox", "patrol", "session", "due", "language"]) on(topic, soon);
  on("language", entitle);
  for (const change of ["online", "offline"]) addEventListener(change, soon);
  on("position", (position) => { showMe(position); soon(); });
  on("patrol", () => drawTrack());
  on("grids", () => showGrids(ground.grids, ground.chosen));
  on("due", () => showDue(ground.buildings));
  on("full", () => say(t("phone.full"), true));
  on("broken", () => say(t("phone.broken"), true));
  on("resumed", (gap) => say(t("phone.resumed", { gap: lasted(gap) })));
  on("person", () => { openDrafts(me().id); return keepLearning(); });
  on("another-person", changed);
  setInterval(() => patrol.current() && paintPatrol(), 1000);
}

// Somebody else took over the phone: what is not sent waits for its owner, and nobody is recorded under another's name.
async function changed() {
  await patrol.end();
  await dropOthers();
  openDrafts(me().id);
  dropAllPhotos();
  forgetGround();
  showGrids([], null);
  showDue([]);
  say(t("phone.signed_in_as", { name: me().display_name }));
  await learn();
}

function askKind() {
  if (me() === null) return openSignIn();
  if ((me().worker_code ?? null) === null) return openSheet(t("phone.start"), hint(t("phone.no_worker")));
  return openSheet(t("phone.which_kind"), el("div", { class: "tiles" }, patrol.KINDS.map((kind) => button(nameOfKind(kind), () => begun(kind), "tile"))),
    el("p", { class: "block" }, t("phone.cannot_record")), hint(t("phone.trackers")));
}

async function begun(kind) {
  closeSheet();
  await patrol.start(kind); // at once: a browser may ask the person before it answers what comes next
  await navigator.storage?.persist?.();
}

function askEnd() {
  openSheet(t("phone.end"), el("p", {}, t("phone.recorded", { count: patrol.current().count, time: lasted(Date.now() - Date.parse(patrol.current().started_at)) })),
    button(t("phone.end_yes"), async () => { closeSheet(); await patrol.end(); await drain(); }, "primary huge"), button(t("phone.go_on"), closeSheet, "huge"));
}

let painting = 0;
const soon = () => (painting ||= setTimeout(() => { painting = 0; paint(); }, 150));

// One after the other: what was read first must not be drawn last.
let painted = Promise.resolve();
const paint = () => (painted = painted.catch(() => {}).then(draw));

async function draw() {
  const rows = (await waiting()).filter((one) => one.kind !== "link");
  const mine = rows.filter((one) => one.owner === me()?.id);
  const stuck = mine.some((one) => one.state !== "waiting");
  byId("pending").replaceChildren(el("b", {}, String(mine.length)), " ", t("phone.unsent"), rows.length > mine.length ? el("small", {}, t("phone.others", { count: rows.length - mine.length })) : "");
  byId("pending").dataset.state = stuck ? "late" : mine.length ? "soon" : "good";
  const tasks = await taskCount();
  byId("tasks").replaceChildren(tasks === null ? "" : el("b", {}, String(tasks)), " ", t("phone.my_tasks"));
  byId("visits").replaceChildren(ground.heardAt ? el("b", {}, String(overdueCount())) : "", " ", t("phone.overdue"));
  paintGrid();
  paintBanner();
  paintPatrol();
  await refreshPending(openSignIn);
}

function paintGrid() {
  const grid = chosenGrid()?.properties;
  const line = [grid && ground.heardAt ? t("phone.grid_line", { overdue: overdueCount(), buildings: ground.buildings.length }) : null, isAway(patrol.state.position) ? t("phone.outside_grid") : null];
  byId("grid").replaceChildren(el("b", {}, grid ? grid.name ?? grid.code : t("phone.no_grid_yet")), el("span", {}, line.filter(Boolean).join(" · ")));
}

function paintBanner() {
  const banner = byId("banner");
  const { fault } = patrol.state;
  const line = me() === null ? ["access.sign_in", "phone.nobody"] : isExpired() ? ["access.sign_in", "phone.expired"] : !navigator.onLine ? [null, "phone.offline"] : fault && patrol.state.position === null ? [null, `phone.position_${fault}`] : null;
  banner.hidden = line === null;
  if (line) banner.replaceChildren(el("span", { class: "light soon", "aria-hidden": "true" }, "▲"), el("span", {}, t(line[1])), line[0] ? button(t(line[0]), openSignIn) : "");
}

function paintPatrol() {
  const now = patrol.current();
  const { position, awake, elsewhere } = patrol.state;
  byId("patrol").replaceChildren(now ? t("phone.end") : t("phone.start"));
  byId("patrol").classList.toggle("recording", now !== null);
  byId("recording").hidden = now === null;
  if (now === null) return;
  const how = elsewhere ? t("phone.elsewhere") : position === null ? t("web.locating") : t("phone.accuracy", { accuracy: metres(position.accuracy) });
  byId("recording").replaceChildren(el("b", {}, lasted(Date.now() - Date.parse(now.started_at))), el("span", {}, `${nameOfKind(now.kind)} · ${t("phone.points", { count: now.count })} · ${how}`),
    el("small", {}, awake ? t("phone.awake") : t("phone.not_awake")));
}

const drawTrack = () => showTrack(patrol.current() ? patrol.trail : []);

async function serveOffline() {
  if (!("serviceWorker" in navigator)) return void (byId("insecure").hidden = false);
  const registration = await navigator.serviceWorker.register("/field/sw.js", { scope: "/field", updateViaCache: "none" }).catch(() => null);
  registration?.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", ({ target }) =>
    target.state === "installed" && navigator.serviceWorker.controller && offerUpdate(target)));
  if (registration?.waiting && navigator.serviceWorker.controller) offerUpdate(registration.waiting); // nobody took it the last time
}

function offerUpdate(worker) {
  const takeOver = () => { // only here: another tab may hold half a report
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    worker.postMessage("take-over");
  };
  byId("update").hidden = false;
  byId("update").onclick = takeOver;
}

// Wherever it happens: what did not fit was not kept, and whoever holds the phone must know.
addEventListener("unhandledrejection", (event) => {
  if (!(event.reason instanceof Full)) return;
  event.preventDefault();
  say(t("phone.full"), true);
});

document.documentElement.dataset.lang = currentLanguage();
await begin();
