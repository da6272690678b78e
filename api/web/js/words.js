// Names of codes that come as data. Code lists differ between cities: a code without a word is shown as it is.

import { has, t } from "./i18n.js";

const named = (prefix) => (code) => (has(`${prefix}${code}`) ? t(`${prefix}${code}`) : code);

export const categoryName = named("web.category_");
export const stateName = named("incidents.state_");
export const sourceName = named("incidents.source_");
export const flagName = named("incidents.flag_");
export const moveName = named("incidents.move_");
export const kindName = named("web.kind_");
export const typeName = named("web.type_");
export const reasonName = named("planning.");
export const statusName = named("web.status_");
