// The fields a move asks for, the same on the desk and on the phone: where to, which lead, how satisfied, how much more
// time, why. `read` gives what was filled in, or null where something is missing: then the field has the focus.

import { el } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";
import { SATISFACTIONS, TIME_UNITS, destinationName, destinations, wantsDestination } from "./moves.js";

export async function moveFields(move, incident, ask, { lead = null, department = null } = {}) {
  const parts = [];
  if (wantsDestination(move)) parts.push(await destination(move, incident, ask, department));
  if (move.needs.includes("lead")) parts.push(await leads(incident, ask, lead));
  if (move.needs.includes("satisfaction")) parts.push(chosen("satisfaction", t("incidents.satisfaction"), SATISFACTIONS.map((value) => [value, t(`incidents.satisfaction_${value}`)])));
  if (move.needs.includes("more")) parts.push(moreTime());
  parts.push(reason(move.needs.includes("reason")));
  return { fields: parts.flatMap((part) => part.fields), read: () => readAll(parts) };
}

function readAll(parts) {
  const said = {};
  for (const part of parts) {
    const value = part.read();
    if (value === null) return null;
    Object.assign(said, value);
  }
  return said;
}

const field = (words, control) => el("label", { class: "field" }, words, control);

function missing(control) {
  control.focus();
  control.setAttribute("aria-invalid", "true");
  return null;
}

function chosen(name, words, options, first = null) {
  const select = el("select", { name }, options.map(([value, label]) => el("option", { value, selected: value === first }, label)));
  return { fields: [field(words, select)], read: () => (select.value === "" ? missing(select) : { [name]: select.value }) };
}

async function destination(move, incident, ask, department) {
  const found = await destinations(move, incident, ask, currentLanguage());
  const first = found.find(({ code }) => code === department)?.code ?? (move.holder === "peer" ? null : found[0]?.code);
  const options = found.map((choice) => [choice.code, destinationName(choice)]);
  return chosen("holder", t("incidents.goes_to"), first ? options : [["", t("incidents.choose")], ...options], first);
}

// Those the server suggests; one of them is the matter itself.
async function leads({ id }, ask, lead) {
  const found = (await ask(`/api/v1/incidents/${id}/duplicates`))?.duplicates ?? [];
  if (found.length === 0) return { fields: [el("p", { class: "hint" }, t("incidents.no_duplicates"))], read: () => null };
  const options = found.map((one) => [one.id, `${t("incidents.away", { metres: Math.round(one.distance_m) })} · ${one.text || t(`incidents.state_${one.state}`)}`]);
  return chosen("lead", t("incidents.lead"), options, lead ?? found[0].id);
}

function moreTime() {
  const amount = el("input", { type: "number", name: "amount", min: 0.5, max: 10000, step: 0.5, value: 1, inputmode: "decimal", "aria-label": t("incidents.more_time") });
  const unit = el("select", { name: "unit", "aria-label": t("incidents.time_unit") }, TIME_UNITS.map((value) => el("option", { value }, t(`incidents.unit_${value}`))));
  const read = () => (amount.value === "" || !amount.checkValidity() ? missing(amount) : { more: { amount: Number(amount.value), unit: unit.value } });
  return { fields: [el("div", { class: "field" }, t("incidents.more_time"), el("div", { class: "pair" }, amount, unit))], read };
}

function reason(required) {
  const words = required ? t("incidents.reason") : t("incidents.reason_optional");
  const area = el("textarea", { rows: 3, maxlength: 2000, name: "reason", placeholder: words, "aria-label": words, "aria-required": String(required) });
  const read = () => {
    const said = area.value.trim();
    return required && said === "" ? missing(area) : said === "" ? {} : { reason: said };
  };
  return { fields: [area], read };
}
