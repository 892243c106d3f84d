// A table in a form: lines that are added, taken away, and pasted from a spreadsheet.
import { h, textOf } from "../../runtime/h.js";
import { each } from "../../runtime/list.js";
import { derived } from "../../runtime/signal.js";
import { localToday, orderOf, parseDay } from "../../values/date.js";
import { formatMoney, parseMoney, sums } from "../../values/money.js";
import { parseNumber } from "../../values/number.js";
import { parseTable } from "../../values/table.js";
import { locale, t, words } from "../../words/words.js";
import { button } from "../button.js";
import { alone } from "../field.js";
import { icon } from "../icon.js";
import { toast } from "../toast.js";
import { formInput, problemText } from "./input.js";

/** @typedef {import("./state.js").FormField} FormField */
/** @typedef {import("./state.js").Line} Line */
const linesMax = 1000;

/** @param {import("./state.js").FormState} state @param {FormField} field @param {(field: FormField) => () => string} currencyOf */
export function formLines(state, field, currencyOf) {
  return new FormLines(state, field, currencyOf).element;
}

class FormLines {
  /** @param {import("./state.js").FormState} state @param {FormField} field @param {(field: FormField) => () => string} currencyOf */
  constructor(state, field, currencyOf) {
    this.state = state;
    this.field = field;
    this.currencyOf = currencyOf;
    this.lines = state.lines[field.name];
    this.columns = (field.columns ?? []).filter((column) => !column.hidden);
    this.element = h(
      "div",
      { class: "lines field-wide", on: { paste: (event) => this.paste(event) } },
      h(
        "table",
        { class: "lines-table", aria: { label: () => textOf(field.label) } },
        this.head(),
        h("tbody", null, ...each(() => this.lines.value, (line) => line.key, (line, index) => this.row(line.value, index))),
        totalsRow(this.lines, this.columns),
      ),
      () => this.lines.value.length ? null : h("p", { class: "lines-none soft" }, t("form.no_lines")),
      h(
        "div",
        { class: "lines-add" },
        button({ label: words("form.add_line"), icon: "add", kind: "quiet", onClick: () => this.add() }),
        h("span", { class: "soft small" }, words("form.paste_hint")),
      ),
    );
  }

  add() {
    const line = this.state.newLine(this.field);
    this.lines.value = [...this.lines.peek(), line];
    // The person goes on in it.
    const input = this.element.querySelector(`[data-line="${line.key}"] :is(input, select)`);
    if (input instanceof HTMLElement) input.focus();
  }

  /** @param {Line} line */
  remove(line) {
    const at = this.lines.peek().indexOf(line);
    this.lines.value = this.lines.peek().filter((one) => one !== line);
    const rest = this.element.querySelectorAll(".line-remove");
    const next = rest[Math.min(at, rest.length - 1)] ?? this.element.querySelector(".lines-add button");
    if (next instanceof HTMLElement) next.focus();
  }

