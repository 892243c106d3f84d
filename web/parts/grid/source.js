// Where rows come from: a list at hand, or pages of a server, of which only those that are looked at are kept.
import { batch, derived, signal, untracked } from "../../runtime/signal.js";
import { sorted } from "./column.js";
import { fits } from "./filter.js";

/** @typedef {import("./filter.js").Filter} Filter */
/** @typedef {{column: string, down: boolean}[]} Sort */
/** @typedef {{sort: Sort, filters: Filter[]}} Arrangement */
/**
 * @template Row
 * @typedef {object} Source
 * @property {() => number} count how many rows there are, or are known of
 * @property {() => boolean} isWhole whether that is all
 * @property {(index: number) => Row | undefined} row what is not there is asked for by `need`
 * @property {() => unknown} changes read by who shows rows
 * @property {(first: number, last: number) => void} need
 * @property {(arrangement: Arrangement) => void} arrange
 * @property {() => boolean} loading
 * @property {() => Error | null} error
 * @property {() => void} retry
 * @property {(signal: AbortSignal) => AsyncGenerator<Row[]>} all
 */

/**
 * @template Row
 * @param {{readonly value: Row[]}} rows
 * @param {import("./column.js").Column<Row>[]} columns
 * @returns {Source<Row>}
 */
export function arraySource(rows, columns) {
  const arrangement = signal(/** @type {Arrangement} */ ({ sort: [], filters: [] }));
  const filtered = derived(() => arrangement.value.filters.length ? rows.value.filter(fits(arrangement.value.filters, columns)) : rows.value);
  const inOrder = derived(() => {
    const sort = arrangement.value.sort.flatMap(({ column, down }) => {
      const found = columns.find((one) => one.id === column);
      return found ? [{ column: found, down }] : [];
    });
    return sorted(filtered.value, sort);
  });
  return {
    count: () => inOrder.value.length,
    isWhole: () => true,
    row: (index) => inOrder.peek()[index],
    changes: () => inOrder.value,
    need() {},
    arrange: (next) => (arrangement.value = next),
    loading: () => false,
    error: () => null,
    retry() {},
    async *all() {
      yield await Promise.resolve(inOrder.peek());
    },
  };
}

/**
 * `load` answers with `total`, and any page can be asked for, or with `nextPageToken`, and pages come one after the other.
 * @template Row
 * @typedef {(page: {offset: number, pageSize: number, pageToken: string, sort: Sort, filters: Filter[], signal: AbortSignal}) =>
 *   Promise<{rows: Row[], total?: number, nextPageToken?: string}>} LoadPage
 */

const pagesKeptMax = 60;
const pageSizeUsual = 200;
const exportPageSize = 1000;
/** Who drags the scroll bar passes by many pages. */
const restMs = 50;
/** Rows to come that are shown as such. */
const expectedRows = 12;

/**
 * @template Row
 * @param {{load: LoadPage<Row>, pageSize?: number}} options
 */
export function pageSource({ load, pageSize = pageSizeUsual }) {
  return new PageSource(load, pageSize);
}

/**
 * @template Row
 * @implements {Source<Row>}
 */
class PageSource {
  /** @param {LoadPage<Row>} load @param {number} pageSize */
  constructor(load, pageSize) {
    this.load = load;
    this.pageSize = pageSize;
    /** @type {Map<number, Row[]>} */
    this.pages = new Map();
    /** @type {Map<number, AbortController>} */
    this.asked = new Map();
    /** Of pages that come one after the other: what the page is asked by. @type {string[]} */
    this.tokens = [""];
    this.total = signal(0);
    this.whole = signal(false);
    this.version = signal(0);
    this.failure = signal(/** @type {Error | null} */ (null));
    this.pending = signal(0);
    this.arrangement = /** @type {Arrangement} */ ({ sort: [], filters: [] });
    /** First and last page that are looked at. */
    this.window = [0, 0];
    this.timer = 0;
  }

  count() {
    return this.total.value + (this.whole.value || this.failure.value ? 0 : expectedRows);
  }

  isWhole() {
    return this.whole.value;
  }

