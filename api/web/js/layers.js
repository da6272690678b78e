// Which layers are shown: check boxes with a swatch, kept for this visit.

import { byId, el } from "./dom.js";
import { t } from "./i18n.js";
import { map } from "./map.js";
import { announce, on } from "./state.js";

const LAYERS = {
  visit: ["visit-light", "visit-dark"],
  grids: ["grid-line", "grid-name"],
  communities: ["community-line", "community-casing", "community-name"],
  subdistricts: ["subdistrict-line", "subdistrict-casing", "subdistrict-name"],
  stations: ["station"],
  incidents: ["incident"],
  buildings: ["building"],
  streets: ["path", "local-rim", "collector-rim", "major-rim", "local", "collector", "major", "street-name"],
};
const hidden = new Set();

export const isShown = (name) => !hidden.has(name);

export function createLayers() {
  render();
  on("language", render);
}

export function setShown(name, shown) {
  hidden[shown ? "delete" : "add"](name);
  for (const layer of LAYERS[name]) map.setLayoutProperty(layer, "visibility", shown ? "visible" : "none");
  const box = byId("layers").querySelector(`[name="${name}"]`);
  if (box) box.checked = shown;
  announce("layers", name);
}

function render() {
  byId("layers").replaceChildren(...Object.keys(LAYERS).map(choice));
}

function choice(name) {
  const change = ({ target }) => setShown(name, target.checked);
  return el("label", { class: "layer" },
    el("input", { type: "checkbox", name, checked: isShown(name), on: { change } }),
    el("span", { class: `swatch swatch-${name}`, "aria-hidden": "true" }), t(`web.layer_${name}`));
}
