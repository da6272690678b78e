// The map itself: created once; follows the theme, the date and what is selected.

import { Map as MapLibre, ScaleControl } from "../vendor/maplibre-gl-6.17.0/maplibre-gl.mjs";
import { FONT, sources, style } from "./basemap.js";
import { getJson } from "./client.js";
import { byId } from "./dom.js";
import { label, number, t } from "./i18n.js";
import { putIcons } from "./icons.js";
import { forget, tell } from "./notices.js";
import { announce, epoch, on } from "./state.js";

const NO_DATA = { type: "FeatureCollection", features: [] };
const LABELLED = { subdistrict: 0, community: 0, grid: 14.5 }; // level: the zoom from which its names are needed

export let map;
let bounds;
let labelled;
let marked = "";

export async function createMap(extent) {
  bounds = extent;
  map = new MapLibre({
    container: "map", style: style(epoch()), bounds: extent, fitBoundsOptions: { padding: roomAround() },
    attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 19, minZoom: 8,
    localIdeographFontFamily: FONT.join(","), fadeDuration: isStill() ? 0 : 120,
  });
  label(map.getCanvas(), "web.map_keys");
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  byId("scale").append(new ScaleControl({ maxWidth: 120, unit: "metric" }).onAdd(map));
  map.once("styledata", () => putIcons(map));
  map.on("error", onError);
  map.on("sourcedata", ({ isSourceLoaded }) => isSourceLoaded && forget("tiles"));
  byId("zoom-in").addEventListener("click", () => map.zoomIn());
  byId("zoom-out").addEventListener("click", () => map.zoomOut());
  byId("zoom-all").addEventListener("click", () => showBounds(bounds));
  const behind = new Set(); // what changed while it was loading
  for (const topic of Object.keys(FOLLOWS)) on(topic, () => (labelled ? FOLLOWS[topic]() : behind.add(topic)));
  await new Promise((ready) => map.once("load", ready));
  relabel();
  map.on("moveend", needLabels);
  for (const topic of behind) FOLLOWS[topic]();
}

const FOLLOWS = { epoch: changeEpoch, language: relabel, theme: changeTheme };

export function setData(source, data) {
  map.getSource(source).setData(data ?? NO_DATA);
}

// The incidents: they are asked for every few seconds, and an unchanged answer redraws nothing.
export function setMarks(features) {
  const marks = JSON.stringify(features);
  if (marks !== marked) setData("incidents", { type: "FeatureCollection", features });
  marked = marks;
}

const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export function showBounds(box) {
  map.fitBounds(box, { padding: roomAround(), maxZoom: 16.5, duration: isStill() ? 0 : 150 });
}

// What lies on the map must not hide what is shown.
function roomAround() {
  const wide = innerWidth > 800;
  const right = document.body.classList.contains("has-sheet") ? 400 : 64;
  return wide ? { left: 356, right, top: 32, bottom: 56 } : { left: 16, right: 16, top: 16, bottom: Math.round(innerHeight * 0.36) };
}

function onError({ error, sourceId, tile }) {
  if (!tile && !sourceId) throw error;
  tell("tiles", t("web.tiles_missing"));
}

function changeEpoch() {
  const dated = sources(epoch());
  for (const name of ["areas", "stations"]) map.getSource(name).setTiles(dated[name].tiles);
  relabel();
}

function changeTheme() {
  putIcons(map);
  for (const layer of style(epoch()).layers)
    for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name, value);
  announce("repainted");
}

function relabel() {
  labelled = new Set();
  for (const level of Object.keys(LABELLED)) setData(`label-${level}`);
  needLabels();
}

function needLabels() {
  for (const [level, zoom] of Object.entries(LABELLED))
    if (!labelled.has(level) && map.getZoom() >= zoom) loadLabels(level);
}

async function loadLabels(level) {
  labelled.add(level);
  const at = epoch();
  try {
    const points = await getJson(`/api/v1/boundaries/${level}?at=${at}&geometry=point`);
    if (at === epoch()) setData(`label-${level}`, withFigures(points));
  } catch (refusal) {
    labelled.delete(level);
    tell("labels", t("web.labels_missing"), refusal.code);
  }
}

function withFigures(points) {
  for (const { properties } of points.features) {
    properties.figure = properties.households === null ? "" : t("web.map_households", { count: properties.households });
    properties.short = number(Number(properties.code.slice(-3)));
  }
  return points;
}

export const bbox = (geometry) => {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const visit = (part) => {
    if (typeof part[0] !== "number") { part.forEach(visit); return; }
    box[0] = Math.min(box[0], part[0]); box[1] = Math.min(box[1], part[1]);
    box[2] = Math.max(box[2], part[0]); box[3] = Math.max(box[3], part[1]);
  };
  visit(geometry.coordinates);
  return box;
};
