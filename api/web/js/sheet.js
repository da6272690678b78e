// The panel of one area or station, with an address of its own (#/grid/CODE).

import { Refusal, getJson } from "./client.js";
import { byId, el, keepingFocus } from "./dom.js";
import { number, t } from "./i18n.js";
import { fetchIncident, followQueue, incidentParts, incidentTitle } from "./incident.js";
import { visitWords } from "./live.js";
import { bbox, map, setData, showBounds } from "./map.js";
import { comparison, leavePlan, showPlan } from "./compare.js";
import { RANGES, rangeBar } from "./rangebar.js";
import { forget, tell } from "./notices.js";
import { addressOf, close, epoch, on, route } from "./state.js";
import { kindName, typeName } from "./words.js";

const PARENT = { grid: "community", community: "subdistrict", subdistrict: "district", zone: "community" };
let shown = null; // the feature or plan on the sheet
let opener = null; // what had the focus before the sheet opened

export function createSheet() {
  on("route", follow);
  on("epoch", () => shown?.kind !== "incident" && follow(route())); // an incident is of its own day
  on("language", () => follow(route()));
  on("situation", () => shown?.kind === "grid" && shown.data && renewVisit(shown.code));
  addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && !byId("sheet").hidden && close());
  followQueue(() => (shown?.kind === "incident" ? shown.data : null), again);
  follow(route());
}

const again = () => follow(route());

// Only what has changed: the rest is being read.
function renewVisit(code) {
  const [before, now] = [byId("sheet").querySelector(".visit"), visitWords(code)];
  if (before && now && !before.isEqualNode(now)) before.replaceWith(now);
  else if (!before && now) render();
}

async function follow(wanted) {
  if (!wanted || wanted.kind !== "plan") leavePlan();
  if (!wanted) { hide(); return; }
  const isNew = shown?.kind !== wanted.kind || shown?.code !== wanted.code;
  const before = isNew ? null : shown.data;
  shown = before ? { ...wanted, data: before } : wanted;
  const mine = shown;
  if (byId("sheet").hidden) opener = document.activeElement;
  if (isNew) put(el("p", { class: "loading" }, t("web.loading")));
  byId("sheet").hidden = false;
  document.body.classList.add("has-sheet");
  if (isNew) byId("sheet").focus({ preventScroll: true }); // at once: whoever goes on meanwhile is not called back
  try {
    const data = await fetchAny(wanted);
    if (shown !== mine) return;
    shown = { ...wanted, data };
    forget("sheet");
    if (wanted.kind !== "plan") select(wanted.kind === "incident" ? pointOf(data) : data, isNew);
    render();
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    if (shown !== mine) return;
    if (before && refusal.code === "no_answer") tell("sheet", refusal.message, refusal.code); // what was there is still worth reading
    else put(head(t("web.nothing_here"), wanted.code), el("p", { class: "empty" }, refusal.message));
  }
}

function fetchAny(wanted) {
  if (wanted.kind === "plan") return showPlan(wanted.code);
  return wanted.kind === "incident" ? fetchIncident(wanted.code) : fetchArea(wanted);
}

const pointOf = ({ lon, lat }) => ({ type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties: {} });

function fetchArea({ kind, code }) {
  const path = kind === "station" ? `/api/v1/stations/${code}` : `/api/v1/boundaries/${kind}/${encodeURIComponent(code)}`;
  return getJson(`${path}?at=${epoch()}`);
}

function select(feature, move) {
  setData("selection", feature);
  if (!move) return;
  const box = bbox(feature.geometry);
  const [[west, south], [east, north]] = map.getBounds().toArray();
  const inside = box[0] >= west && box[1] >= south && box[2] <= east && box[3] <= north;
  const tiny = box[2] - box[0] < (east - west) / 12;
  if (!inside || tiny) showBounds(box);
}

function hide() {
  const sheet = byId("sheet");
  const isLeft = sheet.contains(document.activeElement);
  shown = null;
  document.body.classList.remove("has-sheet");
  if (isLeft) giveBack();
  sheet.hidden = true;
  setData("selection", null);
}

// To the link that opened the sheet, also where it was drawn anew meanwhile; to the map where that was clicked.
function giveBack() {
  const link = opener?.getAttribute("href");
  const alike = opener?.isConnected || !link ? opener : document.querySelector(`#panel a[href="${CSS.escape(link)}"]`);
  (alike && alike !== document.body ? alike : map.getCanvas()).focus({ preventScroll: true });
}

function put(...content) {
  const sheet = byId("sheet");
  keepingFocus(sheet, () => sheet.replaceChildren(...content.filter(Boolean)));
}

function render() {
  const { kind, code, data } = shown;
  if (kind === "plan") put(head(data.name, t(`web.task_${data.task}`)), ...comparison());
  else if (kind === "incident") put(head(incidentTitle(data), t("web.layer_incidents"), code.slice(0, 8)), ...incidentParts(data, again));
  else if (kind === "station") put(head(data.properties.name, t("common.station"), code), ...stationFacts(data.properties));
  else put(head(data.properties.name || code, t(`common.${kind}`), code), ...areaFacts(kind, data.properties));
}

function head(title, kicker, code) {
  return el("header", { class: "sheet-head" },
    el("div", {}, el("p", { class: "kicker" }, kicker), el("h2", {}, title), code ? el("code", {}, code) : null),
    el("button", { class: "quiet", "aria-label": t("web.close"), title: t("web.close"), on: { click: close } }, "×"));
}

function areaFacts(kind, area) {
  return [
    area.households !== null && kind in RANGES ? rangeBar(area.households, RANGES[kind]) : null,
    kind === "grid" ? visitWords(area.code) : null,
    facts([
      ["households", counted(area.households)], ["residents", counted(area.residents)],
      ["kind", kind === "grid" ? kindName(area.kind) : null], ["community_type", area.community_type && typeName(area.community_type)],
      ["parent", area.parent_code && PARENT[kind] ? el("a", { href: addressOf(PARENT[kind], area.parent_code) }, t(`common.${PARENT[kind]}`), " ", area.parent_code) : null],
      ["valid_from", area.valid_from], ["version", area.version],
    ]),
  ];
}

// Premises reach the norm now, within the year, or hardly: shape and colour, with the figure beside.
const NORMS = { office: 200, service: 900, plaza: 1000 };

function stationFacts(station) {
  const premises = Object.entries(NORMS).map(([name, norm]) => {
    const [now, planned] = [station[`${name}_m2`], station[`${name}_planned_m2`]];
    const [light, mark] = now >= norm ? ["good", "●"] : planned >= norm ? ["soon", "▲"] : ["late", "■"];
    return [name, el("span", {}, el("span", { class: `light ${light}`, "aria-hidden": "true" }, mark), " ", t("web.area_of_norm", { area: number(now), norm: number(norm) }), " ", t(`web.premises_${light}`))];
  });
  return [facts([["station_type", typeName(station.station_type)], ["staff", t("web.people", { count: station.staff })], ...premises])];
}

const counted = (value) => (value === null || value === undefined ? null : number(value));

function facts(rows) {
  return el("dl", { class: "facts" }, rows.filter(([, value]) => value !== null && value !== undefined).map(([key, value]) =>
    [el("dt", {}, t(`web.fact_${key}`)), el("dd", {}, value)]));
}
