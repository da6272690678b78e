// The plans there are, and a form that asks for a new one: it is computed beside the page (`orders`).

import { getJson, questions } from "./client.js";
import { byId, el, fill, renew } from "./dom.js";
import { dropDraft, hasDraft, keepDraft } from "./drafts.js";
import { t } from "./i18n.js";
import { say, tell } from "./notices.js";
import { createOrders, order, orderName } from "./orders.js";
import { reportAddress } from "./planreport.js";
import { addressOf, announce, epoch, on, open, route } from "./state.js";
import { statusName } from "./words.js";

const MINUTES = [1, 5, 15, 60];
const EFFORTS = ["fast", "thorough", "exact"];
const USUAL = { effort: "fast", minutes: 5 };
const NO_ROUNDNESS = "exact";
const DRAFT = "plan";
const mine = new Set(); // orders of this page: their plans open by themselves where nothing else is open
let plans = null;
const asking = questions();

export async function createPlans() {
  fill("plan-list", el("p", { class: "loading" }, t("web.loading")));
  byId("compute").addEventListener("submit", compute);
  byId("compute").addEventListener("invalid", ({ target }) => { target.closest("details").open = true; }, true);
  on("language", () => { render(); fillSettings(); fillPlaces(); });
  on("order-ended", ended);
  byId("compute").elements.effort.addEventListener("change", fitRoundness);
  fillSettings();
  on("route", render);
  on("epoch", () => loadPlaces().catch((refusal) => tell("figures", refusal.message, refusal.code)));
  await Promise.all([load(), loadPlaces(), createOrders()]);
  keepDraft(DRAFT, byId("compute"));
  byId("compute").querySelector("details").open ||= hasDraft(DRAFT); // nobody asks with settings they do not see
  fitRoundness();
}

async function load() {
  const isLast = asking();
  try {
    const fresh = await getJson("/api/v1/plans");
    if (!isLast()) return;
    plans = fresh;
    announce("plans", plans);
    render();
  } catch (refusal) {
    fill("plan-list", el("p", { class: "empty" }, t("web.plans_missing"), " ", el("code", {}, refusal.code)),
      el("button", { on: { click: load } }, t("web.try_again")));
  }
}

let places = [];

async function loadPlaces() {
  const at = epoch();
  const levels = await Promise.all(["district", "subdistrict"].map((level) => getJson(`/api/v1/boundaries/${level}?at=${at}&geometry=point`)));
  if (at !== epoch()) return;
  places = levels.flatMap(({ features }) => features.map(({ properties }) => properties));
  fillPlaces();
}

// A subdistrict first: that is what is planned day by day.
function fillPlaces() {
  const [usual] = places.filter(({ code }) => code.length > 6).concat(places);
  const chosen = places.find(({ code }) => code === byId("compute-where").value) ?? usual;
  fill("compute-where", places.map(({ code, name }) => el("option", { value: code, selected: code === chosen.code }, code.length === 6 ? t("web.whole_of", { place: name }) : name)));
  for (const button of byId("compute").querySelectorAll("button[type=submit]")) button.disabled = places.length === 0;
}

function fillSettings() {
  const { effort, minutes } = byId("compute").elements;
  const [wanted, limit] = [effort.value || USUAL.effort, Number(minutes.value || USUAL.minutes)];
  effort.replaceChildren(...EFFORTS.map((value) => el("option", { value, selected: value === wanted }, t(`web.effort_${value}`))));
  minutes.replaceChildren(...MINUTES.map((value) => el("option", { value, selected: value === limit }, t("web.minutes", { minutes: value }))));
  fitRoundness();
}

// One effort looks for even grids alone; what was typed is there again with another.
function fitRoundness() {
  const { effort, roundness } = byId("compute").elements;
  roundness.disabled = effort.value === NO_ROUNDNESS;
}

function render() {
  if (!plans) return;
  const current = route()?.kind === "plan" ? route().code : null;
  if (plans.length === 0) { fill("plan-list", el("p", { class: "empty" }, t("web.no_plans"))); return; }
  const wholeFirst = [...plans].sort((one, other) => one.scope_code.length - other.scope_code.length);
  renew(byId("plan-list"), el("ul", { class: "plans" }, wholeFirst.map((plan) => item(plan, plan.id === current))));
}

function item(plan, isCurrent) {
  const figure = plan.parts === null || plan.parts === undefined ? null : t(`web.parts_figure_${plan.task}`, { count: plan.parts });
  return el("li", {}, el("a", { class: "row", href: addressOf("plan", plan.id), "aria-current": isCurrent ? "true" : null },
    el("span", { class: "row-text" }, plan.name, el("small", {}, plan.status ? `${statusName(plan.status)} · ` : null, el("span", { class: "day" }, plan.base_date))),
    figure ? el("b", { class: "row-end" }, figure) : null),
  el("a", { class: "report-link", href: reportAddress("current", plan.id), target: "_blank", rel: "noopener", "aria-label": t("web.report_of", { plan: plan.name }) }, t("web.plan_report")));
}

async function compute(event) {
  event.preventDefault();
  const { where, effort, minutes, seed } = byId("compute").elements;
  const state = byId("compute-state");
  const task = event.submitter.value;
  const wanted = { task, scope: where.value, at: epoch(), effort: effort.value, time_limit_s: 60 * Number(minutes.value), seed: Number(seed.value), ...shape(task), ...households(task) };
  event.submitter.disabled = true;
  try {
    await order(wanted, (sent) => { mine.add(sent.id); state.textContent = t("web.order_sent", { what: orderName(sent) }); dropDraft(DRAFT); });
  } catch (refusal) {
    state.replaceChildren(el("span", { class: "light late", "aria-hidden": "true" }, "■"), " ", refusal.message);
  } finally {
    event.submitter.disabled = false;
  }
}

// Of grids only, and only where somebody asked for one.
function shape(task) {
  const { roundness } = byId("compute").elements;
  return task === "divide" && !roundness.disabled && roundness.value !== "" ? { roundness: roundness.valueAsNumber } : {};
}

function households(task) {
  const { elements } = byId("compute");
  const named = ["low", "target", "high"].map((end) => [end, elements[`${task}_${end}`]]);
  return Object.fromEntries(named.filter(([, input]) => input).map(([end, input]) => [end, input.valueAsNumber]));
}

async function ended(one) {
  if (mine.has(one.id)) byId("compute-state").textContent = "";
  if (one.state !== "done") return;
  await load();
  say(t("web.computed", { what: orderName(one) }));
  if (mine.has(one.id) && route() === null) open("plan", one.plan);
}
