// A bar that shows where a number of households stands against its range; the words say the same.

import { el } from "./dom.js";
import { t } from "./i18n.js";

export const RANGES = { grid: [120, 180], community: [1000, 2000], station: [6000, 10000] };
const SHAPES = { below: "▼", within: "●", above: "▲" };

export function balance(value, [low, high]) {
  return value < low ? "below" : value > high ? "above" : "within";
}

export function rangeBar(value, range) {
  const [low, high] = range;
  const full = Math.max(high * 1.4, value * 1.05);
  const share = (number) => `${(100 * number) / full}%`;
  const state = balance(value, range);
  return el("div", { class: `range ${state}`, vars: { "--low": share(low), "--high": share(high), "--value": share(value) } },
    el("div", { class: "range-track", "aria-hidden": "true" }, el("i", { class: "range-band" }), el("i", { class: "range-mark" })),
    el("p", {}, el("span", { class: "range-shape", "aria-hidden": "true" }, SHAPES[state]), t(`web.range_${state}`, { low, high })));
}
