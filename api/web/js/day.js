// Days and times as the district keeps them, wherever the browser is: one zone, as in gridmgmt/field/day.py.

export const ZONE = "Asia/Shanghai";
const OFFSET = "+08:00";
const DAY_MS = 86_400_000;

// As every day on our pages is written, as it is sorted, and as the date picker writes it.
export const today = () => new Date().toLocaleDateString("sv-SE", { timeZone: ZONE });
export const stamp = (moment) => new Date(moment).toLocaleString("sv-SE", { timeZone: ZONE });
export const shifted = (day, by) => new Date(Date.parse(`${day}T00:00:00Z`) + by * DAY_MS).toISOString().slice(0, 10);
export const startOf = (day) => `${day}T00:00:00${OFFSET}`;
