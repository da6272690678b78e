// The style of the map: our own tiles, drawn like a survey sheet. Pure: a theme and a date in, a style out.

import { VISIT_LIMITS, inScheme, isDark, token } from "./colours.js";

const tiles = (layers, at) => [`${location.origin}/tiles/${layers}/{z}/{x}/{y}.mvt${at ? `?at=${at}` : ""}`];
const zoomed = (...stops) => ["interpolate", ["exponential", 1.6], ["zoom"], ...stops];
const ofClass = (...classes) => ["in", ["get", "street_class"], ["literal", classes]];
const MAJOR = ["expressway", "arterial"];
const NO_DATA = { type: "FeatureCollection", features: [] };
export const FONT = ["PingFang SC", "Microsoft YaHei", "Noto Sans SC", "WenQuanYi Micro Hei", "sans-serif"];

export function sources(at) {
  const points = { type: "geojson", data: NO_DATA };
  return {
    base: { type: "vector", tiles: tiles("land,barrier,street"), minzoom: 9, maxzoom: 15 },
    buildings: { type: "vector", tiles: tiles("building"), minzoom: 15, maxzoom: 15 },
    areas: { type: "vector", tiles: tiles("grid,community,subdistrict", at), minzoom: 9, maxzoom: 15, promoteId: "code" },
    stations: { type: "vector", tiles: tiles("station", at), minzoom: 9, maxzoom: 14, promoteId: "code" },
    "label-subdistrict": points, "label-community": points, "label-grid": points,
    incidents: points, selection: points, before: points, after: points, changed: points, "after-label": points,
  };
}

export function style(at) {
  const layers = [...ground(), ...streets(), ...lines(), ...names()];
  return { version: 8, sources: sources(at), layers, transition: { duration: 0, delay: 0 } };
}

function area(id, kind, colour) {
  return { id, type: "fill", source: "base", "source-layer": "land", filter: ["==", ["get", "kind"], kind], paint: { "fill-color": colour } };
}

function ground() {
  return [
    { id: "paper", type: "background", paint: { "background-color": token("map-land") } },
    area("built", "built", token("map-built")), area("green", "green", token("map-green")), area("water", "water", token("map-water")),
    { id: "river", type: "line", source: "base", "source-layer": "barrier", filter: ["==", ["get", "kind"], "river"],
      paint: { "line-color": token("map-water"), "line-width": zoomed(10, 1.5, 16, 14) } },
    ...SCHEMES.map(visit),
    { id: "building", type: "fill", source: "buildings", "source-layer": "building", minzoom: 15,
      paint: { "fill-color": token("map-building"), "fill-outline-color": token("map-building-line"), "fill-opacity": 0.85 } },
  ];
}

// One layer for each theme, of which one is seen: for paper the theme changes within one turn. So can what is the same
// for all of a layer; what depends on data waits for tiles that are made anew.
export const SCHEMES = ["light", "dark"];
export const visitOpacity = (scheme) => Number(isDark() === (scheme === "dark"));

function visit(scheme) {
  const names = [...VISIT_LIMITS.keys(), VISIT_LIMITS.length, "none"];
  const colours = inScheme(scheme, () => names.flatMap((name, index) => [index, token(`visit-${name}`)]));
  return { id: `visit-${scheme}`, type: "fill", source: "areas", "source-layer": "grid", paint: {
    "fill-color": ["match", ["coalesce", ["feature-state", "visit"], -1], ...colours, "rgba(0,0,0,0)"], "fill-opacity": visitOpacity(scheme),
  } };
}

