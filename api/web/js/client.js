// Calls to our own API. A refusal becomes a `Refusal` that carries the server's sentence in the reader's language.

import { isTyping } from "./drafts.js";
import { currentLanguage, t } from "./i18n.js";
import { announce } from "./state.js";

const PATIENCE_MS = 30_000;

export class Refusal extends Error {
  constructor(detail, code, requestId) {
    super(detail);
    this.code = code;
    this.requestId = requestId;
  }
}

async function call(path, options = {}) {
  const headers = { "Accept-Language": currentLanguage(), ...options.headers };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(t("web.no_answer"), "no_answer");
  }
  if (answer.status === 204) return null;
  if (answer.ok && signedOut) signedIn();
  if (answer.ok) return answer.json().catch(() => { throw new Refusal(t("web.no_answer"), "no_answer"); }); // it stopped half way
  if (answer.status === 401) signInAgain();
  const problem = await answer.json().catch(() => ({}));
  throw new Refusal(problem.detail ?? t("web.no_answer"), problem.code ?? `http_${answer.status}`, problem.request_id);
}

// The sign-in has ended; afterwards the person is back on this page. Whatever is half typed is not thrown away: then they
// sign in beside it.
function signInAgain() {
  const back = location.pathname + location.search + location.hash;
  const address = `/sign-in?${new URLSearchParams({ next: back, lang: currentLanguage() })}`;
  if (!isTyping()) return location.assign(address);
  if (!signedOut) announce("signed-out", address);
  signedOut = true;
  return undefined;
}

let signedOut = false;

function signedIn() {
  signedOut = false;
  announce("signed-in");
}

export const getJson = (path, signal) => call(path, { signal });

// For what the page asks by itself: it keeps nobody signed in.
// One that is never answered must not be the last.
export const pollJson = (path) => call(path, { headers: { "X-Poll": "1" }, signal: AbortSignal.timeout(PATIENCE_MS) });

export const postJson = (path, body = {}) =>
  call(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

export const putBytes = (path, bytes, type) => call(path, { method: "PUT", body: bytes, headers: { "Content-Type": type } });

export const deleteAt = (path) => call(path, { method: "DELETE" });

// Questions of one kind that overlap: each can tell whether it is still the last; the answer to an older one comes too late.
export function questions() {
  let asked = 0;
  return () => {
    const mine = ++asked;
    return () => mine === asked;
  };
}
