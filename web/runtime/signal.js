// Signals: values that tell who read them when they change. An effect runs once for a change, however many of its sources changed; what an
// effect or a scope made ends with it. A derived value that nobody watches hangs on nothing, so it needs no owner.

/** @typedef {0 | 1 | 2} State */
const CLEAN = 0;
/** A source of a source changed: whether this one did is asked of the sources. */
const MAYBE = 1;
const STALE = 2;

/** An effect that changes what it reads would run for ever. */
const runsMax = 100;

/** @type {Derived<unknown> | Effect | null} */
let reader = null;
/** @type {Scope | null} */
let owner = null;
let depth = 0;
/** @type {Effect[]} */
let queue = [];

/** What is ended together. */
class Scope {
  constructor() {
    /** @type {(() => void)[]} */
    this.endings = [];
  }

  end() {
    const endings = this.endings;
    this.endings = [];
    for (let i = endings.length - 1; i >= 0; i--) endings[i]();
  }
}

/** @template T */
class Source {
  constructor() {
    /** @type {Set<Derived<any> | Effect>} */
    this.readers = new Set();
  }

  /** @protected */
  track() {
    if (!reader) return;
    reader.found.add(/** @type {any} */ (this));
    this.readers.add(reader);
  }

  /** @param {Derived<any> | Effect} gone */
  drop(gone) {
    this.readers.delete(gone);
  }

  settle() {}
}

/**
 * @template T
 * @extends {Source<T>}
 */
class Signal extends Source {
  /** @param {T} value */
  constructor(value) {
    super();
    this.current = value;
  }

  get value() {
    this.track();
    return this.current;
  }

  set value(next) {
    if (Object.is(next, this.current)) return;
    this.current = next;
    batch(() => {
      for (const one of [...this.readers]) one.mark(STALE);
    });
  }

  /** The value, without being told of its changes. */
  peek() {
    return this.current;
  }
}

/**
 * @template T
 * @extends {Source<T>}
 */
class Derived extends Source {
  /** @param {() => T} give */
  constructor(give) {
    super();
    this.give = give;
    /** @type {State} */
    this.state = STALE;
    /** @type {Set<Source<any>>} */
    this.sources = new Set();
    /** @type {Set<Source<any>>} */
    this.found = new Set();
    /** @type {T | undefined} */
    this.current = undefined;
  }

  get value() {
    this.settle();
    // Not before: who is reading now is not stale because of what it is about to read.
    this.track();
    const value = /** @type {T} */ (this.current);
    if (!this.readers.size) this.sleep();
    return value;
  }

  peek() {
    return untracked(() => this.value);
  }

  /** @param {State} state */
  mark(state) {
    if (this.state >= state) return;
    const was = this.state;
    this.state = state;
    if (was === CLEAN) { for (const one of [...this.readers]) one.mark(MAYBE); }
  }

  settle() {
    if (!isStale(this)) return;
    const next = /** @type {T} */ (collect(this, this.give));
    this.state = CLEAN;
    if (Object.is(next, this.current)) return;
    this.current = next;
    for (const one of this.readers) if (one.state === MAYBE) one.state = STALE;
  }

  /** @param {Derived<any> | Effect} gone */
  drop(gone) {
    super.drop(gone);
    if (!this.readers.size) this.sleep();
  }

  /** Lets go of what it read, so that a long-lived signal does not keep it. */
  sleep() {
    for (const source of this.sources) source.drop(this);
    this.sources = new Set();
    this.state = STALE;
  }
}

class Effect {
  /** @param {() => void} run */
  constructor(run) {
    this.run = run;
    /** @type {State} */
    this.state = STALE;
    /** @type {Set<Source<any>>} */
    this.sources = new Set();
    /** @type {Set<Source<any>>} */
    this.found = new Set();
    this.scope = new Scope();
    this.ended = false;
  }

  /** @param {State} state */
  mark(state) {
    if (this.state === CLEAN) queue.push(this);
    if (this.state < state) this.state = state;
  }

