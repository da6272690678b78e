// Links to the maps that can be mailed and printed.

import { getJson, questions } from "./client.js";
import { el, fill } from "./dom.js";
import { t } from "./i18n.js";
import { on } from "./state.js";

let pages = null;
const asking = questions();

export async function createReports() {
  on("language", load);
  await load();
}

async function load() {
  const isLast = asking();
  try {
    const fresh = await getJson("/api/v1/maps");
    if (!isLast()) return;
    pages = fresh;
    render();
  } catch (refusal) {
    fill("report-list", el("p", { class: "empty" }, refusal.message));
  }
}

function render() {
  if (!pages) return;
  fill("report-list", pages.length === 0 ? el("p", { class: "empty" }, t("web.no_reports")) : el("ul", { class: "links" },
    pages.map(({ title, url, at }) => el("li", {}, el("a", { href: url, target: "_blank", rel: "noopener" }, title), " ", el("small", {}, at)))));
}
