// The sheet that slides over the map: one at a time, closed by its button, by Escape or by going back.

import { byId, el, renew } from "../js/dom.js";
import { t } from "../js/i18n.js";

let closing = null;
let turn = 0;

export function openSheet(title, ...children) {
  const dialog = byId("sheet");
  leave();
  const close = el("button", { class: "close", "aria-label": t("web.close"), on: { click: closeSheet } }, "×");
  dialog.replaceChildren(el("header", {}, el("h2", { id: "sheet-title" }, title), close), el("div", { class: "body" }, children));
  if (!dialog.open) dialog.showModal();
  dialog.querySelector(".body").scrollTop = 0;
  return dialog.querySelector(".body");
}

// Whether the sheet still shows it: what had to be waited for must not come up over what was opened since, nor after
// whoever asked has closed the sheet.
export const isShown = (body) => body !== null && body.isConnected && byId("sheet").open;

// For whoever must wait before opening one: the answer says whether nothing was opened, closed or asked for since.
export function myTurn() {
  const [mine, open] = [++turn, byId("sheet").open];
  return () => mine === turn && byId("sheet").open === open;
}

// The same sheet with what is so now, while somebody reads it.
export function redraw(body, ...children) {
  if (isShown(body)) renew(body, ...children);
}

// What is done when what the sheet shows now is left, once.
export const whenLeft = (handler) => (closing = handler);

function leave() {
  turn += 1;
  const handler = closing;
  closing = null;
  handler?.();
}

export function closeSheet() {
  byId("sheet").close();
  clear();
}

// Where something waited for the network, only its own sheet is closed, not what was opened meanwhile.
export function closeIfShown(body) {
  if (isShown(body)) closeSheet();
}

function clear() {
  if (byId("sheet").open) return; // the browser tells of a closing a little later
  byId("sheet").replaceChildren();
  leave();
}

export function startSheet() {
  byId("sheet").addEventListener("close", clear);
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

// A button cannot be pressed again while what it began goes on.
export async function once(pressed, deed) {
  if (pressed.disabled) return undefined;
  pressed.disabled = true;
  try {
    return await deed();
  } finally {
    pressed.disabled = false;
  }
}

export const button = (words, onClick, kind = "") => el("button", { type: "button", class: kind, on: { click: onClick } }, words);
export const hint = (...words) => el("p", { class: "hint" }, ...words);
