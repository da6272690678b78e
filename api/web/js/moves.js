// What comes with a move of the workflow, and where it can lead. The server has the last word; this only offers what fits.
// Used by the desk and by the phone: `ask` gives the answer of the API for a path, or null where there is none.

import { t } from "./i18n.js";

const LEVELS = { 6: "district", 9: "subdistrict", 12: "community", 15: "grid" };
const BELOW = { district: "subdistrict", subdistrict: "community", community: "grid" };
const ELSEWHERE = new Set(["department", "unit", "above", "below", "peer"]);
export const SATISFACTIONS = ["very_satisfied", "satisfied", "basically_satisfied"];
export const TIME_UNITS = ["working_days", "working_hours", "hours"];

export const levelOf = (code) => (/^\d+$/.test(code ?? "") ? LEVELS[code.length] : "department");
export const wantsDestination = (move) => ELSEWHERE.has(move.holder);

// Where a move without a choice leads: one level up, or back to whoever had it.
export const goesTo = (move, holder) => (move.holder === "parent" && holder ? holder.slice(0, -3) : null);

const DEPARTMENTS = "/api/v1/codes?kind=department";

async function departments(ask, language) {
  return ((await ask(DEPARTMENTS))?.codes ?? []).map((entry) => ({ code: entry.code, name: entry[language] }));
}

async function areas(ask, level, parent) {
  const found = await ask(`/api/v1/boundaries/${level}?parent=${parent}&geometry=point`);
  return (found?.features ?? []).map(({ properties: { code, name } }) => ({ code, name: name ?? code }));
}

const ancestors = (code) => (code ? [12, 9, 6].filter((digits) => digits < code.length).map((digits) => code.slice(0, digits)) : []);

// The choices of a move, the likeliest first: [{ code, name, level }]. Names that cannot be had are codes.
export async function destinations(move, { holder, grid_code: place }, ask, language) {
  const named = async (codes) => {
    const lists = await Promise.all([...new Set(codes.map(levelOf))].map((level) => areas(ask, level, (place ?? holder).slice(0, 6))));
    const names = new Map(lists.flat().map((area) => [area.code, area.name]));
    return codes.map((code) => ({ code, name: names.get(code) ?? code }));
  };
  const choices = {
    department: () => departments(ask, language),
    above: () => named(ancestors(holder).filter((code) => holder.length - code.length > 3)),
    below: () => below(ask, holder, place),
    unit: async () => unique([...(place ? await named([place, ...ancestors(place)]) : []), ...(await areas(ask, "community", (place ?? holder ?? "").slice(0, place ? 9 : 6)))]),
    peer: () => (levelOf(holder) === "department" ? departments(ask, language) : areas(ask, levelOf(holder), holder.slice(0, -3))),
  };
  const found = await choices[move.holder]();
  return found.filter(({ code }) => code !== holder).map((choice) => ({ ...choice, level: levelOf(choice.code) }));
}

// Down to any level; what the place lies in comes first.
async function below(ask, holder, place) {
  const found = [];
  for (let level = BELOW[levelOf(holder)]; level; level = BELOW[level]) {
    const near = level === "grid" && holder.length < 12 ? place?.slice(0, 12) : holder;
    if (near) found.push(...(await areas(ask, level, near)));
  }
  const holds = ({ code }) => Number(place?.startsWith(code) ?? false);
  return found.map((choice, index) => ({ choice, index })).sort((a, b) => holds(b.choice) - holds(a.choice) || a.index - b.index).map(({ choice }) => choice);
}

const unique = (list) => [...new Map(list.map((one) => [one.code, one])).values()];

export const destinationName = ({ code, name, level }) => {
  const kind = level === "department" ? "" : `${t(`common.${level}`)} `;
  return name === code ? `${kind}${code}` : level === "grid" ? `${kind}${name}` : name;
};
