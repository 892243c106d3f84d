// Columns: what a cell says to people, to a spreadsheet, and to who sorts and filters.
import { textOf } from "../../runtime/h.js";
import { formatDay, isDay } from "../../values/date.js";
import { compareMoney, formatAmount } from "../../values/money.js";
import { formatNumber } from "../../values/number.js";
import { harmless } from "../../values/table.js";
import { locale } from "../../words/words.js";

/** @typedef {import("../../runtime/h.js").Text} Text */
/** @typedef {import("../../values/money.js").Money} Money */
/** @typedef {string | Money | null | undefined} Value a decimal text of a number, an ISO text of a day, a value of a choice */
/** @typedef {{value: string, label: Text, tone?: import("../badge.js").Tone}} ColumnOption */
/**
 * @template Row
 * @typedef {object} Column
 * @property {string} id
 * @property {Text} label
 * @property {"text" | "money" | "number" | "date" | "choice"} type
 * @property {(row: Row) => Value} value
 * @property {number} [width]
 * @property {ColumnOption[]} [options] of a choice
 * @property {boolean} [sum] counted together in the status bar
 * @property {number} [decimals]
 * @property {boolean} [hidden] at first
 * @property {(row: Row) => string} [href] a link in the cell
 * @property {string} [currency] of a money column that has one for all rows
 * @property {boolean} [fixed] neither sorted nor filtered, as where the server cannot
 * @property {{save: (row: Row, value: any) => Promise<void>}} [edit]
 */

/** @param {Column<any>} column @param {any} row @returns {string} */
export function cellText(column, row) {
  const value = column.value(row);
  if (value === null || value === undefined || value === "") return "";
  if (typeof value === "object") return formatAmount(value, locale.peek());
  if (column.type === "date") return isDay(value) ? formatDay(value, locale.peek()) : value;
  if (column.type === "number") return formatNumber(value, locale.peek(), column.decimals);
  if (column.type === "choice") return textOf(optionOf(column, value)?.label ?? value);
  return value;
}

/** @param {Column<any>} column @param {string} value */
export function optionOf(column, value) {
  return column.options?.find((option) => option.value === value);
}

/** For spreadsheets: numbers bare, days as ISO, names that are no formula. @param {Column<any>} column @param {any} row */
export function plainText(column, row) {
  const value = column.value(row);
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return value.amount;
  if (column.type === "choice") return harmless(cellText(column, row));
  return column.type === "text" ? harmless(value) : value;
}

/** @type {Map<string, Intl.Collator>} */
const collators = new Map();
/** @param {string} language */
function collator(language) {
  let found = collators.get(language);
  if (!found) collators.set(language, found = new Intl.Collator(language, { numeric: true }));
  return found;
}

/**
 * The rows in the order of some columns; equal ones stay as they were, empty cells come last.
 * @template Row
 * @param {Row[]} rows
 * @param {{column: Column<Row>, down: boolean}[]} sort
 */
export function sorted(rows, sort) {
  if (!sort.length) return rows;
  const ranks = sort.map(({ column, down }) => ranksOf(rows, column, down));
  const order = Uint32Array.from(rows, (_, i) => i);
  order.sort((a, b) => {
    for (const rank of ranks) if (rank[a] !== rank[b]) return rank[a] - rank[b];
    return a - b;
  });
  return Array.from(order, (i) => rows[i]);
}

/**
 * A number for each row by which it is sorted: each distinct value is compared only once with others.
 * @param {any[]} rows @param {Column<any>} column @param {boolean} down
 */
function ranksOf(rows, column, down) {
  const keyOf = (/** @type {Value} */ value) => value && typeof value === "object" ? `${value.currency} ${value.amount}` : value ?? "";
  const values = rows.map((row) => column.value(row));
  /** @type {Map<string, Value>} */
  const distinct = new Map(values.map((value) => [keyOf(value), value]));
  const inOrder = [...distinct].filter(([key]) => key !== "").sort(([, a], [, b]) => compareValues(column, a, b));
  if (down) inOrder.reverse();
  const ranks = new Map(inOrder.map(([key], i) => [key, i]));
  return Float64Array.from(values, (value) => ranks.get(keyOf(value)) ?? Infinity);
}

/** @param {Column<any>} column @param {Value} a @param {Value} b */
function compareValues(column, a, b) {
  if (a && b && typeof a === "object" && typeof b === "object") return compareMoney(a, b);
  if (column.type === "number") return Number(a) - Number(b);
  if (column.type === "date") return String(a) < String(b) ? -1 : 1;
  const text = (/** @type {Value} */ value) => column.type === "choice" ? textOf(optionOf(column, String(value))?.label) : String(value);
  return collator(locale.peek()).compare(text(a), text(b));
}
