// What a grid is at a moment, without what it looks like: its columns, where one is in it, and what is chosen.
import { batch, derived, signal } from "../../runtime/signal.js";
import { sums } from "../../values/money.js";
import { decimalText } from "../../values/number.js";

/** @typedef {import("./column.js").Column<any>} Column */
/** @typedef {{sort: import("./source.js").Sort, filters: import("./filter.js").Filter[], order: string[], hidden: string[], widths: Record<string, number>, frozen: number}} GridView */
/** @typedef {{column: Column | null, width: number, left: number | null, isEdge: boolean}} Shown `column` null: the ticks; `left`: where it is frozen; `isEdge`: the last that is */
/** @typedef {{row: number, col: number}} Cell row -1 is the header */
/** @typedef {{top: number, bottom: number, left: number, right: number}} Range */

const widthMin = 48;
const widthMax = 900;
const widthUsual = 140;
const ticksWidth = 36;

/** @type {GridView} */
export const standardView = { sort: [], filters: [], order: [], hidden: [], widths: {}, frozen: 1 };

/** A view as a text for the URL, "" where it is the standard one. @param {GridView} view @param {Partial<GridView>} [standard] */
export function viewText(view, standard = {}) {
  const usual = /** @type {Record<string, unknown>} */ ({ ...standardView, ...standard });
  const changed = Object.entries(view).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(usual[name]));
  return changed.length ? JSON.stringify(Object.fromEntries(changed)) : "";
}

/** What is no view is the standard one. @param {string} text @param {Partial<GridView>} [standard] @returns {GridView} */
export function viewOf(text, standard = {}) {
  const usual = { ...standardView, ...standard };
  try {
    const given = JSON.parse(text || "{}");
    const known = Object.entries(usual).map(([name, value]) => {
      const one = given[name];
      return [name, typeof one === typeof value && Array.isArray(one) === Array.isArray(value) ? one : value];
    });
    const view = /** @type {GridView} */ (Object.fromEntries(known));
    const isSound = view.sort.every((one) => typeof one?.column === "string") &&
      view.filters.every((one) => typeof one?.column === "string" && Array.isArray(one.value));
    return isSound ? view : usual;
  } catch {
    return usual;
  }
}

/**
 * A view that is kept in the URL.
 * @param {import("../../runtime/signal.js").Writable<string>} query
 * @param {Partial<GridView>} [standard]
 * @returns {import("../../runtime/signal.js").Writable<GridView>}
 */
export function viewInURL(query, standard) {
  const view = derived(() => viewOf(query.value, standard));
  return {
    get value() {
      return view.value;
    },
    set value(next) {
      query.value = viewText(next, standard);
    },
    peek: () => view.peek(),
  };
}

export class GridModel {
  /**
   * @param {{columns: Column[], source: import("./source.js").Source<any>, rowId: (row: any) => string,
   *   view: import("../../runtime/signal.js").Writable<GridView>, selectable: boolean}} options
   */
  constructor({ columns, source, rowId, view, selectable }) {
    this.columns = columns;
    this.source = source;
    this.rowId = rowId;
    this.view = view;
    this.selectable = selectable;
    /** @type {{value: Cell, peek(): Cell}} */
    this.active = signal({ row: 0, col: selectable ? 1 : 0 });
    /** @type {{value: Cell | null, peek(): Cell | null}} */
    this.anchor = signal(null);
    /** Rows by id; those of pages that are not kept stay chosen. @type {Map<string, any>} */
    this.selected = new Map();
    this.selection = signal(0);
    this.arrangement = derived(() => JSON.stringify([view.value.sort, view.value.filters]));
    /** @type {{readonly value: Shown[], peek(): Shown[]}} */
    this.shown = derived(() => this.layOut());
    /** @type {{readonly value: Range | null, peek(): Range | null}} */
    this.range = derived(() => {
      const [a, b] = [this.anchor.value, this.active.value];
      if (!a || (a.row === b.row && a.col === b.col)) return null;
      return {
        top: Math.max(0, Math.min(a.row, b.row)),
        bottom: Math.max(a.row, b.row),
        left: Math.min(a.col, b.col),
        right: Math.max(a.col, b.col),
      };
    });
  }

  /** @param {Partial<GridView>} change */
  change(change) {
    this.view.value = { ...this.view.peek(), ...change };
  }

  /** All columns in their order, also those that are hidden. */
  inOrder() {
    const { order } = this.view.value;
    const place = (/** @type {Column} */ column) => order.includes(column.id) ? order.indexOf(column.id) : Infinity;
    // What came since the view was saved stands at the end.
    return this.columns.map((column, i) => ({ column, i })).sort((a, b) =>
      Math.min(place(a.column), 1e6) - Math.min(place(b.column), 1e6) || a.i - b.i
    ).map((one) => one.column);
  }

