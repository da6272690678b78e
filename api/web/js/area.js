// Choosing an area by name, from the whole down to a grid: one list per level, each asking for the next.

import { getJson } from "./client.js";
import { el } from "./dom.js";
import { t } from "./i18n.js";

const LEVELS = ["district", "subdistrict", "community", "grid"];
const names = new Map(); // of the areas that were offered or looked up

async function areas(level, parent) {
  const { features } = await getJson(`/api/v1/boundaries/${level}?parent=${parent}&geometry=point`);
  for (const { properties } of features) names.set(properties.code, properties.name ?? properties.code);
  return features.map(({ properties }) => properties.code);
}

export async function loadAreaNames() {
  await Promise.all(LEVELS.slice(0, 3).map((level) => areas(level, "")));
}

export function areaName(code) {
  if (!code) return t("people.everywhere");
  if (code.length < 15) return names.get(code) ?? code;
  return names.get(code) ?? `${names.get(code.slice(0, 12)) ?? code.slice(0, 12)} ${t("common.grid")} ${code.slice(12)}`;
}

// `code()` is what is chosen: the innermost area, null for everywhere. A form can put one in (`area`): then its lists open down to it.
export function areaPicker() {
  const chosen = el("input", { type: "hidden", name: "area" });
  const place = el("div", { class: "area", role: "group", "aria-label": t("people.area") }, chosen);
  const selects = [];
  const choose = (depth) => {
    for (const select of selects.splice(depth + 1)) select.remove();
    chosen.value = selects.map((select) => select.value).filter(Boolean).at(-1) ?? "";
    return further(depth);
  };
  const further = async (depth) => {
    const parent = selects[depth].value;
    if (parent && LEVELS[depth + 1]) await offer(depth + 1, parent);
  };
  const offer = async (depth, parent) => {
    const codes = await areas(LEVELS[depth], parent);
    const taken = selects.length !== depth || (selects.at(-1)?.value ?? "") !== parent; // another choice was made meanwhile
    if (codes.length === 0 || taken) return;
    const whole = parent ? t("people.whole_of", { place: areaName(parent) }) : t("people.everywhere");
    const select = el("select", { "aria-label": t(`common.${LEVELS[depth]}`), on: { change: () => choose(depth) } },
      [["", whole], ...codes.map((code) => [code, areaName(code)])].map(([value, words]) => el("option", { value, selected: value !== "" && chosen.value.startsWith(value) }, words)));
    selects.push(select);
    place.append(select);
    await further(depth);
  };
  offer(0, "").catch(() => {}); // then everywhere is all there is to choose
  return { element: place, code: () => chosen.value || null };
}
