// Today: open incidents, patrols, and days since the last visit per grid; asked for again every few seconds.

import { pollJson, questions } from "./client.js";
import { LIGHTS, VISIT_LIMITS, visitClass, visitLight } from "./colours.js";
import { today } from "./day.js";
import { byId, el, fill, renew } from "./dom.js";
import { clock, number, t } from "./i18n.js";
import { map, setMarks } from "./map.js";
import { forget, tell } from "./notices.js";
import { announce, epoch, on } from "./state.js";
import { categoryName, stateName } from "./words.js";

const POLL_MS = 1000 * Number(document.documentElement.dataset.pollSeconds);
const LISTED = 4;
const CLASSES = VISIT_LIMITS.length + 1;
let situation = null;
let heardAt = null;
let timer;
const asking = questions();

export function createLive() {
  fill("live-body", el("p", { class: "loading" }, t("web.loading")));
  on("epoch", () => { situation = null; map.removeFeatureState({ source: "areas", sourceLayer: "grid" }); poll(); });
  on("language", () => situation && take(situation));
  document.addEventListener("visibilitychange", () => !document.hidden && poll());
  return poll();
}

export const visitOf = (code) => situation?.days_since_visit[code];

export function visitWords(code) {
  const days = visitOf(code);
  if (days === undefined) return null;
  const light = visitLight(days);
  return el("p", { class: "visit" }, shape(light),
    days === null ? t("web.never_visited") : days === 0 ? t("web.visited_today") : t("web.visited_days_ago", { days }));
}

export const shape = (light) => el("span", { class: `light ${light}`, "aria-hidden": "true" }, LIGHTS[light]);

// Number of grids per class, the last one for grids nobody has been to.
export function visitCounts() {
  const counts = new Array(CLASSES + 1).fill(0);
  for (const days of Object.values(situation?.days_since_visit ?? {})) counts[days === null ? CLASSES : visitClass(days)] += 1;
  return counts;
}

async function poll() {
  clearTimeout(timer);
  const isLast = asking();
  try {
    const fresh = await pollJson(`/api/v1/overview?at=${epoch()}`);
    if (!isLast()) return;
    heardAt = new Date();
    take(fresh);
    forget("live");
  } catch (refusal) {
    if (!isLast()) return;
    tell("live", t("web.live_failed", { time: heardAt ? clock(heardAt) : "—" }), refusal.code);
    render();
  }
  if (!document.hidden) timer = setTimeout(poll, POLL_MS);
}

// Then the marks on the map are the queue's, all of them.
const isQueued = () => byId("queue") !== null && epoch() >= today();

function take(fresh) {
  const before = situation?.days_since_visit ?? {};
  situation = fresh;
  for (const [code, days] of Object.entries(fresh.days_since_visit))
    if (before[code] !== days) map.setFeatureState({ source: "areas", sourceLayer: "grid", id: code }, { visit: days === null ? CLASSES : visitClass(days) });
  if (!isQueued()) setMarks(fresh.recent_incidents.map(point));
  render();
  announce("situation", fresh);
}

function point({ lon, lat, ...incident }) {
  const properties = { ...incident, category: categoryName(incident.category), state: stateName(incident.state) };
  return { type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties };
}

function render() {
  byId("live-title").firstElementChild.textContent = epoch() === today() ? t("web.today") : t("web.on_day", { day: epoch() });
  byId("live-time").textContent = heardAt ? t("web.heard_at", { time: clock(heardAt) }) : "";
  if (!situation) { fill("live-body", el("p", { class: "empty" }, t(heardAt ? "web.loading" : "web.live_empty"))); return; }
  renew(byId("live-body"), headline(), lights(), recent());
}

function headline() {
  const day = epoch() === today() ? "today" : "that_day";
  const figures = [["open_incidents", "web.open_incidents"], ["patrols_today", `web.patrols_${day}`], ["workers_today", `web.workers_${day}`]];
  return el("dl", { class: "figures live-figures" }, figures.map(([key, words]) =>
    el("div", { "data-figure": key }, el("dd", {}, number(situation[key])), el("dt", {}, t(words)))));
}

function lights() {
  const counts = { good: 0, soon: 0, late: 0 };
  for (const days of Object.values(situation.days_since_visit)) counts[visitLight(days)] += 1;
  return el("ul", { class: "lights" }, Object.entries(counts).map(([light, count]) =>
    el("li", {}, shape(light), el("b", {}, number(count)), el("span", {}, t(`web.visit_${light}`)))));
}

function recent() {
  if (situation.recent_incidents.length === 0) return el("p", { class: "empty" }, t("web.no_incidents"));
  const [shown, total] = [situation.recent_incidents.length, situation.open_incidents];
  return [
    el("ul", { class: "recent" }, situation.recent_incidents.slice(0, LISTED).map(incidentRow)),
    total > shown && !isQueued() ? el("p", { class: "hint" }, t("web.recent_shown", { shown, total })) : null,
  ];
}

function incidentRow({ category, text, state, lon, lat }) {
  return el("li", {}, el("button", { class: "row", "data-place": `${lon},${lat}`, on: { click: () => map.jumpTo({ center: [lon, lat], zoom: 16 }) } },
    el("span", { class: "diamond", "aria-hidden": "true" }, "◆"),
    el("span", { class: "row-line" }, categoryName(category), text ? el("small", {}, text) : null),
    el("span", { class: "row-end" }, stateName(state))));
}