  settle() {
    if (this.ended || !isStale(this)) return;
    // Before it runs: what it changes itself is to make it run again.
    this.state = CLEAN;
    this.scope.end();
    const outer = owner;
    owner = this.scope;
    try {
      collect(this, this.run);
    } finally {
      owner = outer;
    }
  }

  end() {
    this.ended = true;
    this.scope.end();
    for (const source of this.sources) source.drop(this);
    this.sources = new Set();
  }
}

/** @param {Derived<any> | Effect} node */
function isStale(node) {
  if (node.state === MAYBE) {
    for (const source of node.sources) {
      source.settle();
      if (/** @type {State} */ (node.state) === STALE) break;
    }
    if (/** @type {State} */ (node.state) === MAYBE) node.state = CLEAN;
  }
  return node.state === STALE;
}

/**
 * Runs, and keeps as sources just what was read this time.
 * @template T
 * @param {Derived<any> | Effect} node
 * @param {() => T} run
 */
function collect(node, run) {
  const outer = reader;
  const before = node.sources;
  reader = node;
  node.found = new Set();
  try {
    return run();
  } finally {
    reader = outer;
    node.sources = node.found;
    for (const source of before) if (!node.sources.has(source)) source.drop(node);
  }
}

function flush() {
  /** @type {unknown[]} */
  const errors = [];
  // What changes meanwhile is done by this loop, not by one within it.
  depth++;
  for (let runs = 0; queue.length && runs <= runsMax; runs++) {
    const round = queue;
    queue = [];
    for (const effect of round) {
      try {
        effect.settle();
      } catch (error) {
        errors.push(error);
      }
    }
  }
  depth--;
  if (queue.length) errors.push(new Error("an effect changes what it reads, without end"));
  for (const effect of queue) effect.state = CLEAN;
  queue = [];
  if (errors.length) throw errors[0];
}

/**
 * @template T
 * @param {T} value
 */
export function signal(value) {
  return new Signal(value);
}

/**
 * A value made of others; made anew when it is read and one of them has changed.
 * @template T
 * @param {() => T} give
 */
export function derived(give) {
  return new Derived(give);
}

/**
 * Runs now, and again after each change of what it read. Ends with its owner, or by what it gives.
 * @param {() => void} run
 * @returns {() => void}
 */
export function effect(run) {
  const made = new Effect(run);
  const end = () => made.end();
  owner?.endings.push(end);
  depth++;
  try {
    made.settle();
  } finally {
    if (--depth === 0) flush();
  }
  return end;
}

/**
 * Changes many signals; who reads them is told once.
 * @template T
 * @param {() => T} change
 */
export function batch(change) {
  depth++;
  try {
    return change();
  } finally {
    if (--depth === 0) flush();
  }
}

/**
 * @template T
 * @param {() => T} read
 */
export function untracked(read) {
  const outer = reader;
  reader = null;
  try {
    return read();
  } finally {
    reader = outer;
  }
}

/**
 * What is made in it (effects, listeners, scopes) ends by `end`, or with the scope that it was made in.
 * @template T
 * @param {() => T} make
 * @returns {{value: T, end: () => void}}
 */
export function scope(make) {
  const made = new Scope();
  const outer = owner;
  const end = () => {
    if (outer) outer.endings = outer.endings.filter((one) => one !== end);
    made.end();
  };
  outer?.endings.push(end);
  return { value: owned(made, make), end };
}

/**
 * A scope that who makes it must end.
 * @template T
 * @param {() => T} make
 * @returns {{value: T, end: () => void}}
 */
export function freeScope(make) {
  const made = new Scope();
  return { value: owned(made, make), end: () => made.end() };
}

/**
 * @template T
 * @param {Scope | null} scope
 * @param {() => T} make
 */
function owned(scope, make) {
  const outer = owner;
  owner = scope;
  try {
    return untracked(make);
  } finally {
    owner = outer;
  }
}

/** @param {() => void} ending */
export function onEnd(ending) {
  owner?.endings.push(ending);
}

/**
 * @template T
 * @typedef {{value: T, peek(): T}} Writable
 */
/**
 * @template T
 * @typedef {{readonly value: T, peek(): T}} Readable
 */