  /** Several cells at once: from the one that has the focus on, in lines that are made as they are needed. @param {ClipboardEvent} event */
  paste(event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!/[\t\n]/.test(text.trimEnd())) return;
    const cell = event.target instanceof Element ? event.target.closest("[data-column]") : null;
    const line = cell?.closest("[data-line]");
    if (!cell || !line) return;
    event.preventDefault();
    const first = this.lines.peek().findIndex((one) => one.key === line.getAttribute("data-line"));
    const from = this.columns.findIndex((column) => column.name === cell.getAttribute("data-column"));
    try {
      const rows = parseTable(text);
      if (first + rows.length > linesMax) throw new RangeError();
      toast({ text: this.take(rows, first, from), tone: "info" });
    } catch {
      toast({ text: t("grid.paste_too_large"), tone: "bad" });
    }
  }

  /** @param {string[][]} rows @param {number} first @param {number} from */
  take(rows, first, from) {
    const next = [...this.lines.peek()];
    let unread = 0;
    rows.forEach((row, i) => {
      const line = next[first + i] ??= this.state.newLine(this.field);
      row.forEach((text, j) => {
        const column = this.columns[from + j];
        if (!column || column.readonly || !text.trim()) return;
        const cell = line.cells[column.name];
        const read = readCell(column, text.trim(), this.currencyOf(column)());
        cell.touched.value = true;
        if ("problem" in read) unread++;
        cell.problem.value = "problem" in read ? read.problem : null;
        cell.value.value = "problem" in read ? null : read.value;
      });
    });
    this.lines.value = next;
    return unread ? t("form.pasted_some", { count: rows.length, unread }) : t("form.pasted", { count: rows.length });
  }

  head() {
    const star = () => h("span", { class: "field-required", aria: { hidden: "true" } }, "*");
    return h(
      "thead",
      null,
      h(
        "tr",
        null,
        this.columns.map((column) =>
          h("th", { scope: "col", class: isNumeric(column) ? "amount" : "" }, () => textOf(column.label), column.required ? star() : null)
        ),
        h("th", null, h("span", { class: "unseen" }, words("form.remove_line"))),
      ),
    );
  }

  /** @param {Line} line @param {{readonly value: number}} index */
  row(line, index) {
    const remove = h("button", {
      class: "line-remove button button-quiet button-icon",
      type: "button",
      aria: { label: () => t("form.remove_line_n", { number: index.value + 1 }) },
      on: { click: () => this.remove(line) },
    }, icon("close"));
    return h(
      "tr",
      { data: { line: line.key } },
      this.columns.map((column) => this.cell(line, index, column)),
      h("td", { class: "line-end" }, remove),
    );
  }

  /** @param {Line} line @param {{readonly value: number}} index @param {FormField} column */
  cell(line, index, column) {
    const cell = line.cells[column.name];
    const path = () => `${this.field.name}[${index.value}].${column.name}`;
    const error = derived(() => problemText(this.state.wrongAt(column, path(), cell)));
    const tie = {
      ...alone(() => t("form.cell", { column: textOf(column.label), number: index.value + 1 })),
      invalid: () => !!error.value,
      required: () => !!column.required,
      readonly: () => !!column.readonly,
    };
    return h(
      "td",
      {
        class: () => error.value ? "line-wrong" : "",
        data: { column: column.name, path },
        title: () => error.value,
        on: { focusout: () => (cell.touched.value = true) },
      },
      formInput(column, cell, tie, this.currencyOf(column)),
      () => error.value && h("span", { class: "unseen", role: "status" }, error.value),
    );
  }
}

/** @param {FormField} column */
const isNumeric = (column) => column.type === "money" || column.type === "number";

/** The sums of its amounts. @param {import("./state.js").Writable<Line[]>} lines @param {FormField[]} columns */
function totalsRow(lines, columns) {
  if (!columns.some((column) => column.type === "money")) return null;
  return h(
    "tfoot",
    { hidden: () => lines.value.length < 2 },
    h(
      "tr",
      null,
      columns.map((column, i) =>
        h("td", { class: column.type === "money" ? "amount" : "soft" }, () => {
          if (column.type !== "money") return i === 0 ? t("form.total") : "";
          return sums(lines.value.map((line) => line.cells[column.name].value.value)).map((money) => formatMoney(money, locale.value)).join(" · ");
        })
      ),
      h("td", null),
    ),
  );
}

/** A cell of a spreadsheet as the value of a column. @param {FormField} column @param {string} text @param {string} currency */
export function readCell(column, text, currency) {
  const how = { locale: locale.peek(), decimals: column.decimals ?? 0 };
  if (column.type === "money") {
    const read = parseMoney(text, { currency, locale: how.locale });
    return "problem" in read ? read : { value: read.money };
  }
  if (column.type === "number") {
    const read = parseNumber(text, how);
    return "problem" in read ? read : { value: read.text };
  }
  if (column.type === "date") {
    const read = parseDay(text, { today: localToday(), order: orderOf(how.locale) });
    return "problem" in read ? read : { value: read.day };
  }
  if (column.type === "choice") {
    const found = column.options?.find((option) => option.value === text || textOf(option.label) === text);
    return found ? { value: found.value } : { problem: { key: "form.no_option", params: { text: text.slice(0, 40) } } };
  }
  return { value: text };
}
