// The head of the panel: how much there is on the date shown, and the 2006 plan beside the optimal one.

import { getJson } from "./client.js";
import { byId, el, fill } from "./dom.js";
import { listed, number, t } from "./i18n.js";
import { forget, tell } from "./notices.js";
import { epoch, on } from "./state.js";

const SHOWN = ["subdistrict", "community", "grid", "station", "households", "residents"];
let figures;
let plans = [];

export async function createFigures() {
  await load();
  on("epoch", () => load().catch((refusal) => tell("figures", refusal.message, refusal.code)));
  on("language", render);
  on("plans", (all) => { plans = all; renderStations(); });
  return figures;
}

async function load() {
  const at = epoch();
  const [counts, districts] = await Promise.all([
    getJson(`/api/v1/figures?at=${at}`), getJson(`/api/v1/boundaries/district?at=${at}&geometry=point`)]);
  if (at !== epoch()) return; // the date was changed meanwhile
  forget("figures");
  figures = counts;
  byId("district").textContent = listed(districts.features.map(({ properties }) => properties.name));
  render();
}

function counted(name) {
  const { levels, stations } = figures;
  if (name === "station") return stations;
  if (name in levels) return levels[name].areas;
  return levels.community?.[name] ?? 0;
}

function render() {
  const empty = Object.keys(figures.levels).length === 0;
  fill("figure-list", empty ? el("p", { class: "empty" }, nothingYet()) : SHOWN.map((name) =>
    el("div", {}, el("dd", {}, number(counted(name))), el("dt", {}, t(`web.count_${name}`)))));
  renderStations();
  byId("epoch-line").textContent = t("web.epoch_line", { date: epoch() });
}

// What 2006 made of the stations, beside the best there is for the same goals.
function renderStations() {
  const real = plans.find(({ state, optimal_parts: optimal }) => state !== "discarded" && optimal !== null);
  byId("station-line").textContent = real
    ? t("web.station_line", { before: figures.stations, real: real.parts, optimal: real.optimal_parts }) : "";
}

function nothingYet() {
  const [first] = figures.epochs;
  return first ? t("web.before_first_epoch", { date: first }) : t("web.no_boundaries");
}
