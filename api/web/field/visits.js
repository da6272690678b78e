// Buildings that wait, the next walk past them, and a door knocked at.

import { el } from "../js/dom.js";
import { dropDraft, keepDraft } from "../js/drafts.js";
import { t } from "../js/i18n.js";
import { choose, chosenGrid, ground, markVisited, nextWalk, overdue } from "./ground.js";
import { showWalk } from "./map.js";
import { add, visitRecord } from "./outbox.js";
import * as patrol from "./patrol.js";
import { me, owner } from "./session.js";
import { button, closeIfShown, closeSheet, hint, myTurn, once, openSheet, say } from "./sheet.js";
import { DUE_LIMITS, dueClass } from "./style.js";
import { daysAgo, metres, time } from "./words.js";

const OUTCOMES = ["seen", "nobody_home", "come_again"];

export function openVisits() {
  const grid = chosenGrid();
  if (grid === null) return openSheet(t("phone.buildings_due"), hint(t("phone.no_grid")));
  const age = ground.heardAt ? hint(t("phone.as_of", { time: time(ground.heardAt) })) : hint(t("phone.no_due"));
  const asking = button(t("phone.next_walk"), () => once(asking, suggest), "primary");
  return openSheet(t("phone.buildings_due"), gridChoice(), asking, age, legend(),
    el("ul", { class: "rows" }, ground.buildings.map(row)));
}

function legend() {
  const limits = [0, ...DUE_LIMITS];
  const words = (index) => (index < DUE_LIMITS.length ? t("phone.days_under", { count: DUE_LIMITS[index] }) : t("phone.days_from", { count: limits[index] }));
  return el("ul", { class: "legend" }, limits.map((_, index) => el("li", {}, el("span", { class: `due due-${index}`, "aria-hidden": "true" }), words(index))));
}

function gridChoice() {
  if (ground.grids.length < 2) return null;
  const options = ground.grids.map(({ properties: { code, name } }) => el("option", { value: code, selected: code === ground.chosen }, name ?? code));
  const change = async ({ target }) => {
    const still = myTurn();
    await choose(target.value);
    if (still()) openVisits();
  };
  return el("label", { class: "field" }, t("phone.my_grid"), el("select", { on: { change } }, options));
}

function row({ properties }) {
  const chip = el("span", { class: `due due-${dueClass(properties.days)}`, "aria-hidden": "true" });
  const more = el("small", {}, t("phone.households", { count: properties.households ?? 0 }), " · ", daysAgo(properties.days));
  return el("li", {}, el("button", { type: "button", on: { click: () => openVisit(properties.code) } }, chip, el("span", {}, properties.name ?? properties.code, more)));
}

async function suggest() {
  const still = myTurn();
  const walk = await nextWalk(patrol.state.position);
  if (!still()) return undefined;
  if (walk === null) return say(t("phone.walk_needs_network"), true);
  if (walk.features.length === 0) return say(t("phone.nothing_overdue"));
  showWalk(walk.features);
  const stops = walk.features.map(({ properties }, index) => el("li", {}, el("button", { type: "button", on: { click: () => openVisit(properties.code) } },
    el("b", {}, String(index + 1)), el("span", {}, properties.name ?? properties.code, el("small", {}, daysAgo(properties.days), " · +", metres(properties.from_last_m ?? 0))))));
  openSheet(t("phone.next_walk"), hint(t("phone.walk", { stops: stops.length, length: metres(walk.length_m), minutes: Math.round(walk.minutes), left: walk.left_out })),
    button(t("phone.show_on_map"), closeSheet, "primary"), button(t("phone.hide_walk"), () => { showWalk([]); closeSheet(); }), el("ol", { class: "rows" }, stops));
}

export function openVisit(code) {
  const building = ground.buildings.find(({ properties }) => properties.code === code)?.properties ?? { code, days: undefined };
  const name = building.name ?? code;
  if (patrol.current() === null) return openSheet(name, ...firstAPatrol(code));
  const note = el("textarea", { rows: 2, maxlength: 1900, name: "note", placeholder: t("phone.text_optional"), "aria-label": t("phone.text_optional") });
  const outcomes = el("fieldset", { class: "tiles", "aria-label": t("phone.visit_outcome") });
  const kept = (words) => once(outcomes, async () => { // tapped twice, it is one visit
    if (!(await keep(building, name, words, note.value.trim()))) return;
    dropDraft(`visit/${code}`);
    closeIfShown(sheet);
  });
  outcomes.append(...OUTCOMES.map((outcome) => t(`phone.visit_${outcome}`)).map((words) => button(words, () => kept(words), "tile")));
  const last = building.days === undefined ? null : hint(`${t("phone.households", { count: building.households ?? 0 })} · ${daysAgo(building.days)}`);
  const sheet = keepDraft(`visit/${code}`, openSheet(name, last, note, outcomes));
  return sheet;
}

function firstAPatrol(code) {
  if ((me()?.worker_code ?? null) === null) return [hint(t("phone.no_worker"))];
  const starting = button(t("phone.start_visits"), () => once(starting, async () => {
    const still = myTurn();
    await patrol.start("household_visits");
    if (still()) openVisit(code);
  }), "primary huge");
  return [hint(t("phone.visit_needs_patrol")), starting];
}

async function keep(building, name, outcome, text) {
  const note = text ? t("phone.visit_note", { outcome, text }) : outcome;
  const now = patrol.current();
  if (now === null) return say(t("phone.visit_needs_patrol"), true), false; // it ended meanwhile, in another tab
  await add(owner(), [visitRecord(owner(), now.id, building.code, new Date().toISOString(), note, name)]);
  markVisited(building.code);
  say(t("phone.kept", { what: name }));
  return true;
}

export const overdueCount = () => overdue().length;
