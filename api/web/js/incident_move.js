// The form of one move on the desk: what it asks for, photos, and the answer of the server.

import { getJson, postJson, putBytes } from "./client.js";
import { el } from "./dom.js";
import { dropDraft, hasDraft, keepDraft } from "./drafts.js";
import { t } from "./i18n.js";
import { moveFields } from "./moveform.js";
import { goesTo } from "./moves.js";
import { departmentOf, nameOfCategory, placeName } from "./names.js";
import { forget, say } from "./notices.js";
import { announce } from "./state.js";
import { moveName } from "./words.js";

const quietly = (path) => getJson(path).catch(() => null);

const keyOf = (incident, move) => `${incident.id}/${move}`;
export const isBegun = (incident, move) => hasDraft(keyOf(incident, move));

// `close` goes back to the moves; what was typed is kept unless it is cancelled or sent.
export async function moveForm(move, incident, { lead, again, close, sent }) {
  const { fields, read } = await moveFields(move, incident, quietly, { lead, department: departmentOf(incident.category) });
  const fault = el("p", { class: "fault", role: "alert" });
  const changed = el("p", { class: "hint changed", hidden: true }, t("incidents.changed_meanwhile"), " ", el("button", { type: "button", on: { click: again } }, t("incidents.reload")));
  const photos = globalThis.crypto?.subtle ? el("input", { type: "file", name: "photos", accept: "image/jpeg,image/png,image/webp", multiple: true }) : null;
  const key = keyOf(incident, move.move);
  const done = () => { dropDraft(key); sent(); };
  const id = globalThis.crypto?.randomUUID?.(); // pressed twice, it is the same move
  const submit = (event) => { event.preventDefault(); return send({ move, incident, read, photos, id, fault, form, again, done }); };
  const leave = (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation(); // only out of the form, not off the sheet
    close();
  };
  const form = el("form", { class: "move-form", novalidate: true, on: { submit, keydown: leave } },
    el("h3", {}, moveName(move.move)), changed, where(move, incident), fields,
    photos ? el("label", { class: "field" }, t("incidents.add_photos"), photos) : null, fault,
    el("div", { class: "pair" }, el("button", { class: "primary" }, t("incidents.confirm", { move: moveName(move.move) })), el("button", { type: "button", on: { click: () => { dropDraft(key); close(); } } }, t("incidents.cancel"))));
  return keepDraft(key, form);
}

function where(move, { holder }) {
  const up = goesTo(move, holder);
  if (up) return el("p", { class: "hint" }, t("incidents.goes_up_to", { place: placeName(up) }));
  return move.holder === "previous" ? el("p", { class: "hint" }, t("incidents.goes_back")) : null;
}

async function send({ move, incident, read, photos, id, fault, form, again, done }) {
  const said = read();
  if (said === null) return;
  const button = form.querySelector(".primary");
  button.disabled = true;
  try {
    const sent = await Promise.all([...(photos?.files ?? [])].map(putPhoto));
    await postJson(`/api/v1/incidents/${incident.id}/moves`, { move: move.move, after: incident.step, ...(id ? { id } : {}), ...said, photos: sent });
    done();
    forget("moved");
    say(t("incidents.done", { move: moveName(move.move), what: nameOfCategory(incident.category) }));
    announce("moved", incident.id);
    if (form.isConnected) await again(); // else something else is open: it is left alone
  } catch (refusal) {
    fault.replaceChildren(refusal.message);
    if (refusal.code === "stale_step" || refusal.code === "illegal_move") form.querySelector(".changed").hidden = false;
  } finally {
    button.disabled = false;
  }
}

async function putPhoto(file) {
  const bytes = await file.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  await putBytes(`/api/v1/photos/${sha256}`, bytes, file.type);
  return sha256;
}
