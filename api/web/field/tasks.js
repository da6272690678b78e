// What concerns me: the open incidents, and the moves I can make. A move waits in the outbox like everything else.

import { el } from "../js/dom.js";
import { t } from "../js/i18n.js";
import { add, moveRecord, waiting } from "./outbox.js";
import { keptJson, lastKept, owner } from "./session.js";
import { button, closeSheet, hint, openSheet, say } from "./sheet.js";
import { nameOfCategory, nameOfMove, nameOfState, time } from "./words.js";

const LIST = "/api/v1/incidents?open=true&limit=60";
const AHEAD = 20; // read ahead for when there is no network
const LIGHTS = { red: ["late", "■"], yellow: ["soon", "▲"], green: ["good", "●"], none: ["", "–"] };
const URGENT = { red: 0, yellow: 1, green: 2, none: 3 };
const ASKED = new Set(["reason", "satisfaction"]); // what a thumb can fill in; the desk has the rest
const SATISFACTIONS = ["very_satisfied", "satisfied", "basically_satisfied", "not_satisfied"];
const NOT_HERE = new Set(["department", "unit", "above", "below", "peer", "any"]); // moves that need a destination

const detailPath = (id) => `/api/v1/incidents/${id}`;
const sorted = (list) => [...list].sort((a, b) => URGENT[a.light] - URGENT[b.light]);

export async function prefetchTasks() {
  await keptJson("/api/v1/workflow", "workflow");
  const answer = await keptJson(LIST, "tasks");
  if (!answer?.fresh) return answer;
  for (const { id } of sorted(answer.value.incidents).slice(0, AHEAD)) await keptJson(detailPath(id));
  return answer;
}

export const taskCount = async () => (await lastKept("tasks"))?.value.incidents.length ?? null;

export async function openTasks() {
  const known = await lastKept("tasks");
  const body = known ? listTasks(known) : openSheet(t("phone.my_tasks"), hint(t("web.loading")));
  const answer = await keptJson(LIST, "tasks");
  if (!body.isConnected) return; // closed, or something else is open by now
  if (answer === null) openSheet(t("phone.my_tasks"), hint(t("phone.needs_network_once")));
  else listTasks(answer);
}

function listTasks(answer) {
  const rows = sorted(answer.value.incidents).map(row);
  return openSheet(t("phone.my_tasks"), answer.fresh ? null : hint(t("phone.as_of", { time: time(answer.at) })),
    rows.length ? el("ul", { class: "rows" }, rows) : el("p", { class: "empty" }, t("phone.no_tasks")));
}

function light(kind) {
  const [name, shape] = LIGHTS[kind] ?? LIGHTS.none;
  return el("span", { class: `light ${name}`, role: "img", "aria-label": t(`incidents.light_${kind}`).slice(2) }, shape);
}

function row(incident) {
  const more = el("small", {}, `${nameOfState(incident.state)} · ${time(incident.occurred_at)}${incident.text ? ` · ${incident.text}` : ""}`);
  return el("li", {}, el("button", { type: "button", on: { click: () => openTask(incident.id) } }, light(incident.light), el("span", {}, nameOfCategory(incident.category), more)));
}

async function openTask(id) {
  const answer = await keptJson(detailPath(id));
  if (answer === null) return say(t("phone.needs_network_once"), true);
  const { value: incident } = answer;
  const pending = (await waiting()).filter((one) => one.incident === id);
  const workflow = (await lastKept("workflow"))?.value;
  const moves = pending.length ? [] : incident.moves.map((name) => workflow?.moves.find((move) => move.move === name)).filter(can);
  return openSheet(nameOfCategory(incident.category),
    el("p", {}, light(incident.light), " ", nameOfState(incident.state), incident.due_at ? ` · ${t("phone.due_at", { time: time(incident.due_at) })}` : ""),
    incident.text ? el("p", { class: "said" }, incident.text) : null,
    answer.fresh ? null : hint(t("phone.as_of", { time: time(answer.at) })),
    pending.length ? hint(t("phone.move_waits")) : null,
    el("div", { class: "tiles" }, moves.map((move) => button(nameOfMove(move.move), () => ask(incident, move), "tile"))),
    el("ol", { class: "log" }, [...incident.steps].reverse().map((step) => el("li", {}, el("small", {}, time(step.at)), " ", nameOfMove(step.move), " · ", step.actor))));
}

const can = (move) => move !== undefined && !NOT_HERE.has(move.holder) && move.needs.every((need) => ASKED.has(need));

function ask(incident, move) {
  const reason = el("textarea", { rows: 3, maxlength: 2000, placeholder: t("phone.reason"), "aria-label": t("phone.reason") });
  const choices = move.needs.includes("satisfaction")
    ? el("select", { "aria-label": t("phone.satisfaction") }, SATISFACTIONS.map((value) => el("option", { value }, t(`incidents.satisfaction_${value}`)))) : null;
  const send = async () => {
    const said = reason.value.trim();
    if (move.needs.includes("reason") && said === "") return reason.focus();
    const body = { move: move.move, after: incident.step, ...(said ? { reason: said } : {}), ...(choices ? { satisfaction: choices.value } : {}) };
    await add(owner(), [moveRecord(owner(), incident.id, body, nameOfMove(move.move))]);
    say(t("phone.kept", { what: nameOfMove(move.move) }));
    return closeSheet();
  };
  openSheet(nameOfMove(move.move), hint(nameOfCategory(incident.category)), choices, reason, button(t("phone.send"), send, "primary huge"));
}
