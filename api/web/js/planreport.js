// Reports of a plan to read and print: beside what was in force, and beside another plan of the list.

import { el } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";
import { on } from "./state.js";

let plans = [];
on("plans", (known) => { plans = known; });

export const reportAddress = (before, after, ending = "") => `/plans/${before}/report/${after}${ending}?lang=${currentLanguage()}`;

export function reportLinks(plan) {
  const others = plans.filter((other) => other.id !== plan.id && other.scope_code === plan.scope_code && kindOf(other) === kindOf(plan));
  return el("nav", { class: "plan-reports", "aria-label": t("web.reports") },
    el("p", {}, link(reportAddress("current", plan.id), t("web.plan_report")), " · ", link(reportAddress("current", plan.id, ".xlsx"), "XLSX")),
    others.length === 0 ? null : beside(plan, others));
}

// What was carried out in 2006 were stations too.
const kindOf = ({ task }) => (task === "replay" ? "merge" : task);

function beside(plan, others) {
  const open = link(reportAddress(others[0].id, plan.id), t("web.compare_report"));
  const choice = el("select", { "aria-label": t("web.compare_with"), on: { change: () => { open.href = reportAddress(choice.value, plan.id); } } },
    others.map((other) => el("option", { value: other.id }, `${other.name} · ${other.base_date}`)));
  return el("p", {}, choice, " ", open);
}

const link = (href, words) => el("a", { href, target: "_blank", rel: "noopener" }, words);
