// What is half typed is kept while its form is drawn anew (another language, a fresh answer), put aside, or its page is
// loaded again, until it is sent or given up. A form is known by a key, its fields by their names. It stays in the tab
// where it was typed, for whoever typed it; of files only the page itself knows, and of passwords nobody.

const KEPT = "half-typed";
const drafts = new Map();
let whose = null;

const fieldsOf = (form) => [...form.querySelectorAll("input:not([type=password]), select, textarea")].filter(({ name }) => name);
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

// From here on it is this person who types: what they had typed before the page was loaded again is back.
export function openDrafts(person) {
  if (whose === person) return;
  if (whose !== null) drafts.clear();
  whose = person;
  const kept = JSON.parse(sessionStorage.getItem(KEPT));
  if (kept?.whose === person) for (const [key, typed] of kept.drafts) if (!drafts.has(key)) drafts.set(key, typed);
  store();
}

function store() {
  const words = (typed) => Object.fromEntries(Object.entries(typed).filter(([, value]) => typeof value === "string"));
  try {
    if (drafts.size === 0 || whose === null) sessionStorage.removeItem(KEPT);
    else sessionStorage.setItem(KEPT, JSON.stringify({ whose, drafts: [...drafts].map(([key, typed]) => [key, words(typed)]) }));
  } catch { /* no room: it is kept as long as the page is */ }
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
    store();
  };
  for (const change of ["input", "change"]) form.addEventListener(change, note);
  return form;
}

export const hasDraft = (key) => drafts.has(key);
export const dropDraft = (key) => { drafts.delete(key); store(); };
export const dropDrafts = () => { drafts.clear(); store(); };
export const isTyping = () => drafts.size > 0;
