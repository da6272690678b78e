// The sheet that slides over the map: one at a time, closed by its button, by Escape or by going back.

import { byId, el } from "../js/dom.js";
import { t } from "../js/i18n.js";

let closing = null;

export function openSheet(title, ...children) {
  const dialog = byId("sheet");
  const close = el("button", { class: "close", "aria-label": t("web.close"), on: { click: closeSheet } }, "×");
  dialog.replaceChildren(el("header", {}, el("h2", {}, title), close), el("div", { class: "body" }, children));
  if (!dialog.open) dialog.showModal();
  dialog.querySelector(".body").scrollTop = 0;
  return dialog.querySelector(".body");
}

// What the sheet shows now, and whether it still does: what had to be waited for must not come up over what was opened
// since, nor after whoever asked has closed the sheet.
export const shown = () => byId("sheet").querySelector(".body");
export const isShown = (body) => body !== null && body.isConnected && byId("sheet").open;

// What is done when the sheet closes, once.
export const whenClosed = (handler) => (closing = handler);

export function closeSheet() {
  byId("sheet").close();
}

export function startSheet() {
  byId("sheet").addEventListener("close", () => {
    byId("sheet").replaceChildren();
    const handler = closing;
    closing = null;
    handler?.();
  });
}

let fading;

// A sentence that goes by itself; what must stay is in a banner.
export function say(sentence, fault = false) {
  const line = byId("said");
  line.replaceChildren(el("span", { class: `light ${fault ? "late" : "good"}`, "aria-hidden": "true" }, fault ? "■" : "●"), sentence);
  line.hidden = false;
  clearTimeout(fading);
  fading = setTimeout(() => (line.hidden = true), fault ? 12_000 : 5_000);
}

export const button = (words, onClick, kind = "") => el("button", { type: "button", class: kind, on: { click: onClick } }, words);
export const hint = (...words) => el("p", { class: "hint" }, ...words);
