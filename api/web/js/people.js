// The people page: who there is, found by name, role or code; one of them beside the list, with an address (#/NAME).

import { getJson, postJson } from "./client.js";
import { areaName, loadAreaNames } from "./area.js";
import { byId, el, fill } from "./dom.js";
import { dropDraft, hasDraft, keepDraft } from "./drafts.js";
import { createHeader } from "./header.js";
import { currentLanguage, loadLanguage, number, t } from "./i18n.js";
import { begin, tell } from "./notices.js";
import { attempt, field, inForce, personParts, secretOnce, stateOf } from "./person.js";
import { on } from "./state.js";

const ROLES = ["worker", "planner", "dispatcher", "department", "administrator", "security", "auditor", "viewer"];
const MOST = 200;
const NEW = "new person";
let people = [];
let isAdding = false;
const handed = new Map(); // secrets that nobody has noted yet, by whose they are: nobody can ask for them again

async function start() {
  await loadLanguage(currentLanguage());
  createHeader();
  drawRoles();
  await Promise.all([load(), loadAreaNames()]);
  byId("find").addEventListener("input", drawList);
  byId("role").addEventListener("change", drawList);
  byId("add")?.addEventListener("click", () => showNew().focus());
  addEventListener("hashchange", show);
  on("language", () => { drawRoles(); drawList(); isAdding ? showNew() : show(); });
  drawList();
  if (hasDraft(NEW) && named() === "") showNew();
  else show();
}

async function load() {
  people = await getJson("/api/v1/people");
}

function drawRoles() {
  const chosen = byId("role").value;
  const options = [["", t("people.all_roles")], ...ROLES.map((role) => [role, t(`access.role_${role}`)]), ["none", t("people.without_role")]];
  fill("role", options.map(([value, words]) => el("option", { value, selected: value === chosen }, words)));
  byId("find").placeholder = t("people.find");
}

const named = () => decodeURIComponent(location.hash.slice(2));
const rolesOf = (person) => [...new Set([...person.grants.filter(inForce).map(({ role }) => role), ...(person.grids.length ? ["worker"] : [])])];

function fits(person, words, role) {
  if (role && (role === "none" ? rolesOf(person).length > 0 : !rolesOf(person).includes(role))) return false;
  return [person.name, person.display_name, person.worker_code ?? ""].some((one) => one.toLowerCase().includes(words));
}

function drawList() {
  const found = people.filter((person) => fits(person, byId("find").value.trim().toLowerCase(), byId("role").value));
  byId("count").textContent = found.length ? t("people.shown", { shown: Math.min(MOST, found.length), total: found.length }) : t("people.nobody_found");
  fill("people", found.slice(0, MOST).map(row));
}

function row(person) {
  const [light, shape] = stateOf(person);
  const first = person.grants.find(inForce);
  const where = first ? areaName(first.scope_code) : person.grids.length ? areaName(person.grids[0]) : "";
  return el("li", {}, el("a", { class: "row", href: `#/${encodeURIComponent(person.name)}`, "data-person": person.name, "aria-current": person.name === named() ? "true" : null },
    el("span", { class: `light ${light}`, "aria-hidden": "true" }, shape),
    el("span", { class: "row-text" }, person.display_name, el("small", {}, [person.name, person.worker_code].filter(Boolean).join(" · "))),
    el("span", { class: "row-end" }, rolesOf(person).map((role) => t(`access.role_${role}`)).join(" · "), el("small", {}, where))));
}

function show() {
  isAdding = false;
  const person = people.find(({ name }) => name === named());
  for (const link of byId("people").querySelectorAll("a"))
    link.dataset.person === named() ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
  const secrets = handed.get(named()) ?? [];
  if (!person) return fill("person", secrets, el("p", { class: "empty" }, t("people.choose_one")));
  return fill("person", secrets, personParts(person, people, () => refresh(person.name), hand));
}

// A secret stays in sight of its person, whatever is drawn anew, until somebody says that it is noted.
function hand(name, title, ...secrets) {
  const block = secretOnce(title, () => { handed.set(name, handed.get(name).filter((one) => one !== block)); block.remove(); }, ...secrets);
  handed.set(name, [block, ...(handed.get(name) ?? [])]);
  show();
}

// One account anew, on the list and beside it.
async function refresh(name) {
  const fresh = await getJson(`/api/v1/people/${encodeURIComponent(name)}`);
  people = people.some((one) => one.name === name) ? people.map((one) => (one.name === name ? fresh : one)) : [...people, fresh];
  drawList();
  if (named() === name) show();
}

function showNew() {
  const name = el("input", { name: "name", required: true, maxlength: 64, pattern: "[\\w.@\\-]+", autocapitalize: "none", spellcheck: "false", autocomplete: "off", title: t("people.name_hint") });
  const called = el("input", { name: "display_name", required: true, maxlength: 64, autocomplete: "off" });
  const code = el("input", { name: "worker_code", maxlength: 64, autocomplete: "off" });
  const fault = el("p", { class: "fault", role: "alert" });
  const submit = (event) => attempt(event, fault, "people", async () => {
    const made = await postJson("/api/v1/people", { name: name.value, display_name: called.value, worker_code: code.value.trim() || null });
    dropDraft(NEW);
    location.hash = `#/${encodeURIComponent(made.name)}`;
    hand(made.name, t("people.password_for", { name: made.name }), made.password); // it is said only once: whatever the next answer is
    await refresh(made.name);
  });
  const cancel = () => { dropDraft(NEW); show(); byId("add").focus(); };
  isAdding = true;
  fill("person", keepDraft(NEW, el("form", { class: "fields", on: { submit } }, el("h2", {}, t("people.add")), field(t("people.name"), name), field(t("people.display_name"), called), field(t("people.worker_code"), code),
    el("p", { class: "hint" }, t("people.name_hint")), fault, el("div", { class: "pair" }, el("button", { class: "primary" }, t("people.add_yes")), el("button", { type: "button", on: { click: cancel } }, t("people.cancel"))))));
  return name;
}

addEventListener("unhandledrejection", ({ reason }) => tell("people", reason?.message ?? String(reason), reason?.code));
begin(start);
