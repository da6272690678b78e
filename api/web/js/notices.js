// Short sentences at the foot of the page: what went wrong and what to do. One per topic, gone when the topic is well.

import { byId, el } from "./dom.js";
import { t } from "./i18n.js";

const shown = new Map();

export function tell(topic, sentence, code) {
  forget(topic);
  const close = el("button", { class: "quiet", "aria-label": t("web.dismiss"), on: { click: () => forget(topic) } }, "×");
  const notice = el("p", { class: "card notice" },
    el("span", { class: "light late", "aria-hidden": "true" }, "■"), el("span", {}, sentence, code ? el("code", {}, code) : null), close);
  shown.set(topic, notice);
  byId("notices").append(notice);
}

export function forget(topic) {
  shown.get(topic)?.remove();
  shown.delete(topic);
}
