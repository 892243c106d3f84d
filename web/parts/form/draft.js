// What was typed and not sent, kept in this browser, and whether the page may be left.
import { effect, onEnd, signal, untracked } from "../../runtime/signal.js";
import { on } from "../../runtime/h.js";
import { keptName } from "../../client/kept.js";
import { setAt } from "./paths.js";

const waitMs = 300;

/**
 * @param {import("./state.js").FormState} state
 * @param {string | undefined} key
 * @param {(guard: () => boolean) => () => void} [guard] asked before another view is shown
 * @param {() => boolean} [mayLeave]
 */
export function keepDraft(state, key, guard, mayLeave) {
  const store = key ? localStorage : null;
  const name = keptName(`remit.draft.${key}`);
  /** When what is shown was typed, if it was not now. */
  const restored = signal(/** @type {Date | null} */ (null));
  let timer = 0;

  try {
    const kept = JSON.parse(store?.getItem(name) ?? "null");
    if (kept?.request) {
      state.fill(kept.request);
      restored.value = new Date(kept.at);
    }
  } catch {
    store?.removeItem(name);
  }

  function write() {
    clearTimeout(timer);
    if (!store) return;
    if (state.dirty.peek()) store.setItem(name, JSON.stringify({ at: new Date().toISOString(), request: withLabels(state) }));
    else store.removeItem(name);
  }
  function forget() {
    clearTimeout(timer);
    store?.removeItem(name);
    restored.value = null;
  }
  effect(() => {
    state.request.value;
    untracked(() => {
      clearTimeout(timer);
      timer = setTimeout(write, waitMs);
    });
  });
  on(globalThis, "pagehide", write);
  on(globalThis, "beforeunload", (event) => {
    // What is kept is not lost.
    if (state.dirty.peek() && !store) event.preventDefault();
  });
  if (guard) onEnd(guard(() => !state.dirty.peek() || !!store || (mayLeave?.() ?? true)));
  onEnd(() => clearTimeout(timer));
  return { restored, forget };
}

/** As the request, but with what was chosen as people saw it. @param {import("./state.js").FormState} state */
function withLabels(state) {
  const request = structuredClone(state.request.peek());
  for (const field of state.fields) {
    if (field.type === "lookup" && state.cells[field.name].value.peek()) setAt(request, field.name, state.cells[field.name].value.peek());
  }
  return request;
}
