// Answers of reads, by method and request, until an event says that what they speak of has changed.
import { effect, freeScope, onEnd, signal } from "../runtime/signal.js";
import { CallError } from "./connect.js";

/** @typedef {{data: any, error: Error | null, loading: boolean}} Answer */
/** @typedef {{state: {value: Answer, peek(): Answer}, ids: Set<string>, topics: string[], users: number, stop: AbortController | null, load: () => void}} Entry */

const entriesMax = 200;
const idsMax = 20_000;

/**
 * One text for one request, in whatever order its fields stand.
 * @param {any} value
 * @returns {string}
 */
export function keyOf(value) {
  if (Array.isArray(value)) return `[${value.map(keyOf)}]`;
  if (!value || typeof value !== "object") return JSON.stringify(value) ?? "null";
  return `{${Object.keys(value).filter((name) => value[name] !== undefined).sort().map((name) => `${JSON.stringify(name)}:${keyOf(value[name])}`)}}`;
}

/** What a message speaks of: its texts under `id` and `…Id`. @param {any} value @param {Set<string>} found */
export function idsOf(value, found = new Set()) {
  if (!value || typeof value !== "object" || found.size > idsMax) return found;
  for (const [name, one] of Object.entries(value)) {
    if (typeof one === "string" && /(^id|Id)$/.test(name)) found.add(one);
    else idsOf(one, found);
  }
  return found;
}

/** @param {import("./connect.js").Call} call @param {string} method @param {object} request @param {string[]} topics */
function enter(call, method, request, topics) {
  /** @type {Entry} */
  const entry = { state: signal({ data: null, error: null, loading: true }), ids: new Set(), topics, users: 0, stop: null, load };
  async function load() {
    entry.stop?.abort();
    const stop = entry.stop = new AbortController();
    entry.state.value = { ...entry.state.peek(), loading: true };
    try {
      const data = await call(method, request, { signal: stop.signal });
      if (entry.stop !== stop) return;
      entry.ids = idsOf(data, idsOf(request));
      // The same as before makes nothing anew: where one is in it, and what one types meanwhile, stays.
      const known = entry.state.peek().data;
      entry.state.value = { data: known && JSON.stringify(known) === JSON.stringify(data) ? known : data, error: null, loading: false };
    } catch (error) {
      // What was there before stays: an error is no reason to show nothing.
      if (entry.stop === stop && !stop.signal.aborted) {
        entry.state.value = { ...entry.state.peek(), error: /** @type {Error} */ (error), loading: false };
      }
    }
  }
  return entry;
}

/** @param {import("./connect.js").Call} call */
export function createCache(call) {
  /** Those used last stand last. @type {Map<string, Entry>} */
  const entries = new Map();

  /** @param {string} key @param {Entry} entry */
  function forget(key, entry) {
    entry.stop?.abort();
    entries.delete(key);
  }

  const cache = {
    /**
     * The answer, kept current as long as the scope that asks. `topics`: kinds of things of which a new one changes the answer ("customer").
     * @param {string} method
     * @param {object} request
     * @param {{topics?: string[]}} [options]
     */
    read(method, request, { topics = [] } = {}) {
      const key = `${method} ${keyOf(request)}`;
      const entry = entries.get(key) ?? enter(call, method, request, topics);
      const isNew = !entries.delete(key);
      entries.set(key, entry);
      entry.users++;
      onEnd(() => {
        entry.users--;
        // Nobody waits for it any more.
        if (!entry.users && entry.state.peek().loading) forget(key, entry);
      });
      if (isNew) entry.load();
      for (const [other, old] of entries) {
        if (entries.size <= entriesMax) break;
        if (!old.users) forget(other, old);
      }
      return { state: entry.state, refresh: entry.load };
    },
    /**
     * The answer once, for who shows it in a way of their own: one that is kept is given at once.
     * @param {string} method
     * @param {object} request
     * @param {{topics?: string[], signal?: AbortSignal}} [options]
     * @returns {Promise<any>}
     */
    ask(method, request, { topics, signal } = {}) {
      return new Promise((done, fail) => {
        const { value: answer, end } = freeScope(() => cache.read(method, request, { topics }));
        // What failed before is tried again.
        if (answer.state.peek().error) answer.refresh();
        const watch = freeScope(() =>
          effect(() => {
            const { data, error, loading } = answer.state.value;
            if (loading) return;
            queueMicrotask(leave);
            if (error) fail(error);
            else done(data);
          })
        );
        function leave() {
          signal?.removeEventListener("abort", leave);
          watch.end();
          end();
          fail(new CallError("canceled", "canceled"));
        }
        signal?.addEventListener("abort", leave);
      });
    },
    /**
     * An event came: what is looked at is loaded anew, what is not is forgotten.
     * @param {string} aggregate "customer/01J…"
     */
    changed(aggregate) {
      const [topic, id = ""] = aggregate.split("/");
      for (const [key, entry] of [...entries]) {
        if (!entry.ids.has(id) && !entry.topics.includes(topic)) continue;
        if (entry.users) entry.load();
        else forget(key, entry);
      }
    },
    /** Events were missed. */
    reset() {
      for (const [key, entry] of [...entries]) entry.users ? entry.load() : forget(key, entry);
    },
    get size() {
      return entries.size;
    },
  };
  return cache;
}
