// Short sentences at the foot of the page: what was done, or what went wrong and what to do. One per topic, gone when the topic is well.

import { Refusal } from "./client.js";
import { byId, el } from "./dom.js";
import { t } from "./i18n.js";
import { on } from "./state.js";

const shown = new Map();

let fading;

// What went well goes by itself.
export function say(sentence) {
  clearTimeout(fading);
  show("said", sentence, null, "good", "●");
  fading = setTimeout(() => forget("said"), 6000);
}

export const tell = (topic, sentence, code) => show(topic, sentence, code, "late", "■");

function show(topic, sentence, code, light, mark) {
  forget(topic);
  const close = el("button", { class: "quiet", "aria-label": t("web.dismiss"), on: { click: () => forget(topic) } }, "×");
  const notice = el("p", { class: "card notice" },
    el("span", { class: `light ${light}`, "aria-hidden": "true" }, mark), el("span", {}, sentence, code ? el("code", {}, code) : null), close);
  shown.set(topic, notice);
  byId("notices").append(notice);
}

on("signed-out", (address) => {
  const link = el("a", { href: address, target: "_blank", rel: "noopener" }, t("access.sign_in"));
  show("signed-out", [t("web.signed_out"), " ", link], null, "late", "■");
});
on("signed-in", () => forget("signed-out"));

export function forget(topic) {
  shown.get(topic)?.remove();
  shown.delete(topic);
}

// Starts a page; what hinders it is said, not left white.
export async function begin(start) {
  try {
    await start();
    document.documentElement.dataset.ready = "true";
  } catch (error) {
    const words = error instanceof Refusal ? error.message : String(error);
    byId("notices").append(el("p", { class: "card notice" }, el("span", { class: "light late", "aria-hidden": "true" }, "■"), el("span", {}, words)));
    if (!(error instanceof Refusal)) throw error;
  }
}
