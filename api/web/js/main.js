// The start page: words first, then the figures that say where the map lies, then everything on it.

import { Refusal } from "./client.js";
import { byId, el } from "./dom.js";
import { createFigures } from "./figures.js";
import { createHover } from "./hover.js";
import { currentLanguage, loadLanguage, t } from "./i18n.js";
import { createLayers } from "./layers.js";
import { createLegend } from "./legend.js";
import { createLive } from "./live.js";
import { createMap } from "./map.js";
import { createPlans } from "./plans.js";
import { createQueue } from "./queue.js";
import { createReports } from "./reports.js";
import { createSheet } from "./sheet.js";
import { announce, epoch, on, rememberLanguage, setEpoch } from "./state.js";

const WORLD_OF_LUOHU = [114.08, 22.52, 114.24, 22.61]; // where a page without any boundaries looks

async function start() {
  await loadLanguage(currentLanguage());
  createHeader();
  const figures = await createFigures();
  await createMap(figures.bounds ?? WORLD_OF_LUOHU);
  createLayers();
  createHover();
  createLegend();
  createSheet();
  await Promise.all([createLive(), createQueue(), createPlans(), createReports()]);
  document.documentElement.dataset.ready = "true";
}

function createHeader() {
  byId("epoch").value = epoch();
  byId("epoch").addEventListener("change", ({ target }) => target.value && setEpoch(target.value));
  for (const button of document.querySelectorAll("[data-lang-choice]"))
    button.addEventListener("click", () => switchLanguage(button.dataset.langChoice));
  byId("theme").addEventListener("click", switchTheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => announce("theme"));
  byId("panel-handle").addEventListener("click", togglePanel);
  for (const button of document.querySelectorAll("[data-panel-choice]"))
    button.addEventListener("click", () => choosePanel(button.dataset.panelChoice));
  on("language", markLanguage);
  markLanguage(currentLanguage());
}

async function switchLanguage(language) {
  if (language === currentLanguage()) return;
  await loadLanguage(language);
  rememberLanguage(language);
}

function markLanguage(language) {
  for (const button of document.querySelectorAll("[data-lang-choice]"))
    button.setAttribute("aria-pressed", String(button.dataset.langChoice === language));
  byId("field-link").href = `/field?lang=${language}`;
  document.title = t("common.app");
}

function switchTheme() {
  const dark = getComputedStyle(document.documentElement).getPropertyValue("color-scheme").trim();
  const isDark = dark === "dark" || (dark !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = isDark ? "light" : "dark";
  announce("theme");
}

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

start().catch((error) => {
  const words = error instanceof Refusal ? error.message : String(error);
  byId("notices").append(el("p", { class: "card notice" }, el("span", { class: "light late", "aria-hidden": "true" }, "■"), el("span", {}, words)));
  if (!(error instanceof Refusal)) throw error;
});
