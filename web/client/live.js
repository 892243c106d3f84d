// What changes, as it changes: the server's events, resumed where they were left, and whether the server can be reached.
import { signal } from "../runtime/signal.js";
import { sleep } from "./connect.js";

/** @typedef {{id: string, type: string, aggregate: string}} LiveEvent */
/** @typedef {"connecting" | "online" | "offline"} LiveState */

/** The server says something every 15 seconds. */
const silenceMaxMs = 45_000;
const pauseMaxMs = 30_000;

/**
 * Feeds lines of a stream; gives each event that is complete.
 * @param {(event: {name: string, id: string, data: string}) => void} told
 */
export function eventReader(told) {
  let rest = "", name = "", id = "";
  /** @type {string[]} */
  let data = [];
  /** @param {string} line */
  const take = (line) => {
    if (!line) {
      if (data.length) told({ name: name || "message", id, data: data.join("\n") });
      [name, data] = ["", []];
      return;
    }
    const [, field, value] = /** @type {RegExpExecArray} */ (/^([^:]*):? ?(.*)$/.exec(line));
    if (field === "event") name = value;
    else if (field === "id") id = value;
    else if (field === "data") data.push(value);
  };
  return (/** @type {string} */ text) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = /** @type {string} */ (lines.pop());
    lines.forEach(take);
  };
}

/**
 * One stream for all tabs of a browser that have the same `name`, of which each has few connections: the tab that holds the lock listens and tells the others.
 * @param {{name?: string, url?: string, headers?: Record<string, string>, pauseMs?: number, onEvent: (event: LiveEvent) => void, onReset: () => void}} options
 */
export function createLive({ name = "remit-live", url = "/events", headers = {}, pauseMs = 1000, onEvent, onReset }) {
  const state = signal(/** @type {LiveState} */ ("connecting"));
  const stop = new AbortController();
  const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);
  let last = "";

  /** @param {{event?: LiveEvent, reset?: boolean, state?: LiveState}} what */
  function take(what) {
    if (what.state) state.value = what.state;
    if (what.reset) onReset();
    if (what.event) {
      // Where the lock comes to this tab, it goes on from here.
      last = what.event.id;
      onEvent(what.event);
    }
  }
  /** @param {Parameters<typeof take>[0]} what */
  function tell(what) {
    take(what);
    tabs?.postMessage(what);
  }
  if (tabs) tabs.onmessage = (message) => take(message.data);

  async function listen() {
    const answer = await fetch(url, { headers: { ...headers, ...(last ? { "Last-Event-ID": last } : {}) }, signal: stop.signal });
    if (!answer.ok || !answer.body) throw new Error(`HTTP ${answer.status}`);
    tell({ state: "online" });
    const feed = eventReader(({ name, id, data }) => {
      last = id || last;
      if (name === "reset") tell({ reset: true });
      else tell({ event: { id, ...JSON.parse(data) } });
    });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    try {
      while (true) {
        const part = await inTime(reader.read());
        if (part.done) return;
        feed(part.value);
      }
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  async function run() {
    let pause = pauseMs;
    while (!stop.signal.aborted) {
      try {
        await listen();
        pause = pauseMs;
      } catch {
        // Said by the state; tried again.
      }
      if (stop.signal.aborted) return;
      tell({ state: "offline" });
      await Promise.race([sleep(pause * (0.75 + Math.random() / 2), stop.signal).catch(() => {}), backOnline(stop.signal)]);
      pause = Math.min(pause * 2, pauseMaxMs);
    }
  }

  const locks = globalThis.navigator?.locks;
  if (locks) locks.request(name, { signal: stop.signal }, run).catch(() => {});
  else run();
  return {
    state,
    end() {
      stop.abort();
      tabs?.close();
    },
  };
}

/** @template T @param {Promise<T>} promise @returns {Promise<T>} */
function inTime(promise) {
  let timer = 0;
  const late = new Promise((_, fail) => {
    timer = /** @type {any} */ (setTimeout(() => fail(new Error("silence")), silenceMaxMs));
  });
  return /** @type {Promise<T>} */ (Promise.race([promise, late]).finally(() => clearTimeout(timer)));
}

/** @param {AbortSignal} signal */
function backOnline(signal) {
  return new Promise((done) => globalThis.addEventListener?.("online", done, { once: true, signal }));
}
