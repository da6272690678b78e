// Calls to our own API. A refusal becomes a `Refusal` that carries the server's sentence in the reader's language.

import { currentLanguage, t } from "./i18n.js";

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
  if (answer.ok) return answer.json();
  if (answer.status === 401) signInAgain();
  const problem = await answer.json().catch(() => ({}));
  throw new Refusal(problem.detail ?? t("web.no_answer"), problem.code ?? `http_${answer.status}`, problem.request_id);
}

// The sign-in has ended; afterwards the person is back on this page.
function signInAgain() {
  const back = location.pathname + location.search + location.hash;
  location.assign(`/sign-in?${new URLSearchParams({ next: back, lang: currentLanguage() })}`);
}

export const getJson = (path, signal) => call(path, { signal });

// For what the page asks by itself: it keeps nobody signed in.
export const pollJson = (path) => call(path, { headers: { "X-Poll": "1" } });

export const postJson = (path, body = {}) =>
  call(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

export const putBytes = (path, bytes, type) => call(path, { method: "PUT", body: bytes, headers: { "Content-Type": type } });

export const deleteAt = (path) => call(path, { method: "DELETE" });
