// The log: who did, and who looked at, what. Asked for when somebody wants it, never by itself: each look is an entry.

import { getJson, questions } from "./client.js";
import { shifted, stamp, startOf } from "./day.js";
import { byId, el, fill } from "./dom.js";
import { createHeader } from "./header.js";
import { currentLanguage, has, loadLanguage, t } from "./i18n.js";
import { begin, forget, tell } from "./notices.js";
import { on } from "./state.js";

const PAGE = 100;
const ACTIONS = [
  "sign_in", "sign_out", "sign_in_failed", "refresh_token_reused", "password_changed", "see_tracks", "see_positions", "see_involved", "see_quarantine", "read_audit", "export", "ask_plan", "cancel_plan", "publish",
  "add_person", "reset_password", "disable_person", "enable_person", "unlock_person", "grant", "revoke_grant", "stand_in", "end_stand_in", "add_device", "revoke_device", "add_app", "revoke_app",
  "add_worker", "appoint", "relieve", "renew_demo_sign_ins",
  "erase_tracks", "expire_tracks", "erase_person", "export_person",
];
let shown = [];
const asking = questions();

async function start() {
  await loadLanguage(currentLanguage());
  createHeader();
  drawActions();
  byId("filter").addEventListener("submit", (event) => { event.preventDefault(); load(); });
  byId("older").addEventListener("click", () => load(shown.at(-1).id));
  byId("verify").addEventListener("click", verify);
  on("language", () => { drawActions(); draw(); });
  await load();
}

const named = (prefix) => (code) => (has(`${prefix}${code}`) ? t(`${prefix}${code}`) : code);
const words = named("people.action_");
const factName = named("people.detail_");
const FACTS = { role: named("access.role_"), task: named("web.task_"), action: words }; // whose values have words, too
const plain = (value) => (typeof value === "object" ? JSON.stringify(value) : named("people.is_")(value));

function drawActions() {
  const select = byId("filter").elements.action;
  const chosen = select.value;
  select.replaceChildren(...[["", t("people.every_action")], ...ACTIONS.map((action) => [action, words(action)])].map(([value, name]) => el("option", { value, selected: value === chosen }, name)));
}

function path(before) {
  const { actor, day, action } = byId("filter").elements;
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (actor.value.trim()) query.set("actor", actor.value.trim().toLowerCase());
  if (action.value) query.set("action", action.value);
  if (day.value) {
    query.set("since", startOf(day.value));
    query.set("until", startOf(shifted(day.value, 1)));
  }
  if (before) query.set("before", String(before));
  return `/api/v1/audit?${query}`;
}

async function load(before) {
  const isLast = asking();
  try {
    const found = await getJson(path(before));
    if (!isLast()) return; // another question was asked meanwhile
    shown = before ? [...shown, ...found] : found;
    byId("older").hidden = found.length < PAGE;
    draw();
    forget("audit");
  } catch (refusal) {
    if (isLast()) tell("audit", refusal.message, refusal.code);
  }
}

function draw() {
  byId("empty").hidden = shown.length > 0;
  fill("entries", shown.map(row));
}

function row(entry) {
  const only = () => { byId("filter").elements.actor.value = entry.actor; load(); };
  const who = entry.actor ? el("button", { type: "button", class: "quiet", "data-entry": entry.id, on: { click: only } }, entry.actor) : t("people.unknown");
  return el("tr", {}, el("td", {}, stamp(entry.at)), el("td", {}, who), el("td", {}, words(entry.action)), el("td", {}, entry.object), el("td", {}, detail(entry.detail)));
}

const detail = (said) => Object.entries(said ?? {}).filter(([, value]) => value !== null && value !== "")
  .map(([name, value]) => t("people.detail_of", { name: factName(name), value: (FACTS[name] ?? plain)(value) })).join(" · ");

async function verify() {
  const line = byId("verdict");
  line.hidden = false;
  line.replaceChildren(t("people.verifying"));
  byId("verify").disabled = true;
  try {
    const { head, broken_at: broken } = await getJson("/api/v1/audit/verify");
    const mark = (light, shape) => el("span", { class: `light ${light}`, "aria-hidden": "true" }, shape);
    line.replaceChildren(...(broken === null ? [mark("good", "●"), t("people.whole"), " ", el("code", {}, head)] : [mark("late", "■"), t("people.broken", { entry: broken })]));
  } catch (refusal) {
    line.replaceChildren(refusal.message);
  } finally {
    byId("verify").disabled = false;
  }
}

begin(start);
