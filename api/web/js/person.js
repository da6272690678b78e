// One account: its roles with areas and dates, stand-ins, devices, and the account itself. Who may not change a part
// sees it all the same, and whose it is.

import { areaName, areaPicker } from "./area.js";
import { deleteAt, getJson, postJson } from "./client.js";
import { shifted, today } from "./day.js";
import { el, refocus } from "./dom.js";
import { dropDraft, keepDraft } from "./drafts.js";
import { has, t, when } from "./i18n.js";
import { say } from "./notices.js";

const { me, accounts, rights } = document.documentElement.dataset;
const ROLES = ["worker", "planner", "dispatcher", "department", "administrator", "security", "auditor", "viewer"];

export const inForce = ({ valid_from: from, valid_to: to }) => from <= today() && (to === null || today() < to);

export const field = (words, control) => el("label", { class: "field" }, words, control);

export function stateOf(person) {
  if (person.disabled) return ["late", "■", t("people.state_disabled")];
  if (person.locked_until) return ["late", "■", t("people.state_locked", { time: when(person.locked_until) })];
  return person.password_due ? ["soon", "▲", t("people.state_due")] : ["good", "●", t("people.state_active")];
}

// A form's deed: one at a time, and what the server refuses is said where it was typed. Meanwhile nothing can be typed
// into what will be drawn anew.
export async function attempt(event, fault, what, deed) {
  event.preventDefault();
  const [card, focused] = [[...document.querySelectorAll("#person > *")], document.activeElement];
  const hold = (inert) => { for (const part of card) part.inert = inert; };
  fault.replaceChildren();
  hold(true);
  try {
    await deed();
  } catch (refusal) {
    const own = `people.fault_${refusal.code}_${what}`;
    fault.replaceChildren(has(own) ? t(own) : refusal.message);
  } finally {
    hold(false);
    if (focused) refocus(focused, document.getElementById("person"));
  }
}

export function secretOnce(title, noted, ...secrets) {
  return el("div", { class: "secret", role: "alert" }, el("b", {}, title), el("p", {}, t("people.secret_once")),
    secrets.map((secret) => el("p", {}, el("code", {}, secret))), el("button", { type: "button", on: { click: noted } }, t("people.noted")));
}

// `hand` shows a secret once.
export function personParts(person, people, refresh, hand) {
  const path = `/api/v1/people/${encodeURIComponent(person.name)}`;
  const [light, shape, words] = stateOf(person);
  const other = person.name !== me;
  return [
    el("h2", {}, person.display_name),
    el("p", { class: "hint" }, [person.name, person.worker_code ? t("people.worker", { code: person.worker_code }) : null].filter(Boolean).join(" · ")),
    el("p", {}, el("span", { class: `light ${light}`, "aria-hidden": "true" }, shape), words),
    accounts ? account(person, path, refresh, hand, other) : null,
    roles(person, path, refresh, rights && other),
    person.grids.length ? el("section", {}, el("h3", {}, t("people.grids")), el("p", {}, person.grids.map(areaName).join(" · "))) : null,
    standIns(person, people, path, refresh, rights),
    programs(person, path, refresh, hand),
    accounts ? null : el("p", { class: "hint" }, t("people.for_administrator")),
    rights ? null : el("p", { class: "hint" }, t("people.for_security")),
  ];
}

// A button that asks once more before it acts.
function sure(words, act) {
  const button = el("button", { type: "button" }, words);
  button.addEventListener("click", (event) => {
    if (button.dataset.armed) return act(event);
    button.dataset.armed = "yes";
    button.replaceChildren(t("people.sure"));
    return setTimeout(() => { delete button.dataset.armed; button.replaceChildren(words); }, 4000);
  });
  return button;
}

function account(person, path, refresh, hand, other) {
  const fault = el("p", { class: "fault", role: "alert" });
  const post = (what) => (event) => attempt(event, fault, what, async () => { await postJson(`${path}/${what}`); await refresh(); say(t("people.done")); });
  const reset = (event) => attempt(event, fault, "password", async () => {
    const { password } = await postJson(`${path}/password`);
    hand(person.name, t("people.password_for", { name: person.name }), password);
    await refresh();
  });
  return el("section", { class: "account" }, el("h3", {}, t("people.account")), el("div", { class: "pair" },
    sure(t("people.reset"), reset),
    person.locked_until ? el("button", { type: "button", on: { click: post("unlock") } }, t("people.unlock")) : null,
    person.disabled ? el("button", { type: "button", on: { click: post("enable") } }, t("people.enable")) : other ? sure(t("people.disable"), post("disable")) : null), fault);
}

function period({ valid_from: first, valid_to: end }) {
  const words = end === null ? t("people.period", { first }) : t("people.period_to", { first, last: shifted(end, -1) });
  const standing = first > today() ? t("people.ahead") : end !== null && end <= today() ? t("people.past") : null;
  return [words, standing ? ` · ${standing}` : ""];
}

function listed(rows, none, line, action) {
  if (rows.length === 0) return el("p", { class: "empty" }, none);
  return el("ul", { class: "held" }, rows.map((row) => el("li", { class: row.valid_to && row.valid_to <= today() ? "past" : null }, el("div", {}, line(row)), action(row))));
}

// [valid_from, valid_to) as people say it: the first day and the last.
function dates(required) {
  const first = el("input", { type: "date", name: "first", required: true, value: today() });
  const last = el("input", { type: "date", name: "last", required });
  const read = () => ({ valid_from: first.value, valid_to: last.value ? shifted(last.value, 1) : null });
  return { read, fields: el("div", { class: "pair" }, field(t("people.from"), first), field(required ? t("people.last_needed") : t("people.last"), last)) };
}

