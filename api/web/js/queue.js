// The queue of the centre: open incidents by their light, the most urgent first; asked for again every few seconds.

import { pollJson, questions } from "./client.js";
import { today } from "./day.js";
import { byId, el, fill, renew } from "./dom.js";
import { number, t } from "./i18n.js";
import { LIGHTS, light, timeLeft } from "./lights.js";
import { setMarks } from "./map.js";
import { loadNames, nameOfCategory, offered, placeName, subdistricts } from "./names.js";
import { forget, tell } from "./notices.js";
import { addressOf, announce, epoch, on, route } from "./state.js";
import { stateName } from "./words.js";

const POLL_MS = 1000 * Number(document.documentElement.dataset.pollSeconds);
const FRESH_MS = 60_000;
const MOST = 100;
const STATES = ["reported", "filed", "dispatched", "handled", "fed_back", "verified"];
const wanted = { light: null, state: "", grid: "", category: "" };
let page = null; // the incidents shown
let lights = null; // how many there are of each light
const known = new Map(); // when each came into sight, so that what is new can be marked for a while
let question = null; // what was asked when: what another choice brings into sight is not new
let timer;
const asking = questions();

export async function createQueue() {
  if (byId("queue") === null) return;
  fill("queue-body", el("p", { class: "loading" }, t("web.loading")));
  on("language", () => { if (page) drawFilters(); render(); });
  on("route", render);
  on("epoch", marks);
  on("moved", poll);
  document.addEventListener("visibilitychange", () => !document.hidden && poll());
  await poll();
}

function path() {
  const query = new URLSearchParams({ open: "true", order: "due", limit: String(MOST) });
  for (const [name, value] of Object.entries(wanted)) if (value) query.set(name, value);
  return `/api/v1/incidents?${query}`;
}

async function poll() {
  clearTimeout(timer);
  const isLast = asking();
  try {
    await loadNames();
    const [fresh, counts] = await Promise.all([pollJson(path()), pollJson("/api/v1/incidents/lights")]);
    if (!isLast()) return;
    take(fresh.incidents, counts);
    forget("queue");
  } catch (refusal) {
    if (!isLast()) return;
    tell("queue", t("incidents.queue_missing"), refusal.code);
  }
  if (!document.hidden) timer = setTimeout(poll, POLL_MS);
}

function take(incidents, counts) {
  if (page === null) drawFilters();
  const came = question === path() ? Date.now() : 0;
  question = path();
  for (const { id } of incidents) if (!known.has(id)) known.set(id, came);
  [page, lights] = [incidents.map((one) => ({ ...one, fresh: Date.now() - known.get(one.id) < FRESH_MS })), counts];
  render();
  marks();
  announce("queue", page);
}

// On today's map the marks are the queue's; on a day that is past, those of that day (live.js).
function marks() {
  if (page === null || epoch() < today()) return;
  const point = ({ lon, lat, id, light: shown, category, state, text }) =>
    ({ type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties: { id, light: shown, text, category: nameOfCategory(category), state: stateName(state) } });
  setMarks(page.map(point));
}

const total = () => Object.values(lights).reduce((sum, count) => sum + count, 0);

function render() {
  if (page === null) return;
  byId("queue-count").textContent = number(total());
  renew(byId("queue-lights"), Object.keys(LIGHTS).map(lightChoice));
  const current = route()?.kind === "incident" ? route().code : null;
  renew(byId("queue-body"),
    page.length === 0 ? el("p", { class: "empty" }, t("incidents.none_here")) : el("ul", { class: "queue" }, page.map((one) => row(one, one.id === current))),
    page.length < MOST ? null : el("p", { class: "hint" }, t("incidents.most_urgent", { shown: page.length, total: total() })));
}

function lightChoice(kind) {
  const choose = () => { wanted.light = wanted.light === kind ? null : kind; poll(); };
  return el("button", { type: "button", class: "light-choice", "data-light": kind, "aria-pressed": String(wanted.light === kind), on: { click: choose } },
    light(kind), el("b", {}, number(lights[kind])), el("span", {}, t(`incidents.short_${kind}`)));
}

function row(one, isCurrent) {
  return el("li", {}, el("a", { class: `row${one.fresh ? " fresh" : ""}`, href: addressOf("incident", one.id), "data-incident": one.id, "aria-current": isCurrent ? "true" : null },
    light(one.light),
    el("span", { class: "row-text" }, el("span", { class: "row-line" }, nameOfCategory(one.category), one.severity === "urgent" ? el("b", { class: "urgent" }, t("incidents.severity_urgent")) : null),
      el("small", {}, placeName(one.grid_code), one.text ? ` · ${one.text}` : "")),
    el("span", { class: "row-end" }, stateName(one.state), el("small", {}, timeLeft(one)))));
}

function drawFilters() {
  const choice = (name, words, options) => {
    const change = ({ target }) => { wanted[name] = target.value; poll(); };
    return el("select", { "aria-label": words, on: { change } }, [["", words], ...options].map(([value, label]) => el("option", { value, selected: value === wanted[name] }, label)));
  };
  fill("queue-filters",
    choice("state", t("incidents.all_states"), STATES.map((state) => [state, stateName(state)])),
    choice("grid", t("incidents.all_places"), subdistricts()),
    choice("category", t("incidents.all_categories"), offered.map(({ code }) => [code, nameOfCategory(code)])));
}

