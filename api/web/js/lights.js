// The light of an incident: colour and shape together, and the time it stands for in words.

import { el } from "./dom.js";
import { t } from "./i18n.js";

export const LIGHTS = { red: ["late", "■"], yellow: ["soon", "▲"], green: ["good", "●"], none: ["none", "–"] };

export function light(kind) {
  const [name, shape] = LIGHTS[kind] ?? LIGHTS.none;
  return el("span", { class: `light ${name}`, role: "img", "aria-label": t(`incidents.short_${kind}`) }, shape);
}

function span(ms) {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 120) return t("incidents.minutes", { count: minutes });
  return minutes < 48 * 60 ? t("incidents.hours", { count: Math.round(minutes / 60) }) : t("incidents.days", { count: Math.round(minutes / 1440) });
}

// By the clock on the wall; the light itself counts working hours.
export function timeLeft({ due_at: due, paused }, now = Date.now()) {
  if (paused) return t("incidents.stopped");
  if (!due) return "";
  const left = Date.parse(due) - now;
  return left < 0 ? t("incidents.over_by", { time: span(-left) }) : t("incidents.left_over", { time: span(left) });
}
