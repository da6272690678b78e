// Pages without an application in them: what is half typed goes along when the language is changed. Never a password, and
// no file: a browser does not hand one on.

const keyOf = ({ pathname }) => `half-typed ${pathname}`;
const fields = [...document.querySelectorAll("input:not([type=hidden], [type=password], [type=file]), textarea")];
const isChoice = ({ type }) => type === "radio" || type === "checkbox";

function put(values) {
  fields.forEach((field, index) => (isChoice(field) ? (field.checked = values[index]) : (field.value = values[index])));
}

const kept = JSON.parse(sessionStorage.getItem(keyOf(location)));
sessionStorage.removeItem(keyOf(location));
if (kept?.length === fields.length) put(kept);

document.querySelector("header a[lang]")?.addEventListener("click", ({ currentTarget }) =>
  sessionStorage.setItem(keyOf(currentTarget), JSON.stringify(fields.map((field) => (isChoice(field) ? field.checked : field.value)))));
