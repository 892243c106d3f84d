// Tables as text: what spreadsheets put on the clipboard, and files of comma-separated values.

const rowsMax = 20_000;
const bytesMax = 8_000_000;

/**
 * Rows of what was copied from a spreadsheet. Cells in quotes may hold tabs and line ends. Throws where there is more than can be shown.
 * @param {string} text
 * @returns {string[][]}
 */
export function parseTable(text) {
  if (text.length > bytesMax) throw new RangeError("table.too_large");
  /** @type {string[][]} */
  const rows = [];
  /** @type {string[]} */
  let row = [];
  const piece = /(?:"((?:[^"]|"")*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n|\r|\n|$)/gy;
  while (piece.lastIndex < text.length) {
    const found = /** @type {RegExpExecArray} */ (piece.exec(text));
    row.push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
    if (found[3] === "\t" && piece.lastIndex < text.length) continue;
    if (found[3] === "\t") row.push("");
    rows.push(row);
    row = [];
    if (rows.length > rowsMax) throw new RangeError("table.too_large");
  }
  return rows;
}

/** A text cell that a spreadsheet would run as a formula is marked as text. @param {string} text */
export function harmless(text) {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** @param {string[][]} rows */
export function tableText(rows) {
  return rows.map((row) => row.map((cell) => /[\t\r\n"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell).join("\t")).join("\n");
}

/** @param {string[]} row */
export function csvLine(row) {
  return row.map((cell) => /[",;\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell).join(",") + "\r\n";
}