function street(id, classes, minzoom, colour, width) {
  return { id, type: "line", source: "base", "source-layer": "street", filter: ofClass(...classes), minzoom,
    layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": colour, "line-width": width } };
}

function streets() {
  const [fill, rim] = [token("map-street"), token("map-street-case")];
  const [majorFill, majorRim] = [token("map-street-major"), token("map-street-major-case")];
  return [
    street("path", ["path"], 15.5, rim, zoomed(15, 0.6, 18, 2)),
    street("local-rim", ["local"], 14, rim, zoomed(14, 1, 18, 12)),
    street("collector-rim", ["collector"], 12.5, rim, zoomed(12, 1.2, 18, 18)),
    street("major-rim", MAJOR, 9, majorRim, zoomed(10, 1.6, 18, 28)),
    street("local", ["local"], 14, fill, zoomed(14, 0.5, 18, 10)),
    street("collector", ["collector"], 12.5, fill, zoomed(12, 0.6, 18, 15)),
    street("major", MAJOR, 9, majorFill, zoomed(10, 0.8, 18, 24)),
    { id: "rail", type: "line", source: "base", "source-layer": "barrier", filter: ["==", ["get", "kind"], "railway"],
      paint: { "line-color": token("map-rail"), "line-width": zoomed(10, 1, 16, 4) } },
    { id: "rail-ties", type: "line", source: "base", "source-layer": "barrier", filter: ["==", ["get", "kind"], "railway"], minzoom: 12,
      paint: { "line-color": token("map-halo"), "line-width": zoomed(12, 0.8, 16, 2.2), "line-dasharray": [4, 4] } },
  ];
}

function border(id, layer, minzoom, width, opacity, colour = token("map-line")) {
  return { id, type: "line", source: "areas", "source-layer": layer, minzoom, layout: { "line-join": "round" },
    paint: { "line-color": colour, "line-width": width, "line-opacity": opacity } };
}

// What is pointed at. Without opacity it is found all the same, and not drawn.
function hit(id, layer) {
  return { id, type: "fill", source: "areas", "source-layer": layer, paint: { "fill-opacity": 0 } };
}

function lines() {
  const casing = token("map-casing");
  return [
    hit("hit-subdistrict", "subdistrict"), hit("hit-community", "community"), hit("hit-grid", "grid"),
    border("grid-line", "grid", 13, zoomed(13, 0.4, 17, 1), 0.55),
    border("community-casing", "community", 11, zoomed(11, 1.4, 16, 5), 0.6, casing),
    border("community-line", "community", 11, zoomed(11, 0.6, 16, 2), 0.75),
    border("subdistrict-casing", "subdistrict", 0, zoomed(10, 4, 16, 9), 0.85, casing),
    border("subdistrict-line", "subdistrict", 0, zoomed(10, 1.6, 16, 3.6), 0.9),
    ...plan(),
    { id: "selection-casing", type: "line", source: "selection", layout: { "line-join": "round" }, paint: { "line-color": casing, "line-width": 7, "line-opacity": 0.9 } },
    { id: "selection-line", type: "line", source: "selection", layout: { "line-join": "round" }, paint: { "line-color": token("accent"), "line-width": 3.5 } },
    { id: "selection-point", type: "circle", source: "selection", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 15, "circle-color": "transparent", "circle-stroke-color": token("accent"), "circle-stroke-width": 3.5 } },
    { id: "station", type: "symbol", source: "stations", "source-layer": "station", minzoom: 11.5,
      layout: { "icon-image": "station", "icon-allow-overlap": true, "icon-size": zoomed(11, 0.5, 16, 1) } },
    { id: "incident", type: "symbol", source: "incidents", layout: { "icon-image": ["concat", "light-", ["coalesce", ["get", "light"], "open"]], "icon-allow-overlap": true } },
  ];
}

export const BALANCES = ["below", "within", "above", "dedicated"];

function plan() {
  return [
    ...BALANCES.map((state) => ({ id: `after-${state}`, type: "fill", source: "after", filter: ["==", ["get", "balance"], state],
      paint: { "fill-color": token(state), "fill-opacity": 0.6 } })),
    { id: "changed-hatch", type: "fill", source: "changed", paint: { "fill-pattern": "hatch" } },
    { id: "before-line", type: "line", source: "before", layout: { "line-join": "round" },
      paint: { "line-color": token("map-line"), "line-width": zoomed(11, 0.8, 16, 2.4), "line-dasharray": [3, 2] } },
    { id: "after-casing", type: "line", source: "after", layout: { "line-join": "round" }, paint: { "line-color": casingOf() } },
    { id: "after-line", type: "line", source: "after", layout: { "line-join": "round" }, paint: { "line-color": token("accent") } },
  ];
}

// How wide the borders of a plan are drawn, by layer.
export const planLines = (ofGrids) => (ofGrids
  ? { "after-casing": zoomed(11, 0.6, 16, 5), "after-line": zoomed(11, 0.4, 16, 2.4) }
  : { "after-casing": zoomed(11, 3.5, 16, 8), "after-line": zoomed(11, 1.6, 16, 4) });

const casingOf = () => token("map-casing");

function label(id, source, minzoom, maxzoom, size, paint = {}, layout = {}) {
  return { id, type: "symbol", source, minzoom, maxzoom,
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": size, "text-max-width": 8, "text-padding": 4, ...layout },
    paint: { "text-color": token("ink"), "text-halo-color": token("map-halo"), "text-halo-width": 1.6, ...paint } };
}

function names() {
  const twoLines = ["concat", ["get", "name"], "\n", ["get", "figure"]];
  const soft = { "text-color": token("map-street-text"), "text-halo-width": 1.2 };
  return [
    { ...label("street-name", "base", 14, 24, 11, soft, { "symbol-placement": "line", "symbol-spacing": 400 }),
      "source-layer": "street", filter: ["all", ["has", "name"], ofClass("expressway", "arterial", "collector", "local")] },
    label("grid-name", "label-grid", 15, 24, 12, {}, { "text-field": ["step", ["zoom"], ["get", "short"], 16.5, ["concat", ["get", "short"], "\n", ["get", "figure"]]] }),
    label("community-name", "label-community", 12.4, 16, zoomed(12, 11, 15, 15), {}, { "text-field": ["step", ["zoom"], ["get", "name"], 13.6, twoLines] }),
    label("subdistrict-name", "label-subdistrict", 9, 13.4, zoomed(10, 12, 13, 17), { "text-halo-width": 2.2 },
      { "text-letter-spacing": 0.12, "text-field": ["step", ["zoom"], ["get", "name"], 11.5, twoLines] }),
    label("after-name", "after-label", 10, 24, 13, { "text-halo-width": 2.2 }, { "text-field": twoLines }),
  ];
}
