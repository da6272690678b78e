// One incident on the sheet: how it stands, what was seen, what can be done, and what has been done.

import { getJson } from "./client.js";
import { el } from "./dom.js";
import { number, t, when } from "./i18n.js";
import { light, timeLeft } from "./lights.js";
import { isBegun, moveForm } from "./incident_move.js";
import { loadNames, nameOfCategory, placeName } from "./names.js";
import { addressOf, on, route } from "./state.js";
import { flagName, moveName, sourceName, stateName } from "./words.js";

let workflow = null;
let filling = null; // the form that is open, { id, move, lead }: drawn anew with its sheet

// All that the sheet needs. Alike ones are asked for only while linking is among the moves.
export async function fetchIncident(id) {
  const [incident, rules] = await Promise.all([getJson(`/api/v1/incidents/${encodeURIComponent(id)}`), workflow ?? getJson("/api/v1/workflow"), loadNames()]);
  workflow = rules;
  const alike = incident.moves.includes("link") ? (await getJson(`/api/v1/incidents/${id}/duplicates`)).duplicates : [];
  return { ...incident, alike };
}

export const incidentTitle = (incident) => nameOfCategory(incident.category);

// `again` shows the incident anew, with what has happened meanwhile.
export function incidentParts(incident, again) {
  const place = el("div", { class: "move-place" });
  const show = async (name, lead) => {
    const mine = (filling = { id: incident.id, move: name, lead });
    const move = workflow.moves.find((one) => one.move === name);
    const form = await moveForm(move, incident, { lead, again, close: () => back(name), sent: () => { if (mine === filling) filling = null; } });
    if (mine !== filling) return; // of two moves chosen one after the other the last one counts, whichever form is there first
    place.replaceChildren(form);
  };
  const open = async (name, lead = null) => {
    await show(name, lead);
    place.querySelector("select, textarea")?.focus();
  };
  const back = (name) => {
    filling = null;
    place.replaceChildren(...choices(incident, open));
    place.querySelector(`[data-move="${name}"]`)?.focus();
  };
  place.append(...choices(incident, open));
  if (filling?.id === incident.id && incident.moves.includes(filling.move)) show(filling.move, filling.lead);
  return [status(incident), photos(incident), incident.text ? el("p", { class: "said" }, incident.text) : null, place,
    alike(incident, open), facts(incident), people(incident), linked(incident), log(incident)];
}

// Somebody else moved it: the sheet follows, unless a form is being filled in; then it says so.
export function followQueue(shown, again) {
  on("queue", (page) => {
    const incident = shown();
    const row = incident && page.find(({ id }) => id === incident.id);
    if (!row || route()?.code !== incident.id) return;
    const moved = row.state !== incident.state || row.holder !== incident.holder || row.light !== incident.light || row.paused !== incident.paused;
    if (!moved) return;
    const notice = document.querySelector("#sheet .changed");
    if (notice) notice.hidden = false;
    else again();
  });
}

function status(incident) {
  return el("p", { class: "status" }, light(incident.light), " ", el("b", {}, stateName(incident.state)), " · ", placeName(incident.holder), el("span", { class: "left" }, timeLeft(incident)));
}

function photos({ photos: shown, steps }) {
  if (shown.length === 0) return null;
  return el("ul", { class: "photos" }, shown.map(({ sha256, step }) => {
    const made = steps.find(({ id }) => id === step);
    const words = made ? t("incidents.photo", { time: when(made.at), move: moveName(made.move) }) : t("incidents.photos");
    const address = `/api/v1/photos/${sha256}`;
    return el("li", {}, el("a", { href: address, target: "_blank", rel: "noopener" }, el("img", { src: address, alt: words, title: words, loading: "lazy" })));
  }));
}

function choices(incident, open) {
  const known = incident.moves.map((name) => workflow.moves.find(({ move }) => move === name)).filter(Boolean);
  if (known.length === 0) return [el("p", { class: "hint" }, t("incidents.no_moves"))];
  const moving = known.filter((move) => move.to_state !== null || move.holder !== "");
  const buttons = (moves, kind) => moves.map(({ move }) => el("button", { type: "button", class: kind, "data-move": move, on: { click: () => open(move) } }, isBegun(incident, move) ? t("incidents.begun", { move: moveName(move) }) : moveName(move)));
  const beside = known.filter((move) => !moving.includes(move));
  return [el("h3", {}, t("incidents.moves")), el("div", { class: "moves" }, buttons(moving, "")),
    beside.length ? el("div", { class: "moves beside", "aria-label": t("incidents.beside"), role: "group" }, buttons(beside, "quiet")) : null].filter(Boolean);
}

function alike({ alike: found }, open) {
  if (found.length === 0) return null;
  return el("section", {}, el("h3", {}, t("incidents.alike")), el("ul", { class: "alike" }, found.map((one) => el("li", {},
    el("a", { href: addressOf("incident", one.id) }, t("incidents.away", { metres: number(one.distance_m) }), " · ", stateName(one.state), one.text ? ` · ${one.text}` : ""),
    el("button", { type: "button", on: { click: () => open("link", one.id) } }, moveName("link"))))));
}

function facts(incident) {
  const rows = [
    ["holder", placeName(incident.holder)], ["due", incident.due_at && when(incident.due_at)],
    ["place", incident.grid_code ? el("a", { href: addressOf("grid", incident.grid_code) }, placeName(incident.grid_code)) : t("incidents.outside")],
    ["address", incident.address], ["severity", t(`incidents.severity_${incident.severity}`)],
    ["occurred", when(incident.occurred_at)], ["received", when(incident.received_at)], ["source", sourceName(incident.source)],
    ["first_asked", incident.first_asked], ["flags", incident.flags?.length ? incident.flags.map(flagName).join(" · ") : null],
    ["reworks", incident.reworks || null], ["complaints", incident.complaints || null],
  ];
  return el("dl", { class: "facts" }, rows.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) =>
    [el("dt", {}, t(`incidents.fact_${name}`)), el("dd", {}, value)]));
}

function people({ people: named, masked }) {
  if (named.length === 0) return null;
  return el("section", {}, el("h3", {}, t("incidents.people"), masked ? el("small", {}, t("incidents.masked")) : null),
    el("ul", { class: "alike" }, named.map(({ role, name, phone }) => el("li", {}, `${role} ${name} ${phone}`))));
}

function linked({ lead, linked: followers }) {
  const link = (id) => el("a", { href: addressOf("incident", id) }, id.slice(0, 8));
  if (!lead && followers.length === 0) return null;
  return el("p", { class: "hint" }, lead ? [t("incidents.follows"), " ", link(lead)] : [t("incidents.leads"), " ", followers.flatMap((id) => [link(id), " "])]);
}

function log({ steps }) {
  return el("section", {}, el("h3", {}, t("incidents.log")), el("ol", { class: "log" }, [...steps].reverse().map((step) => el("li", {},
    el("small", {}, when(step.at)), " ", el("b", {}, moveName(step.move)), " ", step.actor === "system" ? t("incidents.by_system") : step.actor,
    step.holder ? ` ${t("incidents.to_whom", { place: placeName(step.holder) })}` : "", step.note?.reason ? el("p", {}, step.note.reason) : null))));
}
