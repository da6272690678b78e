// My grid on the map, where I am and how surely, and which buildings have waited.

import { label } from "../js/i18n.js";
import { bbox } from "./ground.js";
import { FONT, NO_DATA, buildingColours, DUE_LIMITS, dueClass, style } from "./style.js";
import { loadTile } from "./tiles.js";

const CLOSE = 16.5;
let map; // once it is loaded: until then there is nothing to draw on, and what is current then is drawn by whoever asked for the map
let following = true;

// The library comes when the rest of the page works already: it is most of what there is to read.
export async function createMap(container, centre) {
  const { Map: MapLibre, ScaleControl, addProtocol, setWorkerUrl } = await import("../vendor/maplibre-gl-6.17.0/maplibre-gl.mjs");
  setWorkerUrl(`${location.origin}/field/map-worker.mjs`); // inside the service worker's reach, so that it is there offline
  addProtocol("field", loadTile);
  const made = new MapLibre({
    container, style: style(), center: centre ?? [114.13, 22.55], zoom: centre ? CLOSE : 12, minZoom: 9, maxZoom: 19,
    attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false,
    localIdeographFontFamily: FONT.join(","), fadeDuration: 0,
  });
  label(made.getCanvas(), "web.map");
  made.touchZoomRotate.disableRotation();
  made.addControl(new ScaleControl({ maxWidth: 100, unit: "metric" }), "top-left");
  made.on("dragstart", () => (following = false));
  await loaded(made).catch((error) => { made.remove(); throw error; });
  map = made;
  for (const [source, features] of wanted) setData(source, features);
  hideDays();
}

// Without its worker there is no map: the network may have gone just then. A missing tile is no such matter.
const loaded = (made) =>
  new Promise((ready, failed) => {
    made.once("load", ready);
    made.on("error", ({ error, tile, sourceId }) => { if (!tile && !sourceId) failed(error); });
  });

export const centre = () => map?.getCenter().toArray();
export const onPick = (handler) => map.on("click", "building", ({ features }) => handler(features[0].properties.code));

const wanted = new Map(); // what each source shows, or will once there is a map

function setData(source, features) {
  wanted.set(source, features);
  map?.getSource(source).setData({ ...NO_DATA, features });
}

export function showGrids(grids, chosen) {
  setData("grids", grids.map((grid) => ({ ...grid, properties: { ...grid.properties, chosen: grid.properties.code === chosen } })));
  const mine = grids.find((grid) => grid.properties.code === chosen);
  if (mine && map) map.fitBounds(bbox(mine.geometry), { padding: 32, maxZoom: 17.5, duration: 0 });
}

export function showDue(buildings) {
  const classes = [...DUE_LIMITS, null].map((_, index) => buildings.filter(({ properties }) => dueClass(properties.days) === index).map(({ properties }) => properties.code));
  map?.setPaintProperty("building", "fill-color", buildingColours(classes));
  setData("due", buildings.map(({ geometry, properties: { days } }) => ({ type: "Feature", geometry, properties: { label: days === null || days === undefined ? "" : String(days) } })));
}

export function showWalk(stops) {
  const line = stops.map((stop) => stop.geometry.coordinates);
  const points = stops.map((stop, index) => ({ type: "Feature", geometry: stop.geometry, properties: { number: String(index + 1) } }));
  setData("walk", line.length > 1 ? [{ type: "Feature", geometry: { type: "LineString", coordinates: line }, properties: {} }, ...points] : points);
  hideDays();
}

// The numbers of the walk's stops stand where the days would.
const hideDays = () => map?.setLayoutProperty("due-days", "visibility", wanted.get("walk")?.length ? "none" : "visible");

export function showTrack(segments) {
  setData("track", segments.filter((line) => line.length > 1).map((coordinates) => ({ type: "Feature", geometry: { type: "LineString", coordinates }, properties: {} })));
}

export function showMe(position) {
  if (!map || position === null) return;
  const point = { type: "Feature", geometry: { type: "Point", coordinates: [position.lon, position.lat] }, properties: {} };
  setData("me", [circle(position), point]);
  if (following) map.jumpTo({ center: [position.lon, position.lat], zoom: Math.max(map.getZoom(), 15) });
}

export function goToMe(position) {
  following = true;
  if (position) map?.jumpTo({ center: [position.lon, position.lat], zoom: Math.max(map.getZoom(), CLOSE) });
}

function circle({ lon, lat, accuracy }) {
  const [tall, wide] = [accuracy / 111_320, accuracy / (111_320 * Math.cos(lat * Math.PI / 180))];
  const ring = Array.from({ length: 49 }, (_, step) => [lon + wide * Math.cos(step * Math.PI / 24), lat + tall * Math.sin(step * Math.PI / 24)]);
  return { type: "Feature", geometry: { type: "Polygon", coordinates: [ring] }, properties: {} };
}
