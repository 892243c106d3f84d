// Asks the server what it makes of a form while it is filled in: not at every key, and only the last answer counts.
import { effect, onEnd, signal, untracked } from "../../runtime/signal.js";

const debounceMs = 150;

/**
 * @param {import("./state.js").FormState} state
 * @param {(request: any, options: {signal: AbortSignal}) => Promise<import("./state.js").CheckReply>} check
 */
export function createChecker(state, check) {
  const checking = signal(false);
  const failed = signal(/** @type {Error | null} */ (null));
  let stop = new AbortController();
  let timer = 0;
  let asked = "";
  let answered = "";

  async function ask() {
    stop.abort();
    const mine = stop = new AbortController();
    const request = state.request.peek();
    asked = JSON.stringify(request);
    checking.value = true;
    try {
      const reply = await check(request, { signal: mine.signal });
      if (mine.signal.aborted) return;
      failed.value = null;
      state.take(reply, request);
      // What the form filled in itself is not asked about again, unless it was more than the answer had.
      answered = asked = JSON.stringify(state.request.peek());
    } catch (error) {
      // Nothing is known then: what was said before may not hold, but is better than silence.
      if (!mine.signal.aborted) failed.value = error instanceof Error ? error : new Error(String(error));
    } finally {
      if (stop === mine) checking.value = false;
    }
  }

  effect(() => {
    const now = JSON.stringify(state.request.value);
    untracked(() => {
      clearTimeout(timer);
      if (now === asked) return;
      // The answer to what stood there before would speak of what is no more.
      stop.abort();
      timer = setTimeout(() => void ask(), asked ? debounceMs : 0);
    });
  });
  /** What is to be sent is judged as it stands, not as it stood at the last answer. */
  async function now() {
    clearTimeout(timer);
    if (JSON.stringify(state.request.peek()) !== answered) await ask();
  }
  onEnd(() => {
    clearTimeout(timer);
    stop.abort();
  });
  return { checking, failed, now };
}
