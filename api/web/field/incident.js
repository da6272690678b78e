// An incident in three taps: what it is, a photo, send. Where it is the phone knows.

import { el, renew } from "../js/dom.js";
import { dropDraft, hasDraft, keepDraft } from "../js/drafts.js";
import { currentLanguage, t } from "../js/i18n.js";
import { ROUGH_M } from "./ground.js";
import { add, incidentRecords } from "./outbox.js";
import { centre } from "./map.js";
import * as patrol from "./patrol.js";
import { dropPhotos, photoPicker } from "./photos.js";
import { keptJson, lastKept, owner } from "./session.js";
import { button, closeIfShown, hint, myTurn, openSheet, redraw, say, whenLeft } from "./sheet.js";
import { Full, setSetting, setting } from "./store.js";
import { metres, nameOfCategory } from "./words.js";

const RECENT = 4;
const OLD_MS = 60_000;

// Those used last come first.
async function inOrder(answer) {
  const list = answer?.value.codes ?? [];
  const recent = await setting("recent", []);
  const place = (entry) => (recent.includes(entry.code) ? recent.indexOf(entry.code) : RECENT);
  return list.map((entry, index) => ({ entry, index })).sort((a, b) => place(a.entry) - place(b.entry) || a.index - b.index).map(({ entry }) => entry);
}

// At once what the phone knows; a phone that knows none yet asks.
export async function openIncident() {
  const still = myTurn();
  const known = await inOrder(await lastKept("codes"));
  if (!still()) return;
  const body = openSheet(t("phone.which_category"), known.length ? tiles(known) : hint(t("web.loading")));
  if (known.length) return;
  const list = await inOrder(await keptJson("/api/v1/codes?kind=event", "codes"));
  redraw(body, list.length ? tiles(list) : hint(t("phone.no_categories")));
}

const tiles = (list) =>
  el("div", { class: "tiles" }, list.map((entry) => button(entry[currentLanguage()], () => details(entry, new Date().toISOString()), "tile")));

function details(entry, occurredAt) {
  const key = `report/${entry.code}`;
  const photos = photoPicker(key);
  const isOld = hasDraft(key) || !photos.isEmpty;
  const text = el("textarea", { rows: 2, maxlength: 2000, name: "text", id: "incident-text", placeholder: t("phone.text_optional"), "aria-label": t("phone.text_optional") });
  const where = el("p", { class: "where" });
  const place = { chosen: null, sending: false };
  const send = button(t("phone.send"), () => submit(), "primary huge");
  const useCentre = button(t("phone.use_map_centre"), () => { place.chosen = centre() ?? null; show(); });
  const show = () => showPlace(where, place, send, useCentre);
  async function submit() {
    [place.sending, send.disabled] = [true, true]; // pressed twice, it is one report
    try {
      const [lon, lat] = placeOf(place);
      const body = { category: entry.code, standard: entry.standard, kind: entry.kind, text: text.value.trim(), lon, lat, occurred_at: occurredAt };
      if (!(await report(body, await photos.settled()))) return;
      dropDraft(key);
      dropPhotos(key);
      closeIfShown(sheet);
    } finally {
      [place.sending, send.disabled] = [false, false];
    }
  }
  const sheet = keepDraft(key, openSheet(entry[currentLanguage()], isOld ? half(entry, key) : null, photos.parts, text, where, send));
  const watching = setInterval(show, 1000);
  whenLeft(() => clearInterval(watching));
  show();
}

// What was not sent the last time is still there; it may be another matter by now.
function half(entry, key) {
  const anew = () => { dropDraft(key); dropPhotos(key); details(entry, new Date().toISOString()); };
  return el("p", { class: "where" }, t("phone.left_half"), button(t("phone.begin_anew"), anew));
}

const placeOf = ({ chosen }) => chosen ?? [patrol.state.position.lon, patrol.state.position.lat];

function showPlace(where, place, send, useCentre) {
  const position = patrol.state.position;
  const known = place.chosen !== null || position !== null;
  send.disabled = !known || place.sending;
  const found = known && place.chosen === null;
  const old = found && Date.now() - position.at > OLD_MS;
  const rough = found && position.accuracy > ROUGH_M;
  const words = place.chosen ? t("phone.place_chosen")
    : !known ? t("phone.no_place")
    : old ? t("phone.place_old", { minutes: Math.round((Date.now() - position.at) / 60_000) })
    : t(rough ? "phone.place_rough" : "phone.place_known", { accuracy: metres(position.accuracy) });
  const sentence = document.createTextNode(words);
  renew(where, known && !old && !rough ? [sentence] : [sentence, useCentre]); // the button stays under the finger
}

// Into the outbox: the report, its photos, and its patrol where one is under way. False where the phone is full.
export async function report(body, photos) {
  const rounded = { ...body, lon: Number(body.lon.toFixed(7)), lat: Number(body.lat.toFixed(7)), source: "phone" };
  const records = incidentRecords(owner(), rounded, photos, body.category, patrol.current()?.id ?? null);
  try {
    await add(owner(), records, photos);
  } catch (error) {
    if (!(error instanceof Full)) throw error;
    say(t("phone.full"), true);
    return false;
  }
  const recent = await setting("recent", []);
  await setSetting("recent", [body.category, ...recent.filter((code) => code !== body.category)].slice(0, RECENT));
  say(t("phone.kept", { what: nameOfCategory(body.category) }));
  return true;
}
