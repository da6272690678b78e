// "N not sent": what is still on this phone, why, and how to save it if all else fails.

import { el } from "../js/dom.js";
import { t } from "../js/i18n.js";
import { photosOf, retry, waiting, withoutPhotos } from "./outbox.js";
import { isExpired, me } from "./session.js";
import { button, hint, isShown, myTurn, openSheet, redraw, say } from "./sheet.js";
import { all } from "./store.js";
import { drain } from "./sync.js";
import { nameOfCategory, nameOfKind, time } from "./words.js";

const NAMED = { incident: nameOfCategory, link: nameOfCategory, open: nameOfKind, end: nameOfKind, points: nameOfKind, visit: String, move: String };
let body = null; // as drawn last

export async function openPending(signIn) {
  const still = myTurn();
  const parts = await content(signIn);
  if (still()) body = openSheet(t("phone.pending"), ...parts);
}

export async function refreshPending(signIn) {
  if (!isShown(body)) return;
  const [asked, parts] = [body, await content(signIn)];
  redraw(asked, ...parts);
}

async function content(signIn) {
  const rows = await waiting();
  const mine = rows.filter((one) => one.owner === me()?.id);
  const photos = new Map((me() ? await photosOf(me().id) : []).map((photo) => [photo.sha256, photo]));
  return [
    isExpired() ? el("div", { class: "block" }, hint(t("phone.expired")), button(t("access.sign_in"), signIn, "primary")) : null,
    rows.length === 0 ? el("p", { class: "empty" }, t("phone.nothing_pending")) : null,
    el("ul", { class: "rows pending" }, mine.map((one) => line(one, photos))),
    others(rows),
    rows.length ? el("div", { class: "pair" }, button(t("phone.send_now"), sendAll, "primary"), button(t("phone.export"), save)) : null,
    rows.length ? hint(t("phone.export_hint")) : null,
  ];
}

function others(rows) {
  const counts = new Map();
  for (const one of rows.filter((row) => row.owner !== me()?.id)) counts.set(one.ownerName, (counts.get(one.ownerName) ?? 0) + 1);
  return [...counts].map(([name, count]) => el("p", { class: "block" }, t("phone.belongs_to", { name, count })));
}

function line(one, photos) {
  const refused = one.photos.filter((sha256) => photos.get(sha256)?.state === "refused");
  const state = refused.length ? "refused" : one.state;
  const shape = { waiting: ["soon", "▲"], refused: ["late", "■"], conflict: ["late", "■"] }[state];
  const actions = [
    state === "waiting" ? null : button(t("phone.retry"), async () => { await retry(one); await drain(); }),
    refused.length ? button(t("phone.without_photo"), async () => { await withoutPhotos(one, refused); await drain(); }) : null,
  ];
  return el("li", { "data-state": state, "data-key": one.key }, el("span", { class: `light ${shape[0]}`, "aria-hidden": "true" }, shape[1]),
    el("div", {}, el("b", {}, t(`phone.record_${one.kind}`)), " ", NAMED[one.kind](one.label), one.count ? ` · ${t("phone.points", { count: one.count })}` : "",
      one.photos.length ? ` · ${t("phone.photos", { count: one.photos.length })}` : "", el("small", {}, time(one.at), " · ", why(one, refused, photos)), el("div", { class: "pair" }, actions)));
}

function why(one, refused, photos) {
  if (refused.length) return t("phone.photo_refused", { why: photos.get(refused[0]).reason?.detail ?? "" });
  if (one.state === "conflict") return t("phone.conflict", { why: one.reason?.detail ?? "" });
  if (one.state === "refused") return t("phone.refused", { why: one.reason?.detail ?? one.reason?.code ?? "" });
  if (one.tries > 0) return t("phone.will_retry", { tries: one.tries, why: one.reason?.detail ?? t("phone.no_answer") });
  return t("phone.waiting");
}

async function sendAll() {
  for (const one of await waiting()) if (one.state === "waiting" && one.owner === me()?.id) await retry(one);
  await drain();
  const left = (await waiting()).length;
  say(left === 0 ? t("phone.all_sent") : t("phone.left", { count: left }), left > 0);
}

// Everything unsent, photos too, as one file: for the centre, or for another day.
export async function exported() {
  const [outbox, photos, patrols, points] = await Promise.all([all("outbox"), all("photos"), all("patrols"), all("points")]);
  const encoded = await Promise.all(photos.map(async ({ bytes, ...rest }) => ({ ...rest, base64: await base64(bytes) })));
  return { product: "gridmgmt", format: 1, exported_at: new Date().toISOString(), outbox, photos: encoded, patrols, points };
}

async function save() {
  const address = URL.createObjectURL(new Blob([JSON.stringify(await exported())], { type: "application/json" }));
  el("a", { href: address, download: `gridmgmt-field-${new Date().toISOString().slice(0, 16).replaceAll(":", "")}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

const base64 = (bytes) =>
  new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.readAsDataURL(new Blob([bytes]));
  });