  layOut() {
    const { hidden, widths, frozen } = this.view.value;
    /** @type {{column: Column | null, width: number}[]} */
    const columns = this.inOrder().filter((column) => !hidden.includes(column.id)).map((column) => ({
      column,
      width: widths[column.id] ?? column.width ?? widthUsual,
    }));
    if (this.selectable) columns.unshift({ column: null, width: ticksWidth });
    const frozenCount = frozen + (this.selectable ? 1 : 0);
    let left = 0;
    return columns.map((one, i) => {
      const shown = { ...one, left: i < frozenCount ? left : null, isEdge: i === frozenCount - 1 };
      left += one.width;
      return shown;
    });
  }

  /** @param {string} id @param {number} width */
  resize(id, width) {
    const { widths } = this.view.peek();
    this.change({ widths: { ...widths, [id]: Math.round(Math.max(widthMin, Math.min(widthMax, width))) } });
  }

  /** Moves a column by some places among those that are shown. @param {string} id @param {number} by */
  moveColumn(id, by) {
    const shown = this.shown.peek().flatMap(({ column }) => column ? [column.id] : []);
    const from = shown.indexOf(id);
    const to = Math.max(0, Math.min(shown.length - 1, from + by));
    if (from < 0 || from === to) return;
    shown.splice(to, 0, ...shown.splice(from, 1));
    const rest = this.inOrder().map((column) => column.id).filter((one) => !shown.includes(one));
    batch(() => {
      this.change({ order: [...shown, ...rest] });
      if (this.active.peek().row === -1) this.active.value = { row: -1, col: to + (this.selectable ? 1 : 0) };
    });
  }

  /** Up, down, not at all; `also`: behind the others. @param {string} id @param {boolean} also */
  sortBy(id, also) {
    const { sort } = this.view.peek();
    const now = sort.find((one) => one.column === id);
    const next = !now ? [{ column: id, down: false }] : now.down ? [] : [{ column: id, down: true }];
    this.change({ sort: also ? [...sort.filter((one) => one.column !== id), ...next] : next });
  }

  /** @param {number} row @param {number} col @param {{extend?: boolean}} [how] */
  moveTo(row, col, { extend = false } = {}) {
    const last = this.source.count() - 1;
    const cell = { row: Math.max(-1, Math.min(last, row)), col: Math.max(0, Math.min(this.shown.peek().length - 1, col)) };
    batch(() => {
      this.anchor.value = extend ? this.anchor.peek() ?? this.active.peek() : null;
      this.active.value = extend ? { ...cell, row: Math.max(0, cell.row) } : cell;
    });
  }

  /** @param {any} row */
  isSelected(row) {
    return this.selected.has(this.rowId(row));
  }

  /** @param {number} from @param {number} [to] to there, all as the first becomes */
  toggleRows(from, to = from) {
    const first = this.source.row(from);
    if (!first) return;
    const chosen = !this.isSelected(first);
    for (let i = Math.min(from, to); i <= Math.max(from, to); i++) this.mark(this.source.row(i), chosen);
    this.selection.value++;
  }

  /** @param {any} row @param {boolean} chosen */
  mark(row, chosen) {
    if (row === undefined) return;
    if (chosen) this.selected.set(this.rowId(row), row);
    else this.selected.delete(this.rowId(row));
  }

  /** All that are there, or none. @param {boolean} chosen */
  selectAll(chosen) {
    this.selected.clear();
    if (chosen) { for (let i = 0; i < this.source.count(); i++) this.mark(this.source.row(i), true); }
    this.selection.value++;
  }

  /** Rows stay chosen, but as they are now. */
  refresh() {
    if (!this.selected.size) return;
    for (let i = 0; i < this.source.count(); i++) {
      const row = this.source.row(i);
      if (row !== undefined && this.isSelected(row)) this.mark(row, true);
    }
    this.selection.value++;
  }

  /** What the chosen cells, or else rows, come to: how many, and of each summed column what. `missing` rows are not loaded. */
  totals() {
    this.selection.value;
    const range = this.range.value;
    const rows = range ? this.rowsOf(range) : [...this.selected.values()];
    const columns = this.shown.value.slice(range?.left ?? 0, range ? range.right + 1 : undefined).flatMap(({ column }) =>
      column?.sum ? [column] : []
    );
    const there = rows.filter((row) => row !== undefined);
    return {
      cells: range ? rows.length * (range.right - range.left + 1) : 0,
      rows: rows.length,
      missing: rows.length - there.length,
      sums: columns.map((column) => ({ column, amounts: column.type === "money" ? sums(moneyIn(column, there)) : [numberSum(column, there)] })),
    };
  }

  /** @param {Range} range */
  rowsOf({ top, bottom }) {
    return Array.from({ length: Math.min(bottom, this.source.count() - 1) - top + 1 }, (_, i) => this.source.row(top + i));
  }
}

/** @param {Column} column @param {any[]} rows */
function* moneyIn(column, rows) {
  for (const row of rows) yield /** @type {import("../../values/money.js").Money | null} */ (column.value(row));
}

/** @param {Column} column @param {any[]} rows */
function numberSum(column, rows) {
  const decimals = column.decimals ?? 0;
  let sum = 0n;
  for (const row of rows) {
    const [whole, part = ""] = String(column.value(row) || "0").split(".");
    sum += BigInt(whole + part.slice(0, decimals).padEnd(decimals, "0"));
  }
  return { amount: decimalText(sum, decimals), currency: "" };
}
