// The URL is the view: what is shown follows from path and query, and each state of it can be sent to a colleague. Links are real ones.
import { on } from "./h.js";
import { derived, signal } from "./signal.js";

/** @template T @typedef {{read: () => T | undefined, write: (value: T) => void}} Kept */
/** @typedef {{path: string, params: Record<string, string>, query: Record<string, string>}} Place */

/**
 * The parts that `:name` stands for, or null where the path is another. A star at the end takes the rest.
 * @param {string} pattern
 * @param {string} path
 * @returns {Record<string, string> | null}
 */
export function matchPath(pattern, path) {
  const wanted = pattern.split("/").filter(Boolean);
  const given = path.split("/").filter(Boolean);
  /** @type {Record<string, string>} */
  const params = {};
  for (const [i, part] of wanted.entries()) {
    if (part === "*") return params;
    const text = given[i];
    if (text === undefined) return null;
    if (part.startsWith(":")) params[part.slice(1)] = decode(text);
    else if (part !== text) return null;
  }
  return wanted.length === given.length ? params : null;
}

/** What nobody can decode is taken as it stands. @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * An address with some of its query changed; null takes a name out. In the order of names, so that one view has one address.
 * @param {string} href
 * @param {Record<string, string | null | undefined>} changes
 */
export function withQuery(href, changes) {
  const [path, query = ""] = href.split("?");
  const search = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") search.delete(name);
    else search.set(name, value);
  }
  search.sort();
  return search.size ? `${path}?${search}` : path;
}

/**
 * @template View
 * @param {{routes: Record<string, View>, base?: string}} options routes by pattern, the first that fits
 */
export function createRouter({ routes, base = "" }) {
  const read = () => location.pathname + location.search;
  const href = signal(read());
  /** @type {Set<() => boolean>} */
  const guards = new Set();
  /** @type {Map<string, number>} */
  const scrolls = new Map();
  /** @type {Map<string, Record<string, any>>} */
  const kept = new Map();
  let entry = history.state?.entry ?? newEntry();
  history.replaceState({ ...history.state, entry }, "");
  history.scrollRestoration = "manual";

  const place = derived(() => placeOf(routes, href.value.slice(base.length)));
  const mayLeave = () => [...guards].every((guard) => guard());

  /** @param {string} to @param {{replace?: boolean}} [how] */
  function go(to, { replace = false } = {}) {
    const next = new URL(to, location.href);
    const path = next.pathname + next.search;
    if (path === href.peek() && !next.hash) return;
    if (next.pathname !== location.pathname && !mayLeave()) return;
    scrolls.set(entry, main().scrollTop);
    if (!replace) entry = newEntry();
    history[replace ? "replaceState" : "pushState"]({ entry }, "", next);
    const samePath = path.split("?")[0] === href.peek().split("?")[0];
    href.value = path;
    if (!samePath) main().scrollTop = 0;
  }

  on(globalThis, "popstate", (event) => {
    if (read().split("?")[0] !== href.peek().split("?")[0] && !mayLeave()) return history.forward();
    scrolls.set(entry, main().scrollTop);
    entry = event.state?.entry ?? newEntry();
    href.value = read();
    scrollBack(scrolls.get(entry) ?? 0);
  });

  followLinks(base, go);

  return {
    href,
    place,
    go,
    /**
     * A part of the query as a value: reading follows the URL, writing changes it. `replace`: a change is no step back.
     * @param {string} name
     * @param {{replace?: boolean}} [how]
     */
    query: (name, how = { replace: true }) => queryValue(name, () => place.value.query, (next) => go(withQuery(href.peek(), { [name]: next }), how)),
    /**
     * Something that a step of the history keeps: who comes back finds it.
     * @template T
     * @param {string} name
     * @returns {Kept<T>}
     */
    keep(name) {
      const mine = kept.get(entry) ?? {};
      kept.set(entry, mine);
      return { read: () => mine[name], write: (value) => (mine[name] = value) };
    },
    /** @param {() => boolean} guard whether the view may be left; ends with what it gives */
    guard(guard) {
      guards.add(guard);
      return () => guards.delete(guard);
    },
  };
}

/** @param {string} base @param {(to: string) => void} go */
function followLinks(base, go) {
  on(document, "click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || !isPlain(event, link) || !isOurs(link, base)) return;
    event.preventDefault();
    go(link.href);
  });
}

/**
 * @param {string} name
 * @param {() => Record<string, string>} query
 * @param {(next: string) => void} write
 * @returns {import("./signal.js").Writable<string>}
 */
function queryValue(name, query, write) {
  const value = derived(() => query()[name] ?? "");
  return {
    get value() {
      return value.value;
    },
    set value(next) {
      write(next);
    },
    peek: () => value.peek(),
  };
}

/** What scrolls: the main region of the shell. */
const main = () => document.getElementById("main") ?? document.documentElement;

/** What is shown may first have to be loaded: it is tried for a while, unless a person scrolls. @param {number} top */
function scrollBack(top, frames = 60) {
  const region = main();
  region.scrollTop = top;
  const reached = region.scrollTop;
  if (reached >= top || !frames) return;
  requestAnimationFrame(() => main().scrollTop === reached && scrollBack(top, frames - 1));
}

/** A view of this program, and not a place in the one that is shown. @param {HTMLAnchorElement} link @param {string} base */
function isOurs(link, base) {
  const isPlace = link.hash && link.pathname === location.pathname && link.search === location.search;
  return link.origin === location.origin && link.pathname.startsWith(base) && !isPlace;
}

/**
 * What an address stands for: the first route that fits, with what its names are.
 * @template View
 * @param {Record<string, View>} routes
 * @param {string} href
 */
function placeOf(routes, href) {
  const [path, search = ""] = href.split("?");
  const query = /** @type {Record<string, string>} */ (Object.fromEntries(new URLSearchParams(search)));
  for (const [pattern, view] of Object.entries(routes)) {
    const params = matchPath(pattern, path);
    if (params) return { view, path, params, query };
  }
  return { view: null, path, params: {}, query };
}

let entries = 0;
const newEntry = () => `${Date.now()}-${++entries}`;

/** A click that the browser itself would follow in place. @param {MouseEvent} event @param {HTMLAnchorElement} link */
function isPlain(event, link) {
  return !event.defaultPrevented && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey &&
    !event.altKey &&
    (!link.target || link.target === "_self") && !link.hasAttribute("download");
}
