// What is half typed is kept while its form is drawn anew (another language, a fresh answer) or put aside, until it is
// sent or given up. A form is known by a key, its fields by their names.

const drafts = new Map();

const fieldsOf = (form) => [...form.querySelectorAll("input, select, textarea")].filter(({ name }) => name);
const offers = (field, value) => field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value);

// A choice whose options are still asked for is noted in `data-draft`: whoever draws them chooses it.
function valueOf(field) {
  if (field.type === "file") return field.files.length ? field.files : null;
  return field.value || field.dataset.draft || "";
}

function put(field, value) {
  if (field.type === "file") field.files = value ?? field.files;
  else if (offers(field, value)) field.value = value;
  else field.dataset.draft = value;
}

export function keepDraft(key, form) {
  const values = () => Object.fromEntries(fieldsOf(form).map((field) => [field.name, valueOf(field)]));
  const empty = values();
  const draft = drafts.get(key) ?? {};
  for (const field of fieldsOf(form)) if (field.name in draft) put(field, draft[field.name]);
  const note = () => {
    const typed = values();
    if (Object.keys(typed).some((name) => typed[name] !== (empty[name] ?? ""))) drafts.set(key, typed);
    else drafts.delete(key);
  };
  for (const change of ["input", "change"]) form.addEventListener(change, note);
  return form;
}

export const hasDraft = (key) => drafts.has(key);
export const dropDraft = (key) => drafts.delete(key);
export const dropDrafts = () => drafts.clear();
export const isTyping = () => drafts.size > 0;
