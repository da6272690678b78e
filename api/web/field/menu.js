// Settings of this phone, the map on it, what it can and cannot do, and the way out.

import { el } from "../js/dom.js";
import { dropDrafts } from "../js/drafts.js";
import { currentLanguage, loadLanguage, t } from "../js/i18n.js";
import { rememberLanguage } from "../js/state.js";
import { wholeBox } from "./ground.js";
import { waiting } from "./outbox.js";
import * as patrol from "./patrol.js";
import { isExpired, me, signIn, signOut } from "./session.js";
import { button, closeIfShown, hint, myTurn, once, openSheet, say } from "./sheet.js";
import { setSetting, setting } from "./store.js";
import { drain } from "./sync.js";
import { download, kept, tilesAround } from "./tiles.js";
import { mebibytes } from "./words.js";

export async function openMenu() {
  const still = myTurn();
  const [shift, storage, lasting] = [await setting("gcj02", false), await estimate(), await navigator.storage?.persisted?.()];
  if (!still()) return;
  const box = el("input", { type: "checkbox", checked: shift, on: { change: async ({ target }) => { await setSetting("gcj02", target.checked); patrol.useShift(target.checked); } } });
  const other = currentLanguage() === "zh" ? "en" : "zh";
  const progress = el("p", { class: "hint", role: "status" }, t("web.loading"));
  const fetching = button(t("phone.download_map"), () => once(fetching, () => fetchMap(progress, true)));
  openSheet(me()?.display_name ?? t("phone.menu"),
    el("section", {}, el("h3", {}, t("phone.offline_map")), progress, fetching),
    el("section", {}, el("h3", {}, t("phone.position")), el("label", { class: "check" }, box, t("phone.shifted")), hint(t("phone.shifted_hint"))),
    el("section", {}, el("h3", {}, t("phone.screen_off")), hint(t("phone.cannot_record")), hint(t("phone.trackers")), el("a", { class: "button", href: "/field/plain" }, t("phone.upload_gpx"))),
    el("section", {}, el("h3", {}, t("phone.storage")), hint(storage), lasting ? null : hint(t("phone.not_lasting"))),
    button(t("phone.other_language"), () => switchLanguage(other)),
    el("a", { class: "button", href: `/?lang=${currentLanguage()}` }, t("common.app")),
    button(t("access.sign_out"), openSignOut));
  await showKept(progress); // it looks at every tile
}

// In the page: a patrol goes on, and what is half typed stays.
async function switchLanguage(other) {
  try {
    await loadLanguage(other);
  } catch {
    return say(t("phone.no_answer"), true);
  }
  await setSetting("language", other);
  rememberLanguage(other);
  return openMenu();
}

async function showKept(progress) {
  if (me() === null) return void progress.remove();
  const { count, bytes } = await kept();
  if (!progress.dataset.busy) progress.replaceChildren(t("phone.map_kept", { count, size: mebibytes(bytes) }));
}

async function estimate() {
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  return t("phone.storage_line", { used: mebibytes(usage), free: mebibytes(Math.max(0, quota - usage)) });
}

export async function fetchMap(progress, anew) {
  const box = wholeBox();
  if (!Number.isFinite(box[0])) return say(t("phone.no_grid"), true);
  const tell = (done, count) => progress?.replaceChildren(t("phone.map_progress", { done, count }));
  if (progress) progress.dataset.busy = "yes";
  try {
    tell(0, tilesAround(box).length);
    await download(box, tell, anew);
    delete progress?.dataset.busy;
    if (progress) await showKept(progress);
  } catch {
    progress?.replaceChildren(t("phone.map_failed"));
  }
  return undefined;
}

async function openSignOut() {
  const still = myTurn();
  const mine = (await waiting()).filter((one) => one.owner === me()?.id).length;
  if (!still()) return;
  const sending = button(t("phone.send_now"), () => once(sending, sendFirst), "primary huge");
  const leaving = button(t("phone.sign_out_yes"), () => once(leaving, leave));
  openSheet(t("access.sign_out"),
    mine || patrol.current() ? el("p", { class: "block" }, t("phone.sign_out_unsent", { count: mine })) : null,
    mine ? sending : null, hint(t("phone.sign_out_clears")), leaving);
}

async function sendFirst() {
  const still = myTurn();
  await drain();
  if (still()) await openSignOut();
}

async function leave() {
  if (!navigator.onLine) return say(t("phone.sign_out_needs_network"), true);
  await patrol.end();
  try {
    await signOut();
    dropDrafts();
  } catch {
    return say(t("phone.sign_out_needs_network"), true);
  }
  return location.assign(`/sign-in?next=${encodeURIComponent("/field")}&lang=${currentLanguage()}`);
}

// In the page: whoever is recording goes on recording.
export function openSignIn() {
  const name = el("input", { name: "name", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true, value: me()?.name ?? "" });
  const password = el("input", { type: "password", name: "password", autocomplete: "current-password", required: true });
  const fault = el("p", { class: "fault", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    fault.replaceChildren();
    await once(enter, async () => { // pressed twice it would count as two guesses
      const refused = await signIn(name.value, password.value).catch(() => t("phone.no_answer"));
      if (refused === null) return closeIfShown(sheet), drain();
      return fault.replaceChildren(refused || t("phone.no_answer"));
    });
  };
  const enter = el("button", { class: "primary huge" }, t("access.sign_in"));
  const form = el("form", { on: { submit } }, el("label", { class: "field" }, t("access.name"), name), el("label", { class: "field" }, t("access.password"), password),
    fault, enter);
  const sheet = openSheet(t("access.sign_in"), isExpired() ? hint(t("phone.expired")) : null, form);
}
