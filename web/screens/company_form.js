// Forms as the company wrote them: drawn by their documents, judged by the server.
import { call, platform } from "../app/server.js";
import { errorState, loadingState } from "../parts/states.js";
import { scope } from "../runtime/signal.js";

/**
 * Puts into `place` what is made of a method's forms, as soon as they are there.
 * @param {string} method
 * @param {HTMLElement} place
 * @param {(forms: import("../parts/form/document.js").FormDocument[]) => Node} make
 */
export async function formsOf(method, place, make) {
  const waiting = loadingState();
  place.append(waiting);
  try {
    const found = await call(platform("FormService", "GetForms"), { method });
    waiting.remove();
    if (place.isConnected || place.parentNode) place.append(scope(() => make(found.forms ?? [])).value);
  } catch (error) {
    waiting.replaceWith(errorState({ error: error instanceof Error ? error : new Error(String(error)) }));
  }
}

/** What the server makes of a request so far. @param {string} method */
export const checkWith = (method) => (/** @type {any} */ request, /** @type {{signal: AbortSignal}} */ { signal }) =>
  call(platform("FormService", "CheckForm"), { method, request }, { signal });
