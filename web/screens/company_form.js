// Forms as the company wrote them: drawn by their documents, judged by the server.
import { call, platform } from "../app/server.js";
import { errorState, loadingState } from "../parts/states.js";
import { freeScope, onEnd } from "../runtime/signal.js";

/**
 * Puts what is made of an answer into `place`, unless the screen that asked has gone meanwhile; it ends with that screen.
 * @template T
 * @param {HTMLElement} place
 * @param {Promise<T>} answer
 * @param {(found: T) => Node} make
 */
export function whenThere(place, answer, make) {
  const waiting = loadingState();
  let isLeft = false;
  let end = () => {};
  onEnd(() => {
    isLeft = true;
    end();
  });
  place.append(waiting);
  answer.then((found) => {
    if (isLeft) return;
    const made = freeScope(() => make(found));
    end = made.end;
    waiting.replaceWith(made.value);
  }).catch((error) => waiting.replaceWith(errorState({ error: error instanceof Error ? error : new Error(String(error)) })));
}

/**
 * Puts into `place` what is made of a method's forms, as soon as they are there.
 * @param {string} method
 * @param {HTMLElement} place
 * @param {(forms: import("../parts/form/document.js").FormDocument[]) => Node} make
 */
export function formsOf(method, place, make) {
  whenThere(place, call(platform("FormService", "GetForms"), { method }), (found) => make(found.forms ?? []));
}

/** What the server makes of a request so far. @param {string} method */
export const checkWith = (method) => (/** @type {any} */ request, /** @type {{signal: AbortSignal}} */ { signal }) =>
  call(platform("FormService", "CheckForm"), { method, request }, { signal });
