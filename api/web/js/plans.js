// The plans there are, and two buttons that make a new one for a subdistrict.

import { getJson, postJson } from "./client.js";
import { byId, el, fill } from "./dom.js";
import { number, t } from "./i18n.js";
import { reportAddress } from "./planreport.js";
import { tell } from "./notices.js";
import { addressOf, announce, epoch, on, open, route } from "./state.js";
import { statusName } from "./words.js";

let plans = null;

export async function createPlans() {
  fill("plan-list", el("p", { class: "loading" }, t("web.loading")));
  byId("compute").addEventListener("submit", compute);
  on("language", render);
  on("route", render);
  on("epoch", () => fillSubdistricts().catch((refusal) => tell("figures", refusal.message, refusal.code)));
  await Promise.all([load(), fillSubdistricts()]);
}

async function load() {
  try {
    plans = await getJson("/api/v1/plans");
    announce("plans", plans);
    render();
  } catch (refusal) {
    fill("plan-list", el("p", { class: "empty" }, t("web.plans_missing"), " ", el("code", {}, refusal.code)),
      el("button", { on: { click: load } }, t("web.try_again")));
  }
}

async function fillSubdistricts() {
  const at = epoch();
  const { features } = await getJson(`/api/v1/boundaries/subdistrict?at=${at}&geometry=point`);
  if (at !== epoch()) return;
  const chosen = byId("compute-where").value;
  fill("compute-where", features.map(({ properties }) => el("option", { value: properties.code, selected: properties.code === chosen }, properties.name)));
  for (const button of byId("compute").querySelectorAll("button")) button.disabled = features.length === 0;
}

function render() {
  if (!plans) return;
  const current = route()?.kind === "plan" ? route().code : null;
  if (plans.length === 0) { fill("plan-list", el("p", { class: "empty" }, t("web.no_plans"))); return; }
  const wholeFirst = [...plans].sort((one, other) => one.scope_code.length - other.scope_code.length);
  fill("plan-list", el("ul", { class: "plans" }, wholeFirst.map((plan) => item(plan, plan.id === current))));
}

function item(plan, isCurrent) {
  const figure = plan.parts === null || plan.parts === undefined ? null : t(`web.parts_figure_${plan.task}`, { count: plan.parts });
  return el("li", {}, el("a", { class: "row", href: addressOf("plan", plan.id), "aria-current": isCurrent ? "true" : null },
    el("span", { class: "row-text" }, plan.name, el("small", {}, [plan.status ? statusName(plan.status) : null, plan.base_date].filter(Boolean).join(" · "))),
    figure ? el("b", { class: "row-end" }, figure) : null),
  el("a", { class: "report-link", href: reportAddress("current", plan.id), target: "_blank", rel: "noopener", "aria-label": t("web.report_of", { plan: plan.name }) }, t("web.plan_report")));
}

async function compute(event) {
  event.preventDefault();
  const task = event.submitter.value;
  const where = byId("compute-where");
  const place = where.selectedOptions[0].textContent;
  const state = byId("compute-state");
  const stop = progress(state, task, place);
  try {
    const plan = await postJson("/api/v1/plans", { task, subdistrict: where.value, at: epoch() });
    stop();
    state.textContent = t("web.computed", { place });
    await load();
    open("plan", plan.id);
  } catch (refusal) {
    stop();
    state.replaceChildren(el("span", { class: "light late", "aria-hidden": "true" }, "■"), " ", refusal.message);
  }
}

// Words while it runs, with the seconds it has taken; nobody looks at a spinner without words.
function progress(state, task, place) {
  const buttons = byId("compute").querySelectorAll("button");
  const began = Date.now();
  const say = () => { state.textContent = t(`web.computing_${task}`, { place, seconds: number(Math.floor((Date.now() - began) / 1000)) }); };
  for (const button of buttons) button.disabled = true;
  say();
  const timer = setInterval(say, 1000);
  return () => {
    clearInterval(timer);
    for (const button of buttons) button.disabled = false;
  };
}
