import { arraySource, pageSource } from "../parts/grid/source.js";
import { plainText, sorted } from "../parts/grid/column.js";
import { compareDecimals, fits } from "../parts/grid/filter.js";
import { GridModel, standardView, viewOf, viewText } from "../parts/grid/model.js";
import { fuzzyScore } from "../parts/fuzzy.js";
import { ranked } from "../parts/palette.js";
import { signal } from "../runtime/signal.js";
import { csvLine, harmless, parseTable, tableText } from "../values/table.js";
import { eventually, refused, same } from "./expect.js";

/** @typedef {{id: string, name: string, amount: import("../values/money.js").Money | null, due: string, kind: string}} Row */
/** @type {import("../parts/grid/column.js").Column<Row>[]} */
const columns = [
  { id: "name", label: "Name", type: "text", value: (row) => row.name },
  { id: "amount", label: "Amount", type: "money", value: (row) => row.amount, sum: true },
  { id: "due", label: "Due", type: "date", value: (row) => row.due },
  { id: "kind", label: "Kind", type: "choice", value: (row) => row.kind, options: [{ value: "a", label: "Open" }, { value: "b", label: "Paid" }] },
];
/** @param {string} id @param {string} amount @param {string} [currency] @returns {Row} */
const row = (id, amount, currency = "EUR") => ({ id, name: `R-${id}`, amount: amount ? { amount, currency } : null, due: "2026-01-31", kind: "a" });
const rows = [row("1", "10.00"), row("2", "9.50"), row("10", "100.00"), row("3", "7", "CNY"), row("4", "")];

/** @param {Row[]} [given] */
function model(given = rows) {
  const source = arraySource(signal(given), columns);
  return new GridModel({ columns, source, rowId: (one) => one.id, view: signal(standardView), selectable: true });
}

Deno.test("Amounts are sorted by what they are, names as people count, and what is empty comes last", () => {
  const ids = (/** @type {string} */ column, down = false) =>
    sorted(rows, [{ column: columns.find((one) => one.id === column) ?? columns[0], down }]).map((one) => one.id);
  same(ids("amount"), ["3", "2", "1", "10", "4"]);
  same(ids("amount", true), ["10", "1", "2", "3", "4"]);
  same(ids("name"), ["1", "2", "3", "4", "10"]);
});

Deno.test("Filters compare exactly", () => {
  const found = (/** @type {import("../parts/grid/filter.js").Filter[]} */ ...filters) => rows.filter(fits(filters, columns)).map((one) => one.id);
  same(found({ column: "amount", op: "at_least", value: ["9.5"] }), ["1", "2", "10"]);
  same(found({ column: "amount", op: "at_most", value: ["9.499"] }), ["3"]);
  same(found({ column: "*", op: "contains", value: ["r-1"] }), ["1", "10"]);
  same(found({ column: "kind", op: "one_of", value: ["b"] }), []);
  same(found({ column: "gone", op: "is", value: ["x"] }).length, 5, "a column of yesterday");
  same([compareDecimals("0.1", "0.10"), compareDecimals("-2", "-10"), compareDecimals("99999999999999999999.01", "99999999999999999999.02")], [
    0,
    1,
    -1,
  ]);
});

Deno.test("What is chosen is summed exactly, a currency each", () => {
  const grid = model(Array.from({ length: 1000 }, (_, i) => row(String(i), "0.10")));
  grid.moveTo(0, 2);
  grid.moveTo(999, 2, { extend: true });
  same(grid.totals(), { cells: 1000, rows: 1000, missing: 0, sums: [{ column: columns[1], amounts: [{ amount: "100.00", currency: "EUR" }] }] });
  grid.moveTo(0, 0);
  grid.toggleRows(0, 2);
  same([grid.totals().rows, grid.totals().sums[0].amounts], [3, [{ amount: "0.30", currency: "EUR" }]]);
});

Deno.test("One stays within the grid, wherever one goes", () => {
  const grid = model();
  grid.moveTo(99, 99);
  same(grid.active.peek(), { row: 4, col: 4 });
  grid.moveTo(-5, -5);
  same(grid.active.peek(), { row: -1, col: 0 });
  grid.moveTo(-1, 1, { extend: true });
  same(grid.range.peek()?.top, 0, "a range has no header");
});

Deno.test("Columns are moved, sized within bounds, hidden and frozen", () => {
  const grid = model();
  grid.moveColumn("name", 2);
  grid.resize("amount", 1);
  grid.change({ hidden: ["kind"] });
  same(grid.shown.peek().map((one) => [one.column?.id ?? "", one.width, one.left]), [["", 36, 0], ["amount", 48, 36], ["due", 140, null], [
    "name",
    140,
    null,
  ]]);
  grid.moveColumn("due", -9);
  same(grid.inOrder().map((one) => one.id), ["due", "amount", "name", "kind"]);
});

