// Plans that are being computed: how far each is, what it is worth so far, and a button that ends it. Asked for anew
// every second while one is open, else with the figures of the day.

import { getJson, pollJson, postJson, questions } from "./client.js";
import { byId, el, renew } from "./dom.js";
import { number, percent, t } from "./i18n.js";
import { forget, say, tell } from "./notices.js";
import { announce, on } from "./state.js";

const PAUSE_MS = 1000;
const OPEN = new Set(["asked", "running"]);
const rows = new Map(); // what stands in the list, by the order's id: kept, so that a button keeps its focus
let orders = [];
let armed = null; // the order whose cancel button was pressed once
let timer;
const asking = questions();

export function createOrders() {
  on("language", () => load());
  on("situation", () => timer === undefined && load());
  document.addEventListener("visibilitychange", () => !document.hidden && load());
  return load(getJson);
}

// Asks for a plan; the order is in the list when this returns. `known` hears of it first: it may have ended by then.
export async function order(wanted, known) {
  const sent = await postJson("/api/v1/plans", wanted);
  orders = [sent, ...orders];
  known(sent);
  await load();
  return sent;
}

export const orderName = ({ task, scope_name: place }) => t("web.order_name", { task: t(`web.task_${task}`), place });

async function load(ask = pollJson) {
  clearTimeout(timer);
  timer = undefined;
  const isLast = asking();
  try {
    const fresh = await ask("/api/v1/plan-orders");
    if (!isLast()) return;
    take(fresh);
    forget("orders");
  } catch (refusal) {
    if (!isLast()) return;
    tell("orders", refusal.message, refusal.code);
  }
  if (!document.hidden && orders.some(isOpen)) timer = setTimeout(load, PAUSE_MS);
}

const isOpen = ({ state }) => OPEN.has(state);

function take(fresh) {
  const before = new Map(orders.map((known) => [known.id, known.state]));
  orders = fresh;
  const shown = [...orders.filter(isOpen).reverse(), ...orders.filter(({ state }) => state === "failed")]; // as they are computed
  for (const id of rows.keys()) if (!shown.some((one) => one.id === id)) rows.delete(id);
  byId("order-list").hidden = shown.length === 0;
  renew(byId("order-list"), shown.map(item));
  for (const one of orders) if (OPEN.has(before.get(one.id)) && !isOpen(one)) announce("order-ended", one);
}

function item(one) {
  if (!rows.has(one.id)) rows.set(one.id, newRow(one.id));
  const row = rows.get(one.id);
  row.name.textContent = orderName(one);
  row.bar.hidden = !isOpen(one);
  if (one.state === "running" && one.progress.of) { row.bar.max = one.progress.of; row.bar.value = one.progress.done; } else row.bar.removeAttribute("value");
  row.bar.setAttribute("aria-label", orderName(one));
  row.state.replaceChildren(...standing(one));
  row.figures.textContent = one.state === "running" ? worth(one) : "";
  row.cancel.hidden = !one.may_cancel;
  row.cancel.textContent = armed === one.id ? t("people.sure") : t("web.cancel");
  row.cancel.setAttribute("aria-label", `${row.cancel.textContent} · ${orderName(one)}`);
  return row.element;
}

function newRow(id) {
  const row = { name: el("b"), bar: el("progress"), state: el("small"), figures: el("small", { class: "worth" }) };
  row.cancel = el("button", { type: "button", on: { click: () => cancel(id), blur: () => { armed = null; } } });
  row.element = el("li", { class: "order", "data-order": id }, row.name, row.cancel, row.bar, row.state, row.figures);
  return row;
}

function standing({ state, ahead, attempts, elapsed_s: elapsed, parameters, progress, fault, author }) {
  if (state === "failed") return [el("span", { class: "light late", "aria-hidden": "true" }, "■"), " ", t("web.order_failed", { reason: fault.detail })];
  if (state === "asked") return [ahead ? t("web.order_waits", { ahead }) : t("web.order_next"), ` · ${author}`];
  const words = [t("web.order_running", { elapsed: lasting(elapsed), limit: lasting(parameters.time_limit_s) })];
  if (progress.of) words.unshift(t("web.order_pools", { done: progress.done, of: progress.of }));
  if (attempts > 1) words.push(t("web.order_again", { attempts }));
  return [[...words, author].join(" · ")];
}

function worth({ task, progress }) {
  if (progress.value === undefined) return "";
  const reached = t(`web.order_value_${task}`, { value: number(progress.value) });
  return [reached, t("web.order_bound", { bound: number(progress.bound) }), t("web.order_gap", { gap: percent(progress.gap) })].join(" · ");
}

function lasting(seconds) {
  const whole = Math.floor(seconds);
  return whole < 60 ? t("web.seconds", { seconds: whole })
    : whole % 60 ? t("web.minutes_seconds", { minutes: Math.floor(whole / 60), seconds: whole % 60 }) : t("web.minutes", { minutes: whole / 60 });
}

async function cancel(id) {
  if (armed !== id) {
    armed = id;
    item(orders.find((one) => one.id === id));
    return;
  }
  armed = null;
  try {
    await postJson(`/api/v1/plan-orders/${id}/cancel`);
    await load();
  } catch (refusal) {
    tell("orders", refusal.message, refusal.code);
  }
}

on("order-ended", (ended) => {
  if (ended.state === "cancelled") say(t("web.order_cancelled", { what: orderName(ended) }));
});
