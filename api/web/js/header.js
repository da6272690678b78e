// The bar at the head of every page of the desk: language, and light or dark.

import { isDark } from "./colours.js";
import { byId } from "./dom.js";
import { dropDrafts, openDrafts } from "./drafts.js";
import { currentLanguage, loadLanguage, t } from "./i18n.js";
import { forget, tell } from "./notices.js";
import { announce, on, rememberLanguage } from "./state.js";

const buttons = () => document.querySelectorAll("[data-lang-choice]");

export function createHeader() {
  openDrafts(document.documentElement.dataset.me ?? null);
  byId("sign-out").form.addEventListener("submit", dropDrafts);
  for (const button of buttons()) button.addEventListener("click", () => switchLanguage(button.dataset.langChoice));
  byId("theme").addEventListener("click", switchTheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => announce("theme"));
  on("language", mark);
  mark(currentLanguage());
}

let wanted;

// Of two quick choices the last one counts, whichever catalogue comes first.
async function switchLanguage(language) {
  wanted = language;
  if (language === currentLanguage()) return;
  try {
    await loadLanguage(language, () => wanted === language);
    forget("language");
    if (wanted === language) rememberLanguage(language);
  } catch {
    tell("language", t("web.no_answer"), "no_answer");
  }
}

function mark(language) {
  for (const button of buttons()) button.setAttribute("aria-pressed", String(button.dataset.langChoice === language));
  for (const link of document.querySelectorAll(".bar-link[href*='lang=']")) link.href = link.getAttribute("href").replace(/lang=\w+/, `lang=${language}`);
}

function switchTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  announce("theme");
}