  /** @param {number} index */
  row(index) {
    return this.pages.get(Math.floor(index / this.pageSize))?.[index % this.pageSize];
  }

  changes() {
    return this.version.value;
  }

  loading() {
    return this.pending.value > 0;
  }

  error() {
    return this.failure.value;
  }

  /** @param {number} first @param {number} last */
  need(first, last) {
    const next = [Math.floor(first / this.pageSize), Math.floor(last / this.pageSize)];
    const isSame = next[0] === this.window[0] && next[1] === this.window[1];
    if (isSame && !this.isMissing(next)) return;
    this.window = next;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => untracked(() => this.askWindow()), restMs);
  }

  /** @param {number[]} window */
  isMissing([first, last]) {
    for (let page = first; page <= last; page++) {
      if (page < this.tokens.length && !this.pages.has(page) && !this.asked.has(page)) return true;
    }
    return false;
  }

  /** @param {Arrangement} next */
  arrange(next) {
    this.arrangement = next;
    this.reload();
  }

  retry() {
    this.failure.value = null;
    this.askWindow();
  }

  reload() {
    for (const stop of this.asked.values()) stop.abort();
    this.asked.clear();
    batch(() => {
      this.pages = new Map();
      this.tokens = [""];
      this.total.value = 0;
      this.whole.value = false;
      this.failure.value = null;
      this.version.value++;
    });
    this.window = [0, 0];
    void this.ask(0);
  }

  askWindow() {
    const [first, last] = this.window;
    for (const [page, stop] of this.asked) {
      if (this.whole.peek() && (page < first || page > last)) {
        stop.abort();
        this.asked.delete(page);
      }
    }
    for (let page = first; page <= last; page++) if (page < this.tokens.length) void this.ask(page);
  }

  /** @param {number} page */
  async ask(page) {
    const pageToken = this.tokens[page];
    if (this.asked.has(page) || this.pages.has(page) || pageToken === undefined) return;
    const stop = new AbortController();
    this.asked.set(page, stop);
    this.pending.value++;
    try {
      const answer = await this.load({ ...this.arrangement, offset: page * this.pageSize, pageSize: this.pageSize, pageToken, signal: stop.signal });
      if (!stop.signal.aborted) this.take(page, answer);
    } catch (error) {
      if (!stop.signal.aborted) this.failure.value = error instanceof Error ? error : new Error(String(error));
    } finally {
      if (this.asked.get(page) === stop) this.asked.delete(page);
      this.pending.value--;
    }
  }

  /** @param {number} page @param {{rows: Row[], total?: number, nextPageToken?: string}} answer */
  take(page, answer) {
    this.pages.set(page, answer.rows);
    if (answer.total !== undefined) {
      this.tokens = Array.from({ length: Math.ceil(answer.total / this.pageSize) }, () => "");
      this.forgetFar(page);
    } else if (answer.nextPageToken) this.tokens[page + 1] = answer.nextPageToken;
    const known = [...this.pages].reduce((most, [at, rows]) => Math.max(most, at * this.pageSize + rows.length), 0);
    const isLast = answer.total !== undefined || (!answer.nextPageToken && this.tokens.length <= page + 1);
    batch(() => {
      this.failure.value = null;
      this.whole.value ||= isLast;
      this.total.value = answer.total ?? known;
      this.version.value++;
    });
  }

  /** @param {number} page */
  forgetFar(page) {
    const far = [...this.pages.keys()].sort((a, b) => Math.abs(b - page) - Math.abs(a - page));
    for (const one of far.slice(0, Math.max(0, this.pages.size - pagesKeptMax))) this.pages.delete(one);
  }

  /** @param {AbortSignal} signal @returns {AsyncGenerator<Row[]>} */
  async *all(signal) {
    for (let offset = 0, pageToken = "";;) {
      const answer = await this.load({ ...this.arrangement, offset, pageSize: exportPageSize, pageToken, signal });
      yield answer.rows;
      offset += answer.rows.length;
      pageToken = answer.nextPageToken ?? "";
      if (!answer.rows.length || (answer.total === undefined ? !pageToken : offset >= answer.total)) return;
    }
  }
}
