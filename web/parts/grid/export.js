// A list as a file that spreadsheets open.
import { textOf } from "../../runtime/h.js";
import { csvLine } from "../../values/table.js";
import { plainText } from "./column.js";

/**
 * All rows that fit, with the columns that are shown; amounts have their currency in a column of its own.
 * @param {import("./model.js").GridModel} model
 * @param {{mark: boolean, signal: AbortSignal}} how `mark`: with the byte order mark, by which Excel knows that it is UTF-8
 */
export async function csvOf(model, { mark, signal }) {
  const columns = model.shown.peek().flatMap(({ column }) => column ? [column] : []);
  const isMixed = (/** @type {typeof columns[number]} */ column) => column.type === "money" && !column.currency;
  const parts = [mark ? "\ufeff" : "", csvLine(columns.flatMap((column) => isMixed(column) ? [textOf(column.label), ""] : [textOf(column.label)]))];
  for await (const rows of model.source.all(signal)) {
    for (const row of rows) {
      parts.push(csvLine(columns.flatMap((column) => {
        const value = column.value(row);
        return isMixed(column) ? [plainText(column, row), value && typeof value === "object" ? value.currency : ""] : [plainText(column, row)];
      })));
    }
  }
  return new Blob(parts, { type: "text/csv;charset=utf-8" });
}

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has begun by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
