// Filters of a list: which rows fit. The same are sent to a server that filters itself.
import { cellText } from "./column.js";

/** @typedef {"contains" | "is" | "one_of" | "at_least" | "at_most" | "empty"} Operator */
/** @typedef {{column: string, op: Operator, value: string[]}} Filter `column` "*": any text */

/** @type {Record<import("./column.js").Column<any>["type"], Operator[]>} */
export const operators = {
  text: ["contains", "is", "empty"],
  money: ["at_least", "at_most", "is"],
  number: ["at_least", "at_most", "is"],
  date: ["at_least", "at_most", "is", "empty"],
  choice: ["one_of"],
};

/**
 * Whether a row fits all filters.
 * @template Row
 * @param {Filter[]} filters
 * @param {import("./column.js").Column<Row>[]} columns
 * @returns {(row: Row) => boolean}
 */
export function fits(filters, columns) {
  const tests = filters.map((filter) => {
    if (filter.column === "*") return anyText(filter.value[0] ?? "", columns.filter((column) => column.type === "text"));
    const column = columns.find((one) => one.id === filter.column);
    // A view that speaks of a column of yesterday shows all rows rather than none.
    return column ? testOf(column, filter) : () => true;
  });
  return (row) => tests.every((test) => test(row));
}

/** @param {string} text @param {import("./column.js").Column<any>[]} columns */
function anyText(text, columns) {
  const wanted = text.toLowerCase();
  return (/** @type {any} */ row) => columns.some((column) => String(column.value(row) ?? "").toLowerCase().includes(wanted));
}

/** @param {import("./column.js").Column<any>} column @param {Filter} filter @returns {(row: any) => boolean} */
function testOf(column, { op, value }) {
  const bare = (/** @type {any} */ row) => {
    const found = column.value(row);
    return found && typeof found === "object" ? found.amount : found ?? "";
  };
  const [first = ""] = value;
  if (op === "empty") return (row) => bare(row) === "";
  if (op === "one_of") return (row) => value.includes(bare(row));
  if (op === "contains") {
    const wanted = first.toLowerCase();
    return (row) => cellText(column, row).toLowerCase().includes(wanted);
  }
  const compare = column.type === "money" || column.type === "number" ? compareDecimals : compareTexts;
  if (op === "is") return (row) => bare(row) !== "" && compare(bare(row), first) === 0;
  const sign = op === "at_least" ? 1 : -1;
  return (row) => bare(row) !== "" && compare(bare(row), first) * sign >= 0;
}

/** @param {string} a @param {string} b */
const compareTexts = (a, b) => a < b ? -1 : a > b ? 1 : 0;

/** Decimal texts, exactly. @param {string} a @param {string} b */
export function compareDecimals(a, b) {
  const [x, y] = [scaledUp(a), scaledUp(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** @param {string} text */
function scaledUp(text) {
  const [whole, part = ""] = text.split(".");
  return BigInt(whole + part.slice(0, 8).padEnd(8, "0"));
}
