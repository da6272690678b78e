// What a worker knows of their ground: their grids, the buildings that wait, the next walk. Kept for when there is no network.

import { announce } from "../js/state.js";
import { keptJson, lastKept, me } from "./session.js";
import { setSetting, setting } from "./store.js";
import { isOverdue } from "./style.js";

const FEWEST_DIGITS = 9; // beyond a subdistrict it is nobody's own ground
const NEAR_DEG = 0.006;
export const ROUGH_M = 100; // a position of less accuracy does not tell one grid from the next

const NOTHING = { grids: [], chosen: null, picked: null, buildings: [], heardAt: null };
export const ground = { ...NOTHING, visited: new Set() };

// Somebody else's ground is another one.
export const forgetGround = () => Object.assign(ground, NOTHING);

export const bbox = (geometry) => {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const visit = (part) => {
    if (typeof part[0] !== "number") return void part.forEach(visit);
    [box[0], box[1]] = [Math.min(box[0], part[0]), Math.min(box[1], part[1])];
    [box[2], box[3]] = [Math.max(box[2], part[0]), Math.max(box[3], part[1])];
  };
  visit(geometry.coordinates);
  return box;
};

export const wholeBox = () => bbox({ coordinates: ground.grids.map((grid) => grid.geometry.coordinates) });
export const chosenGrid = () => ground.grids.find((grid) => grid.properties.code === ground.chosen) ?? null;
export const overdue = () => ground.buildings.filter(({ properties }) => isOverdue(properties.days));

// First what the phone remembers, at once; then what the server says.
export async function loadGround(position) {
  await readGrids((_, keepAs) => lastKept(keepAs), position);
  await readDue((_, keepAs) => lastKept(keepAs));
  await readGrids(keptJson, position);
  await readDue(keptJson);
}

async function readGrids(ask, position) {
  const prefixes = me()?.may?.record_patrol ?? me()?.may?.report_incident ?? [];
  const answers = await Promise.all(gridPaths(prefixes, position).map(([path, keepAs]) => (path === null ? lastKept(keepAs) : ask(path, keepAs))));
  const found = answers.flatMap((answer) => answer?.value.features ?? []);
  if (found.length === 0) return;
  ground.grids = [...new Map(found.map((grid) => [grid.properties.code, grid])).values()];
  const wanted = ground.picked ?? (await setting(`grid/${me().id}`, null)); // what was picked just now may not be on the disk yet
  const chosen = [wanted, gridAt(position), ground.grids[0].properties.code].find((code) => ground.grids.some((grid) => grid.properties.code === code));
  await choose(chosen, false);
}

// Whoever may walk everywhere sees what is near.
function gridPaths(prefixes, position) {
  const own = prefixes.filter((prefix) => prefix.length >= FEWEST_DIGITS);
  if (own.length) return own.map((prefix) => [`/api/v1/boundaries/grid?parent=${prefix}`, `grids/${prefix}`]);
  if (!position) return [[null, "grids"]];
  const box = [position.lon - NEAR_DEG, position.lat - NEAR_DEG, position.lon + NEAR_DEG, position.lat + NEAR_DEG];
  return [[`/api/v1/boundaries/grid?bbox=${box.map((edge) => edge.toFixed(3)).join(",")}`, "grids"]];
}

const gridAt = (position) => position && ground.grids.find((grid) => holds(grid.geometry, position))?.properties.code;

// Whether somebody is surely not in the grid that the page is about.
export function isAway(position) {
  const grid = chosenGrid();
  return grid !== null && position !== null && position.accuracy <= ROUGH_M && !holds(grid.geometry, position);
}

function holds({ type, coordinates }, { lon, lat }) {
  const rings = (type === "Polygon" ? [coordinates] : coordinates).flat();
  let inside = false;
  for (const ring of rings)
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [[x, y], [u, v]] = [ring[i], ring[j]];
      if (y > lat !== v > lat && lon < (u - x) * (lat - y) / (v - y) + x) inside = !inside;
    }
  return inside;
}

export async function choose(code, remember = true) {
  const changed = ground.chosen !== code;
  ground.chosen = code;
  if (changed) Object.assign(ground, { buildings: [], heardAt: null }); // another grid's buildings are not this one's
  if (remember) {
    ground.picked = code;
    await setSetting(`grid/${me().id}`, code);
  }
  announce("grids");
  announce("due");
  if (!changed || !remember) return;
  await readDue((_, keepAs) => lastKept(keepAs));
  await readDue(keptJson);
}

const duePath = () => `/api/v1/grids/${ground.chosen}/buildings-due`;

async function readDue(ask) {
  if (ground.chosen === null) return;
  const code = ground.chosen;
  const answer = await ask(duePath(), `due/${code}`);
  if (answer === null || code !== ground.chosen) return;
  ground.buildings = answer.value.features.map(withVisits);
  ground.heardAt = answer.at;
  announce("due");
}

// A visit that has not been sent yet counts here already.
const withVisits = (building) =>
  ground.visited.has(building.properties.code) ? { ...building, properties: { ...building.properties, days: 0 } } : building;

export function markVisited(code) {
  ground.visited.add(code);
  ground.buildings = ground.buildings.map(withVisits);
  announce("due");
}

export async function nextWalk(position) {
  const from = position ? `?lon=${position.lon.toFixed(5)}&lat=${position.lat.toFixed(5)}` : "";
  return (await keptJson(`/api/v1/grids/${ground.chosen}/next-walk${from}`, `walk/${ground.chosen}`))?.value ?? null;
}
