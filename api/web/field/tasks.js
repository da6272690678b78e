// What concerns me: the open incidents, and the moves I can make. A move waits in the outbox like everything else.

import { el } from "../js/dom.js";
import { dropDraft, keepDraft } from "../js/drafts.js";
import { currentLanguage, t } from "../js/i18n.js";
import { moveFields } from "../js/moveform.js";
import { destinations, goesTo, levelOf, wantsDestination } from "../js/moves.js";
import { add, moveRecord, waiting } from "./outbox.js";
import { dropPhotos, photoPicker } from "./photos.js";
import { keptJson, lastKept, owner } from "./session.js";
import { button, closeIfShown, hint, isShown, myTurn, once, openSheet, redraw, say } from "./sheet.js";
import { Full } from "./store.js";
import { nameOfCategory, nameOfMove, nameOfState, time } from "./words.js";

const LIST = "/api/v1/incidents?open=true&order=due&limit=60";
const AHEAD = 20; // read ahead for when there is no network
const LIGHTS = { red: ["late", "■"], yellow: ["soon", "▲"], green: ["good", "●"], none: ["", "–"] };
const URGENT = { red: 0, yellow: 1, green: 2, none: 3 };

const detailPath = (id) => `/api/v1/incidents/${id}`;
const sorted = (list) => [...list].sort((a, b) => URGENT[a.light] - URGENT[b.light]);

export async function prefetchTasks() {
  await keptJson("/api/v1/workflow", "workflow");
  const answer = await keptJson(LIST, "tasks");
  if (!answer?.fresh) return answer;
  const asked = new Map(); // each list of destinations once
  const ask = (path) => asked.get(path) ?? asked.set(path, value(path)).get(path);
  for (const { id } of sorted(answer.value.incidents).slice(0, AHEAD)) await readAhead(await value(detailPath(id)), ask);
  return answer;
}

const value = async (path) => (await keptJson(path))?.value ?? null;

// What the forms of its moves will offer, so that they can be filled in without a network.
async function readAhead(incident, ask) {
  if (incident === null) return;
  for (const move of await movesOf(incident)) {
    if (wantsDestination(move)) await destinations(move, incident, ask, currentLanguage());
    if (move.needs.includes("lead")) await ask(`${detailPath(incident.id)}/duplicates`);
  }
}

async function movesOf(incident) {
  const workflow = (await lastKept("workflow"))?.value;
  return incident.moves.map((name) => workflow?.moves.find(({ move }) => move === name)).filter(Boolean);
}

export const taskCount = async () => (await lastKept("tasks"))?.value.incidents.length ?? null;

// At once what the phone knows; then what the server says, in the same list.
export async function openTasks() {
  const still = myTurn();
  const known = await lastKept("tasks");
  if (!still()) return;
  const body = openSheet(t("phone.my_tasks"), ...(known ? list(known) : [hint(t("web.loading"))]));
  const answer = await keptJson(LIST, "tasks");
  redraw(body, ...(answer === null ? [hint(t("phone.needs_network_once"))] : list(answer)));
}

function list(answer) {
  const rows = sorted(answer.value.incidents).map(row);
  return [answer.fresh ? null : hint(t("phone.as_of", { time: time(answer.at) })),
    rows.length ? el("ul", { class: "rows" }, rows) : el("p", { class: "empty" }, t("phone.no_tasks"))];
}

function light(kind) {
  const [name, shape] = LIGHTS[kind] ?? LIGHTS.none;
  return el("span", { class: `light ${name}`, role: "img", "aria-label": t(`incidents.light_${kind}`).slice(2) }, shape);
}

function row(incident) {
  const more = el("small", {}, `${nameOfState(incident.state)} · ${time(incident.occurred_at)}${incident.text ? ` · ${incident.text}` : ""}`);
  return el("li", { "data-key": incident.id }, el("button", { type: "button", on: { click: () => openTask(incident.id) } }, light(incident.light), el("span", {}, nameOfCategory(incident.category), more)));
}

// At once what the phone knows; then what the server says, unless it is the same or something else is open by now.
async function openTask(id) {
  const still = myTurn();
  const known = await lastKept(detailPath(id));
  const parts = known ? await taskParts({ ...known, fresh: true }) : [hint(t("web.loading"))];
  if (!still()) return;
  const body = openSheet(known ? nameOfCategory(known.value.category) : t("phone.my_tasks"), ...parts);
  const answer = await keptJson(detailPath(id));
  if (answer === null) return redraw(body, hint(t("phone.needs_network_once")));
  const same = known && answer.fresh && answer.value.step === known.value.step && answer.value.light === known.value.light;
  if (same) return;
  const fresh = await taskParts(answer);
  if (isShown(body)) openSheet(nameOfCategory(answer.value.category), ...fresh);
}

async function taskParts(answer) {
  const { value: incident } = answer;
  const pending = (await waiting()).filter((one) => one.incident === incident.id);
  const moves = pending.length ? [] : await movesOf(incident);
  return [
    el("p", {}, light(incident.light), " ", nameOfState(incident.state), incident.due_at ? ` · ${t("phone.due_at", { time: time(incident.due_at) })}` : ""),
    incident.text ? el("p", { class: "said" }, incident.text) : null,
    answer.fresh ? null : hint(t("phone.as_of", { time: time(answer.at) })),
    pending.length ? hint(t("phone.move_waits")) : null,
    el("div", { class: "tiles" }, moves.map((move) => button(nameOfMove(move.move), () => ask(incident, move), "tile"))),
    el("ol", { class: "log" }, [...incident.steps].reverse().map((step) => el("li", {}, el("small", {}, time(step.at)), " ", nameOfMove(step.move), " · ", step.actor))),
  ];
}

async function ask(incident, move) {
  const still = myTurn();
  const form = await moveFields(move, incident, async (path) => (await lastKept(path))?.value ?? value(path));
  if (!still()) return;
  const key = `${incident.id}/${move.move}`;
  const photos = photoPicker(key);
  const send = async () => {
    const said = form.read();
    if (said === null) return undefined;
    const body = { move: move.move, after: incident.step, ...said };
    try {
      const taken = await photos.settled();
      await add(owner(), [moveRecord(owner(), incident.id, body, nameOfMove(move.move), taken)], taken);
    } catch (error) {
      if (!(error instanceof Full)) throw error;
      return say(t("phone.full"), true);
    }
    dropDraft(key);
    dropPhotos(key);
    say(t("phone.kept", { what: nameOfMove(move.move) }));
    return closeIfShown(sheet);
  };
  const sending = button(t("phone.send"), () => once(sending, send), "primary huge"); // pressed twice, it is one move
  const sheet = keepDraft(key, openSheet(nameOfMove(move.move), hint(nameOfCategory(incident.category)), where(incident, move), form.fields, photos.parts, sending));
}

function where({ holder }, move) {
  const up = goesTo(move, holder);
  if (up) return hint(t("incidents.goes_up_to", { place: `${t(`common.${levelOf(up)}`)} ${up}` }));
  return move.holder === "previous" ? hint(t("incidents.goes_back")) : null;
}
