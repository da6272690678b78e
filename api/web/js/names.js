// Names of what incidents speak of by code: categories and departments of the code lists, places of the boundaries.

import { getJson } from "./client.js";
import { currentLanguage, t } from "./i18n.js";
import { levelOf } from "./moves.js";
import { categoryName } from "./words.js";

const codes = new Map();
const places = new Map();
export const offered = []; // the categories of today, in the order of their list

let loading;

// Once for all who ask; after a failure the next one who asks tries again.
export function loadNames() {
  loading ??= load().catch((error) => { loading = undefined; throw error; });
  return loading;
}

async function load() {
  const [events, departments, ...areas] = await Promise.all([
    getJson("/api/v1/codes?kind=event"), getJson("/api/v1/codes?kind=department"),
    ...["subdistrict", "community"].map((level) => getJson(`/api/v1/boundaries/${level}?geometry=point`)),
  ]);
  offered.splice(0, Infinity, ...events.codes);
  for (const entry of [...events.codes, ...departments.codes]) codes.set(entry.code, entry);
  for (const { properties } of areas.flatMap(({ features }) => features)) places.set(properties.code, properties.name);
}

export const subdistricts = () => [...places].filter(([code]) => code.length === 9);
export const nameOfCategory = (code) => codes.get(code)?.[currentLanguage()] ?? categoryName(code);
export const departmentOf = (category) => codes.get(category)?.settings?.department ?? null;

// A grid is called by its community and number.
export function placeName(code) {
  if (!code) return t("incidents.outside");
  if (levelOf(code) === "department") return codes.get(code)?.[currentLanguage()] ?? code;
  if (levelOf(code) === "grid") return `${places.get(code.slice(0, 12)) ?? code.slice(0, 12)} ${t("common.grid")} ${code.slice(12)}`;
  return places.get(code) ?? `${t(`common.${levelOf(code)}`)} ${code}`;
}
