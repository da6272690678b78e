// The start page: words first, then the figures that say where the map lies, then everything on it.

import { byId } from "./dom.js";
import { createFigures } from "./figures.js";
import { createHeader } from "./header.js";
import { createHover } from "./hover.js";
import { currentLanguage, loadLanguage } from "./i18n.js";
import { createLayers } from "./layers.js";
import { createLegend } from "./legend.js";
import { createLive } from "./live.js";
import { createMap } from "./map.js";
import { begin } from "./notices.js";
import { createPaper } from "./paper.js";
import { createPlans } from "./plans.js";
import { createQueue } from "./queue.js";
import { createReports } from "./reports.js";
import { createSheet } from "./sheet.js";
import { epoch, on, setEpoch } from "./state.js";

const WORLD_OF_LUOHU = [114.08, 22.52, 114.24, 22.61]; // where a page without any boundaries looks

async function start() {
  await loadLanguage(currentLanguage());
  createBar();
  const figures = await createFigures();
  await createMap(figures.bounds ?? WORLD_OF_LUOHU);
  createLayers();
  createHover();
  createPaper();
  createLegend();
  createSheet();
  await Promise.all([createLive(), createQueue(), createPlans(), createReports()]);
}

function createBar() {
  createHeader();
  byId("epoch").value = epoch();
  byId("epoch").addEventListener("change", ({ target }) => target.value && setEpoch(target.value));
  byId("panel-handle").addEventListener("click", togglePanel);
  for (const button of document.querySelectorAll("[data-panel-choice]"))
    button.addEventListener("click", () => choosePanel(button.dataset.panelChoice));
  on("language", linkToField);
  linkToField(currentLanguage());
}

const linkToField = (language) => { byId("field-link").href = `/field?lang=${language}`; };

function choosePanel(name) {
  for (const button of document.querySelectorAll("[data-panel-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.panelChoice === name));
    byId(button.dataset.panelChoice).hidden = button.dataset.panelChoice !== name;
  }
}

function togglePanel() {
  const open = byId("panel").classList.toggle("folded") === false;
  byId("panel-handle").setAttribute("aria-expanded", String(open));
}

begin(start);