Deno.test("A view is a short text, and what is none is the standard view", () => {
  const view = { ...standardView, sort: [{ column: "due", down: true }] };
  same(viewText(view), '{"sort":[{"column":"due","down":true}]}');
  same(viewOf(viewText(view)), view);
  same(viewText(standardView), "");
  for (const text of ["", "{", "[]", "null", '{"sort":3}', '{"sort":[null]}', '{"filters":[{"column":"a"}]}', '{"widths":[]}']) {
    same(viewOf(text), standardView, text);
  }
});

Deno.test("Pages by offset are asked for as they are looked at, once, and anew when the order changes", async () => {
  /** @type {string[]} */
  const asked = [];
  const source = pageSource({
    pageSize: 10,
    load: ({ offset, sort }) => {
      asked.push(`${offset}${sort.length ? " sorted" : ""}`);
      return Promise.resolve({ rows: Array.from({ length: 10 }, (_, i) => offset + i), total: 1000 });
    },
  });
  source.arrange({ sort: [], filters: [] });
  await eventually(() => source.isWhole(), "the first page");
  same([source.count(), source.row(5), source.row(500)], [1000, 5, undefined]);
  for (const at of [100, 300, 500]) source.need(at, at + 5);
  await eventually(() => source.row(500) === 500, "the page looked at last");
  same(asked, ["0", "500"]);
  source.arrange({ sort: [{ column: "a", down: false }], filters: [] });
  await eventually(() => source.row(0) === 0, "again");
  same(asked[2], "0 sorted");
});

Deno.test("Pages by token come one after the other to the last", async () => {
  const source = pageSource({
    pageSize: 2,
    load: ({ pageToken }) =>
      Promise.resolve({ rows: [`${pageToken}a`, `${pageToken}b`], nextPageToken: pageToken === "2" ? "" : String(Number(pageToken) + 1) }),
  });
  source.arrange({ sort: [], filters: [] });
  await eventually(() => source.row(1), "the first page");
  same(source.isWhole(), false);
  source.need(0, 3);
  await eventually(() => source.row(3), "the second");
  source.need(2, 5);
  await eventually(() => source.isWhole(), "the last");
  same(source.count(), 6);
  /** @type {string[]} */
  const all = [];
  for await (const page of source.all(new AbortController().signal)) all.push(...page);
  same(all, ["a", "b", "1a", "1b", "2a", "2b"]);
});

Deno.test("A page that fails says so, and is asked for again", async () => {
  let fails = true;
  const source = pageSource({ load: () => fails ? Promise.reject(new Error("here")) : Promise.resolve({ rows: [1], total: 1 }) });
  source.arrange({ sort: [], filters: [] });
  await eventually(() => source.error(), "the error");
  fails = false;
  source.retry();
  await eventually(() => source.row(0) === 1 && !source.error(), "the rows");
});

Deno.test("Tables of spreadsheets are read as they are, and written harmless", async () => {
  same(parseTable('a\tb\r\n"c ""d""\ne"\t\n\tf'), [["a", "b"], ['c "d"\ne', ""], ["", "f"]]);
  same([parseTable(""), parseTable("x"), parseTable("a\t"), parseTable('5" pipe\t1')], [[], [["x"]], [["a", ""]], [['5" pipe', "1"]]]);
  const cells = [["a\tb", 'c"d', "e\nf", ""], ["1", "2", "3", "4"]];
  same(parseTable(tableText(cells)), cells);
  await refused(() => parseTable("x\n".repeat(20_002)), /too_large/);
  same([harmless("=1+1"), harmless("-5"), harmless("华信")], ["'=1+1", "'-5", "华信"]);
  same(csvLine(["a,b", 'c"d', "e"]), '"a,b","c""d",e\r\n');
  same([plainText(columns[1], row("1", "-5.00")), plainText(columns[0], { ...row("1", "1"), name: "@x" })], ["-5.00", "'@x"]);
});

Deno.test("The palette finds by beginnings, by signs in order, and by initials", () => {
  /** @param {string} label @param {string[]} [also] */
  const command = (label, also) => ({ id: label, label, group: "g", also });
  const all = [command("Export journal"), command("Journal"), command("华信电子", ["hxdz"]), command("Post invoice")];
  const found = (/** @type {string} */ query) => ranked(all, query).map((one) => one.id);
  same([found("jour")[0], found("hxd")[0], found("华")[0], found("pi")[0], found("zzz")], ["Journal", "华信电子", "华信电子", "Post invoice", []]);
  same(found(""), all.map((one) => one.id));
  same(fuzzyScore("abc", "acb"), 0);
});
