// Every word comes from the server's message catalogue; this module fetches it and fills it in.

import { ZONE } from "./day.js";

const LOCALES = { zh: "zh-CN", en: "en-GB" };
const loaded = new Map();
let language = document.documentElement.dataset.lang;

export const currentLanguage = () => language;
export const locale = () => LOCALES[language];

// `still` says whether it is wanted yet once it is here.
export async function loadLanguage(wanted, still = () => true) {
  if (!loaded.has(wanted)) {
    const answer = await fetch(`/api/v1/messages/${wanted}`);
    if (!answer.ok) throw new Error(`messages: HTTP ${answer.status}`);
    loaded.set(wanted, await answer.json());
  }
  if (!still()) return;
  language = wanted;
  document.documentElement.lang = locale();
  document.documentElement.dataset.lang = wanted;
  fillIn(document);
}

// The catalogue uses Python's str.format fields: {name} and {name:,}.
export function t(key, values = {}) {
  const message = loaded.get(language)?.[key];
  if (message === undefined) throw new Error(`no message ${key}`);
  return message.replaceAll(/\{(\w+)(:,)?\}/g, (_, name, grouped) =>
    grouped ? number(values[name]) : String(values[name]));
}

export const has = (key) => loaded.get(language)?.[key] !== undefined;
export const number = (value, digits = 0) =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
// What is nearly nothing is not nothing, and what is nearly all is not all.
export const percent = (share) => {
  const shown = (value) => new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 }).format(value);
  return share > 0 && share < 0.0005 ? `<${shown(0.001)}` : share < 1 && share >= 0.9995 ? `>${shown(0.999)}` : shown(share);
};
export const when = (moment) =>
  new Intl.DateTimeFormat(locale(), { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: ZONE }).format(new Date(moment));
export const listed = (names) => new Intl.ListFormat(locale(), { style: "narrow" }).format(names);
export const clock = (moment) =>
  new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: ZONE }).format(moment);

// For what is made elsewhere: its name follows the language.
export function label(element, key) {
  element.dataset.label = key;
  element.setAttribute("aria-label", t(key));
}

function fillIn(root) {
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
    if (element.tagName === "BUTTON") element.title = t(element.dataset.label);
  }
}