const ending = (path, row, refresh, fault, words) => (row.valid_to !== null && row.valid_to <= today() ? null
  : sure(words, (event) => attempt(event, fault, "end", async () => { await deleteAt(`${path}/${row.id}`); await refresh(); say(t("people.done")); })));

function roles(person, path, refresh, may) {
  const fault = el("p", { class: "fault", role: "alert" });
  const list = listed(person.grants, t(person.grids.length ? "people.by_grids" : "people.no_roles"), (row) => [el("b", {}, t(`access.role_${row.role}`)), row.department_code && ` ${row.department_code}`, " · ", areaName(row.scope_code), el("small", {}, period(row))],
    (row) => (may ? ending(`${path}/grants`, row, refresh, fault, t("people.end")) : null));
  if (!may) return el("section", {}, el("h3", {}, t("people.roles")), list);
  const role = el("select", { name: "role" }, ROLES.map((one) => el("option", { value: one }, t(`access.role_${one}`))));
  const [area, span] = [areaPicker(), dates(false)];
  const [office, department] = departmentPicker(role);
  const submit = (event) => attempt(event, fault, "grants", async () => {
    await postJson(`${path}/grants`, { role: role.value, department_code: office.value || null, scope_code: area.code(), ...span.read() });
    dropDraft(`${path}/grants`);
    await refresh();
    say(t("people.done"));
  });
  return el("section", {}, el("h3", {}, t("people.roles")), list,
    keepDraft(`${path}/grants`, el("form", { class: "fields", on: { submit } }, field(t("people.role"), role), department, el("div", { class: "field" }, t("people.area"), area.element), span.fields, fault, el("button", { class: "primary" }, t("people.give")))));
}

// Somebody of a department is of one: which, is asked for that role only.
function departmentPicker(role) {
  const office = el("select", { name: "department" });
  const department = field(t("access.role_department"), office);
  const shown = async () => {
    department.hidden = role.value !== "department";
    office.replaceChildren();
    if (department.hidden) return;
    const { codes } = await getJson("/api/v1/codes?kind=department");
    if (role.value !== "department") return; // taken back meanwhile
    const chinese = document.documentElement.lang.startsWith("zh");
    office.replaceChildren(...codes.map((one) => el("option", { value: one.code, selected: one.code === office.dataset.draft }, `${one.code} ${chinese ? one.zh : one.en}`)));
  };
  role.addEventListener("change", shown);
  queueMicrotask(shown); // when the form is whole: it may put a role in
  return [office, department];
}

function standIns(person, people, path, refresh, may) {
  const fault = el("p", { class: "fault", role: "alert" });
  const list = listed(person.stand_ins, t("people.no_stand_ins"), (row) => [el("b", {}, row.display_name), ` ${row.substitute}`, el("small", {}, period(row))],
    (row) => (may ? ending(`${path}/stand-ins`, row, refresh, fault, t("people.end")) : null));
  if (!may) return el("section", {}, el("h3", {}, t("people.stand_ins")), list);
  const names = el("datalist", { id: "names" }, people.filter(({ name, disabled }) => name !== person.name && name !== me && !disabled).map(({ name, display_name: called }) => el("option", { value: name }, called)));
  const who = el("input", { name: "substitute", list: "names", required: true, maxlength: 64, autocapitalize: "none", autocomplete: "off" });
  const span = dates(true);
  const submit = (event) => attempt(event, fault, "stand-ins", async () => {
    await postJson(`${path}/stand-ins`, { substitute: who.value.trim(), ...span.read() });
    dropDraft(`${path}/stand-ins`);
    await refresh();
    say(t("people.done"));
  });
  return el("section", {}, el("h3", {}, t("people.stand_ins")), list,
    keepDraft(`${path}/stand-ins`, el("form", { class: "fields", on: { submit } }, field(t("people.substitute"), who), names, span.fields, fault, el("button", { class: "primary" }, t("people.stand_in_give")))));
}

function programs(person, path, refresh, hand) {
  const fault = el("p", { class: "fault", role: "alert" });
  const list = listed(person.credentials, t("people.no_programs"), (row) => [el("b", {}, t(`people.kind_${row.kind}`)), " ", row.device_id ?? "", row.label ? ` · ${row.label}` : "", el("small", {}, when(row.created_at))],
    (row) => (accounts ? sure(t("people.revoke"), (event) => attempt(event, fault, "end", async () => { await deleteAt(`${path}/credentials/${row.id}`); await refresh(); say(t("people.done")); })) : null));
  if (!accounts) return el("section", {}, el("h3", {}, t("people.programs")), list);
  const kind = el("select", { name: "kind" }, ["device", "app"].map((one) => el("option", { value: one }, t(`people.kind_${one}`))));
  const label = el("input", { name: "label", maxlength: 64, autocomplete: "off" });
  const device = el("input", { name: "device_id", maxlength: 64, autocapitalize: "none", autocomplete: "off" });
  const submit = (event) => attempt(event, fault, "credentials", async () => {
    const made = await postJson(`${path}/credentials`, { kind: kind.value, label: label.value, device_id: kind.value === "device" ? device.value.trim() || null : null });
    dropDraft(`${path}/credentials`);
    hand(person.name, t("people.secret_for", { name: person.name }), made.name, made.secret);
    await refresh();
  });
  return el("section", {}, el("h3", {}, t("people.programs")), list,
    keepDraft(`${path}/credentials`, el("form", { class: "fields", on: { submit } }, field(t("people.program_kind"), kind), field(t("people.label"), label), field(t("people.device_id"), device), fault, el("button", {}, t("people.program_add")))));
}
