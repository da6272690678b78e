// The card that follows the pointer, and the click that opens the panel of what lies under it; with the keys, Enter opens
// what lies under the cross at the centre.

import { byId, el } from "./dom.js";
import { t } from "./i18n.js";
import { isShown } from "./layers.js";
import { visitWords } from "./live.js";
import { map } from "./map.js";
import { RANGES, rangeBar } from "./rangebar.js";
import { open } from "./state.js";

const card = byId("hover");

export function createHover() {
  map.on("mousemove", ({ point }) => show(under(point), point));
  map.on("mouseout", () => { card.hidden = true; });
  map.on("click", ({ point }) => choose(point));
  map.getCanvas().addEventListener("keydown", ({ key }) => key === "Enter" && choose(map.project(map.getCenter())));
}

function choose(point) {
  const found = under(point);
  const code = found && (found.level === "incident" ? found.properties.id : found.properties.code);
  if (code) open(found.level, code);
}

// The finest level that can be told apart at this zoom; grids early where they are coloured.
function levels() {
  const zoom = map.getZoom();
  if (zoom >= 13.5 || (isShown("visit") && zoom >= 12.5)) return ["hit-grid", "hit-community", "hit-subdistrict"];
  return zoom >= 11 ? ["hit-community", "hit-subdistrict"] : ["hit-subdistrict"];
}

function under(point) {
  const around = [[point.x - 6, point.y - 6], [point.x + 6, point.y + 6]];
  const [mark] = map.queryRenderedFeatures(around, { layers: ["incident", "station"] });
  if (mark) return { level: mark.layer.id, properties: mark.properties };
  for (const layer of levels()) {
    const [area] = map.queryRenderedFeatures(point, { layers: [layer] });
    if (area) return { level: layer.slice(4), properties: area.properties };
  }
  return null;
}

function show(found, point) {
  map.getCanvas().style.cursor = found ? "pointer" : "";
  card.hidden = !found;
  if (!found) return;
  card.replaceChildren(...content(found));
  const { width, height } = byId("map").getBoundingClientRect();
  const left = point.x + 16 + card.offsetWidth > width ? point.x - 16 - card.offsetWidth : point.x + 16;
  const top = Math.min(point.y + 16, height - card.offsetHeight - 8);
  card.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

function content({ level, properties }) {
  if (level === "incident") return incident(properties);
  const { households, code, name } = properties;
  return [
    el("p", { class: "hover-head" }, el("strong", {}, name || code), el("code", {}, code)),
    households === undefined ? null : el("p", {}, t("common.households_count", { count: households })),
    level in RANGES && households !== undefined ? rangeBar(households, RANGES[level]) : null,
    level === "grid" ? visitWords(code) : null,
  ].filter(Boolean);
}

function incident({ category, text, state }) {
  const known = t("web.incident_card", { category, state });
  return [el("p", { class: "hover-head" }, el("strong", {}, known)), text ? el("p", {}, text) : null].filter(Boolean);
}
