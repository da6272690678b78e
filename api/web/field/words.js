// Names and times in the reader's language.

import { currentLanguage, has, t, when } from "../js/i18n.js";
import { categoryName } from "../js/words.js";
import { lastKept } from "./session.js";

let codes = new Map();

// The names of the code list that came with the categories; a code without a name is shown as it is.
export async function loadCodeNames() {
  const kept = await lastKept("codes");
  codes = new Map((kept?.value.codes ?? []).map((entry) => [entry.code, entry]));
}

export const nameOfCategory = (code) => codes.get(code)?.[currentLanguage()] ?? categoryName(code);
const named = (prefix) => (code) => (has(prefix + code) ? t(prefix + code) : code);
export const nameOfState = named("incidents.state_");
export const nameOfMove = named("incidents.move_");
export const nameOfKind = named("phone.kind_");

export const time = when;

export function lasted(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return [3600, 60, 1].map((unit) => String(Math.floor(seconds / unit) % (unit === 3600 ? 1000 : 60)).padStart(2, "0")).join(":");
}

export const metres = (value) => (value < 1000 ? t("phone.metres", { count: Math.round(value) }) : t("phone.kilometres", { count: (value / 1000).toFixed(1) }));
export const mebibytes = (bytes) => t("phone.megabytes", { count: (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0) });
export const daysAgo = (days) => (days === null || days === undefined ? t("phone.never_visited") : days === 0 ? t("phone.visited_today") : t("phone.days", { count: days }));
