// How the phone's map looks: few things, strong lines, for the sun. Overdue buildings are darker.

import { token } from "../js/colours.js";
import { DEEPEST } from "./tiles.js";

export const FONT = ["PingFang SC", "Microsoft YaHei", "Noto Sans SC", "WenQuanYi Micro Hei", "sans-serif"];
export const NO_DATA = { type: "FeatureCollection", features: [] };
export const DUE_LIMITS = [7, 30, 60, 90]; // days; beyond the last a building is overdue
const zoomed = (...stops) => ["interpolate", ["exponential", 1.6], ["zoom"], ...stops];

export const dueClass = (days) => {
  if (days === null || days === undefined) return DUE_LIMITS.length;
  const index = DUE_LIMITS.findIndex((limit) => days < limit);
  return index === -1 ? DUE_LIMITS.length : index;
};

export const isOverdue = (days) => dueClass(days) === DUE_LIMITS.length;

export function style() {
  const points = { type: "geojson", data: NO_DATA };
  return {
    version: 8,
    sources: {
      ground: { type: "vector", tiles: ["field://{z}/{x}/{y}"], minzoom: 9, maxzoom: DEEPEST },
      grids: points, due: points, walk: points, me: points, track: points,
    },
    layers: [...ground(), ...mine()],
  };
}

function land(kind) {
  return { id: kind, type: "fill", source: "ground", "source-layer": "land", filter: ["==", ["get", "kind"], kind],
    paint: { "fill-color": token(`map-${kind}`) } };
}

function street(id, classes, colour, width) {
  return { id, type: "line", source: "ground", "source-layer": "street", filter: ["in", ["get", "street_class"], ["literal", classes]],
    layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": colour, "line-width": width } };
}

function ground() {
  const [minor, major] = [["local", "collector", "path"], ["arterial", "expressway"]];
  return [
    { id: "paper", type: "background", paint: { "background-color": token("map-land") } },
    land("built"), land("green"), land("water"),
    { id: "barrier", type: "line", source: "ground", "source-layer": "barrier", paint: { "line-color": token("map-rail"), "line-width": zoomed(12, 1, 17, 4), "line-dasharray": [3, 2] } },
    street("minor-rim", minor, token("map-street-case"), zoomed(13, 1.4, 18, 16)),
    street("major-rim", major, token("map-street-major-case"), zoomed(12, 3, 18, 32)),
    street("minor", minor, token("map-street"), zoomed(13, 0.8, 18, 12)),
    street("major", major, token("map-street-major"), zoomed(12, 2, 18, 27)),
    { id: "building", type: "fill", source: "ground", "source-layer": "building", minzoom: 14,
      paint: { "fill-color": token("map-building"), "fill-outline-color": token("map-building-line") } },
  ];
}

// Buildings by code in the colour of their class; `classes` is a list of lists of codes.
export function buildingColours(classes) {
  const cases = classes.flatMap((codes, index) => (codes.length ? [codes, token(`due-${index}`)] : []));
  return cases.length ? ["match", ["get", "code"], ...cases, token("map-building")] : token("map-building");
}

function label(id, source, field, size, minzoom) {
  return { id, type: "symbol", source, minzoom, layout: { "text-field": field, "text-font": FONT, "text-size": size, "text-padding": 2 },
    paint: { "text-color": token("ink"), "text-halo-color": token("map-halo"), "text-halo-width": 1.8 } };
}

function mine() {
  const ink = token("map-line");
  return [
    { id: "grid-casing", type: "line", source: "grids", paint: { "line-color": token("map-casing"), "line-width": 6, "line-opacity": 0.8 } },
    { id: "grid-line", type: "line", source: "grids", paint: { "line-color": ink, "line-width": ["case", ["get", "chosen"], 3, 1.2] } },
    { id: "track", type: "line", source: "track", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": token("accent"), "line-width": 5, "line-opacity": 0.75 } },
    { id: "walk", type: "line", source: "walk", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": token("late"), "line-width": 2.5, "line-dasharray": [2, 1.5] } },
    label("street-name", "ground", ["coalesce", ["get", "name"], ""], 12, 15),
    label("due-days", "due", ["get", "label"], 14, 15.5),
    { id: "walk-stop", type: "circle", source: "walk", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 12, "circle-color": token("panel"), "circle-stroke-color": token("late"), "circle-stroke-width": 2 } },
    { ...label("walk-number", "walk", ["get", "number"], 14, 12), filter: ["==", ["geometry-type"], "Point"] },
    { id: "accuracy", type: "fill", source: "me", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": token("accent"), "fill-opacity": 0.18, "fill-outline-color": token("accent") } },
    { id: "me-casing", type: "circle", source: "me", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 10, "circle-color": token("panel") } },
    { id: "me", type: "circle", source: "me", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 7, "circle-color": token("accent") } },
  ].map((layer) => (layer.id === "street-name" ? { ...layer, "source-layer": "street", layout: { ...layer.layout, "symbol-placement": "line" } } : layer));
}
