// A plan on the map: before, after, and what changed between them.

import { BALANCES, SCHEMES, planLines, visitOpacity } from "./basemap.js";
import { getJson, questions } from "./client.js";
import { el } from "./dom.js";
import { number, percent, t } from "./i18n.js";
import { bbox, map, setData, showBounds } from "./map.js";
import { reportLinks } from "./planreport.js";
import { balance } from "./rangebar.js";
import { announce, on } from "./state.js";
import { reasonName, statusName } from "./words.js";

const FILLS = BALANCES.map((state) => `after-${state}`);
const VIEWS = {
  before: ["before-line"],
  both: ["before-line", "changed-hatch", ...FILLS, "after-casing", "after-line", "after-name"],
  after: [...FILLS, "after-casing", "after-line", "after-name"],
};
const LAYERS = [...new Set(Object.values(VIEWS).flat())];
// What steps aside while a plan is on the map.
const ASIDE = { incident: "icon-opacity", "subdistrict-name": "text-opacity", "community-name": "text-opacity", "grid-name": "text-opacity" };
let plan = null;
let view = "both";

const asking = questions();

export async function showPlan(id) {
  const isLast = asking();
  const path = `/api/v1/plans/${id}`;
  const layers = ["before", "after", "changed"].map((layer) => getJson(`${path}/${layer}`));
  const [facts, before, after, changed] = await Promise.all([getJson(path), ...layers]);
  if (!isLast()) return null; // left meanwhile, or another one is wanted
  const isNew = plan?.id !== id;
  if (isNew) view = "both";
  plan = { ...facts, before, after, changed };
  draw();
  if (isNew) showBounds(after.features.map(({ geometry }) => bbox(geometry)).reduce(around));
  return plan;
}

export function leavePlan() {
  asking(); // what is on its way is not wanted any more
  if (!plan) return;
  plan = null;
  for (const source of ["before", "after", "changed", "after-label"]) setData(source);
  fade(1);
  map.setPaintProperty("station", "icon-opacity", 1);
  announce("compare", null);
}

const around = (one, other) => [Math.min(one[0], other[0]), Math.min(one[1], other[1]), Math.max(one[2], other[2]), Math.max(one[3], other[3])];

function draw() {
  const { low, high } = plan.range;
  const counts = { below: 0, within: 0, above: 0, dedicated: 0 };
  for (const { properties } of plan.after.features) {
    properties.balance = isDedicated(properties) ? "dedicated" : balance(properties.households, [low, high]);
    properties.name = shortened(properties.name ?? t("web.new_part", { number: properties.part + 1 }));
    properties.figure = t("web.map_households", { count: properties.households });
    counts[properties.balance] += 1;
  }
  setData("before", plan.before);
  setData("after", plan.after);
  setData("changed", plan.changed);
  setData("after-label", { type: "FeatureCollection", features: plan.after.features.map(labelPoint) });
  stepAside();
  announce("compare", { ...counts, changed: changesNothing() ? null : touched(), before: plan.before.features.length, range: [low, high] });
}

function fade(share) {
  for (const [layer, property] of Object.entries(ASIDE)) map.setPaintProperty(layer, property, share);
  for (const scheme of SCHEMES) map.setPaintProperty(`visit-${scheme}`, "fill-opacity", share * visitOpacity(scheme));
}

function stepAside() {
  fade(0);
  const ofGrids = plan.task === "divide"; // thousands of them: from afar thin lines, and no names over each other
  for (const [layer, width] of Object.entries(planLines(ofGrids))) map.setPaintProperty(layer, "line-width", width);
  map.setLayerZoomRange("after-name", ofGrids ? 14 : 10, 24);
  choose(view);
}

on("repainted", () => plan && stepAside()); // another theme has put every layer back

// A market, mall, school, hospital or enterprise is a grid of its own: no number of households is asked of it.
const isDedicated = ({ kind }) => kind !== undefined && kind !== "residential";

// A station's area is named after its communities; three lines of them are enough on a map.
function shortened(name) {
  const names = name.split("+");
  return names.slice(0, 3).join("\n") + (names.length > 3 ? ` +${names.length - 3}` : "");
}

// Areas of before that lost ground or came to share a station.
const touched = () => new Set(plan.changed.features.map(({ properties }) => properties.code)).size;

// Grids are divided anew: none of them is what another one was.
const changesNothing = () => plan.task === "divide";

const labelPoint = ({ properties }) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: properties.label } });

function choose(wanted) {
  view = wanted;
  for (const layer of LAYERS) map.setLayoutProperty(layer, "visibility", VIEWS[view].includes(layer) ? "visible" : "none");
  map.setPaintProperty("community-name", "text-opacity", view === "before" ? 1 : 0);
  map.setPaintProperty("station", "icon-opacity", view === "before" ? 1 : fadedStations());
}

// Stations of the plan's area that it closes are drawn faint.
function fadedStations() {
  if (!["merge", "replay"].includes(plan.task)) return 1;
  const kept = plan.after.features.map(({ properties }) => properties.code);
  const inside = ["==", ["slice", ["get", "code"], 0, plan.scope_code.length], plan.scope_code];
  return ["case", ["all", inside, ["!", ["in", ["get", "code"], ["literal", kept]]]], 0.25, 1];
}

export function comparison() {
  return [switcher(), headline(), certificate(), unmet(), reportLinks(plan)];
}

function switcher() {
  const buttons = Object.keys(VIEWS).map((name) => el("button", {
    "aria-pressed": String(name === view), "data-view": name,
    on: { click: () => { choose(name); for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.view === view)); } },
  }, t(`web.view_${name}`)));
  return el("div", { class: "segments", role: "group", "aria-label": t("web.compare") }, buttons);
}

function headline() {
  const { report, after } = plan;
  const rows = [
    [t(`web.parts_${plan.task}`), el("span", { class: "change" }, el("b", {}, number(plan.count_before)), " → ", el("b", {}, number(after.features.length)))],
    changesNothing() ? null : [t("web.changed_units"), number(touched())],
    report.share_in_range === undefined || report.share_in_range === null ? null : [t("web.share_in_range", plan.range), percent(report.share_in_range)],
    report.moved_households === undefined || report.moved_households === null ? null : [t("web.moved_households"), number(report.moved_households)],
    [t("web.base_date"), plan.base_date],
    [t("web.plan_state"), t(`web.plan_state_${plan.state}`)],
  ].filter(Boolean);
  return el("dl", { class: "facts" }, rows.map(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]));
}

function certificate() {
  const { status, objective, elapsed_s: seconds } = plan.report;
  if (!status) return null;
  const [light, mark] = { optimal: ["good", "●"], feasible: ["soon", "▲"], infeasible: ["late", "■"] }[status] ?? ["", "○"];
  const gap = objective?.gap === undefined || objective?.gap === null ? null : percent(objective.gap);
  return el("p", { class: "certificate" },
    el("span", { class: `light ${light}`, "aria-hidden": "true" }, mark), " ", statusName(status),
    gap && status === "feasible" ? t("web.gap", { gap }) : null, seconds === undefined ? null : el("small", {}, t("web.computed_in", { seconds: number(seconds, 2) })));
}

function byReason(faults) {
  const counts = new Map();
  for (const { reason } of faults) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

function unmet() {
  const faults = plan.report.unmet ?? [];
  if (faults.length === 0) return null;
  return el("details", { class: "unmet" }, el("summary", {}, t("web.unmet", { count: faults.length })),
    el("ul", {}, [...byReason(faults)].map(([reason, count]) => el("li", {}, el("span", {}, reasonName(reason)), el("b", {}, number(count))))));
}
