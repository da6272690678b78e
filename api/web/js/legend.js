// What the colours mean: class limits, and how many grids are in each.

import { byId, el } from "./dom.js";
import { number, t } from "./i18n.js";
import { isShown } from "./layers.js";
import { visitCounts } from "./live.js";
import { VISIT_LIMITS } from "./colours.js";
import { on } from "./state.js";

let compared = null; // {below, within, above, dedicated, range} of the plan on the map

export function createLegend() {
  for (const topic of ["situation", "language", "layers", "compare"]) on(topic, render);
  on("compare", (counts) => { compared = counts; render(); });
  render();
}

function render() {
  const block = compared ? planBlock : isShown("visit") && visitCounts().some(Boolean) ? visitBlock : null;
  for (const place of [byId("legend"), byId("legend-inline")]) {
    place.replaceChildren(...(block ? [block()] : []));
    place.hidden = block === null;
  }
}

function visitBlock() {
  const counts = visitCounts();
  const lows = [0, ...VISIT_LIMITS.map((limit) => limit + 1)];
  const words = lows.map((low, index) => {
    const high = VISIT_LIMITS[index];
    return high === undefined ? t("web.days_from", { low }) : low === high ? t("web.days_one", { low }) : t("web.days_between", { low, high });
  });
  return block(t("web.legend_visit"), [...words, t("web.never_visited")].map((limits, index) =>
    row(`visit-${index < lows.length ? index : "none"}`, limits, counts[index])));
}

function planBlock() {
  const [low, high] = compared.range;
  const states = [["below", "▼"], ["within", "●"], ["above", "▲"], ["dedicated", "◇"]];
  const rows = states.filter(([state]) => state !== "dedicated" || compared.dedicated > 0).map(([state, mark]) =>
    row(state, `${mark} ${t(`web.legend_${state}`, { low, high })}`, compared[state]));
  return block(t("web.legend_plan"), [...rows, compared.changed === null ? [] : row("changed", t("web.legend_changed"), compared.changed), row("before", t("web.legend_before"), compared.before)]);
}

const block = (title, rows) => el("section", {}, el("h3", {}, title), el("ul", {}, rows));

function row(name, words, count) {
  return el("li", {}, el("i", { class: `chip chip-${name}`, "aria-hidden": "true" }), el("span", {}, words), el("b", {}, number(count)));
}
