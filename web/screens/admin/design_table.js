// The designer of decision tables: rows of tests and of what follows, as in a spreadsheet; its tests, and values to try.
import { button } from "../../parts/button.js";
import { icon } from "../../parts/icon.js";
import { menuButton } from "../../parts/menu.js";
import { toast } from "../../parts/toast.js";
import { h, on } from "../../runtime/h.js";
import { each } from "../../runtime/list.js";
import { batch, derived, effect, scope, signal, untracked } from "../../runtime/signal.js";
import { parseTable, tableText } from "../../values/table.js";
import { language } from "../../words/words.js";
import { named } from "../../app/words.js";
import { s, sw } from "../common.js";
import { freeName, isObject, listOf, textOfValue } from "./design_draft.js";
import { choiceProperty, saidProperty, textProperty } from "./design_inputs.js";
import { designHead, findingsOf, stepButtons } from "./design_list.js";
import { sortable } from "./design_drag.js";
import { choicesOf, testsPart, tryPart } from "./design_table_trial.js";
import { insertItem, moveItem, readYAML, removeAt, setValue } from "../../values/yaml_text.js";

/** @typedef {import("./design_draft.js").Draft} Draft */
/** `part` is "when" or "then", `at` its place there. @typedef {{list: "given" | "gives", part: "when" | "then", at: number, name: string, type: string, label: string}} Column */
/** @typedef {import("./design_table_trial.js").Outcome} Outcome */

const hits = ["unique", "first", "any", "priority", "collect", "collect_sum", "collect_min", "collect_max", "collect_count"];
const rowsMax = 1000;
/** What a cell says is what is written: 14 is no text in quotes. */
const plain = { plain: true };

/** @param {Draft} draft */
export function tableDesigner(draft) {
  return new TableDesigner(draft).element;
}

class TableDesigner {
  /** @param {Draft} draft */
  constructor(draft) {
    this.draft = draft;
    this.rows = derived(() => listOf(draft.at(["rows"])));
    this.columns = derived(() => columnsOf(draft.value.value));
    /** Which cell the keys are at; the column behind the last is the note. */
    this.at = signal({ row: 0, column: 0 });
    /** What is typed into it; null while nothing is. */
    this.typing = signal(/** @type {string | null} */ (null));
    this.column = signal(/** @type {{list: "given" | "gives", at: number} | null} */ (null));
    this.news = signal("");
    this.outcome = signal(/** @type {Outcome | null} */ (null));
    this.width = derived(() => this.columns.value.length + 1);
    this.shape = derived(() => JSON.stringify(this.columns.value));
    this.frame = h("div", { class: "design-table-frame" });
    this.element = h(
      "div",
      { class: "design-rule" },
      h(
        "div",
        { class: "design-work" },
        h(
          "section",
          { class: "design-about" },
          designHead(sw("design.rule"), [stepButtons(draft)]),
          h(
            "div",
            { class: "design-properties" },
            saidProperty(draft, () => ["title"], { label: sw("column.title") }),
            choiceProperty(draft, () => ["hit"], {
              label: sw("design.hit"),
              empty: () => named("design_hit", "unique"),
              options: () => hits.slice(1).map((one) => ({ value: one, label: () => named("design_hit", one) })),
            }),
          ),
        ),
        h(
          "div",
          { class: "design-others" },
          () => findingsOf(draft.findings.value.filter((one) => !/^(rows\[|tests\[|title|hit|given\[|gives\[)/.test(one.field ?? ""))),
        ),
        this.tools(),
        h("div", null, this.frame, h("p", { class: "soft design-none", hidden: () => !!this.rows.value.length }, sw("design.no_rows"))),
        h("p", { class: "soft small" }, sw("design.table_keys")),
        h("p", { class: "unseen", role: "status", aria: { live: "polite" } }, () => this.news.value),
        h(
          "div",
          null,
          () =>
            findingsOf(
              draft.findings.value.filter((one) => /^rows\[\d+\](\.(when|then|note))?$/.test(one.field ?? "")).map((one) => ({
                ...one,
                message: s("design.in_row", { number: Number(/\d+/.exec(one.field ?? "")?.[0]) + 1, text: one.message }),
              })),
            ),
        ),
        this.columnPart(),
      ),
      h("div", { class: "design-below" }, tryPart(this), testsPart(this)),
    );
    effect(() => {
      this.shape.value;
      untracked(() => this.draw());
    });
    // Browsers tell of both where the selection is, and a cell that has the focus selects nothing.
    on(document, "paste", (event) => this.paste(event));
    on(document, "copy", (event) => this.copy(event));
    // Who was at a row that is gone is at the last.
    effect(() => {
      const { length } = this.rows.value;
      untracked(() => {
        const { row, column } = this.at.peek();
        this.at.value = { row: Math.max(0, Math.min(row, length - 1)), column: Math.min(column, this.width.peek() - 1) };
      });
    });
  }

  tools() {
    return h(
      "div",
      { class: "panel-actions" },
      button({
        label: sw("design.add_row"),
        icon: "add",
        keys: "mod+Enter",
        onClick: () => this.addRow(this.rows.peek().length ? this.at.peek().row + 1 : 0),
      }),
      button({
        label: sw("design.add_given"),
        icon: "add",
        kind: "quiet",
        onClick: () => this.addColumn("given", listOf(this.draft.at(["given"])).length),
      }),
      button({
        label: sw("design.add_gives"),
        icon: "add",
        kind: "quiet",
        onClick: () => this.addColumn("gives", listOf(this.draft.at(["gives"])).length),
      }),
    );
  }

  /** The table anew, where its columns are others: cells follow what is written themselves. */
  draw() {
    const isAtCell = this.isAtCell();
    const columns = this.columns.peek();
    this.end?.();
    const made = scope(() => {
      /** @type {HTMLElement} */
      const body = h("tbody", null, ...each(() => this.rows.value.map((_, i) => i), (i) => i, (i) => this.row(i.value, columns)));
      sortable(body, {
        items: () => /** @type {HTMLElement[]} */ ([...body.children]),
        handle: ".design-row-grip",
        move: (from, to) => this.moveRow(from, to),
      });
      return h(
        "table",
        {
          class: "design-table",
          role: "grid",
          aria: { label: sw("design.rows"), rowcount: () => this.rows.value.length + 1, colcount: columns.length + 2 },
          on: { keydown: (event) => this.keyDown(event) },
        },
        this.head(columns),
        body,
      );
    });
    this.end = made.end;
    this.frame.replaceChildren(made.value);
    if (isAtCell) this.focus();
  }

  isAtCell() {
    return this.frame.contains(document.activeElement) && document.activeElement?.getAttribute("role") === "gridcell";
  }

  /** @param {Column[]} columns */
  head(columns) {
    const group = (/** @type {"given" | "gives"} */ list, /** @type {import("../../app/words.js").Key} */ key) => {
      const count = columns.filter((one) => one.list === list).length;
      return count ? h("th", { colspan: count, scope: "colgroup", class: `design-group design-${list}` }, sw(key)) : null;
    };
    const names = h(
      "tr",
      null,
      h("th", { class: "design-corner" }, h("span", { class: "unseen" }, sw("design.row"))),
      columns.map((column) => this.headCell(column)),
      h("th", { scope: "col", class: "design-note" }, sw("design.note")),
    );
    for (const list of /** @type {const} */ (["given", "gives"])) {
      sortable(names, {
        axis: "x",
        items: () => /** @type {HTMLElement[]} */ ([...names.querySelectorAll(`:scope > .design-${list}`)]),
        handle: `.design-${list} .design-column-open`,
        move: (from, to) => this.moveColumn(list, from, to),
      });
    }
    return h(
      "thead",
      null,
      h(
        "tr",
        null,
        h("th", null, h("span", { class: "unseen" }, sw("design.row"))),
        group("given", "design.given"),
        group("gives", "design.gives"),
        h("th", null, h("span", { class: "unseen" }, sw("design.note"))),
      ),
      names,
    );
  }

  /** @param {Column} column */
  headCell(column) {
    const { draft } = this;
    const { list, at } = column;
    const place = `${list}[${at}]`;
    const count = () => listOf(draft.at([list])).length;
    const open = () => {
      this.column.value = { list, at };
      /** @type {HTMLElement | null} */ (this.element.querySelector(".design-column input"))?.focus();
    };
    return h(
      "th",
      { scope: "col", class: () => `design-${list}${draft.message(place) ? " design-wrong" : ""}`, title: () => draft.message(place) },
      h(
        "div",
        { class: "design-column-head" },
        h(
          "button",
          {
            class: "design-column-open",
            type: "button",
            title: () => s("design.column_open"),
            on: {
              click: open,
              keydown: (event) => {
                const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
                if (!step || !event.altKey) return;
                event.preventDefault();
                event.stopPropagation();
                this.moveColumn(list, at, at + step);
                /** @type {HTMLElement | undefined} */ (this.frame.querySelectorAll(`.design-${list} .design-column-open`)[at + step])?.focus();
              },
            },
          },
          h("bdi", null, column.label || column.name || s("design.unnamed")),
          h("span", { class: "design-column-type" }, column.label ? `${column.name} · ${column.type}` : column.type),
        ),
        menuButton({
          label: () => s("design.more_of", { text: column.label || column.name }),
          icon: "more",
          kind: "quiet",
          iconOnly: true,
          items: () => [
            { label: sw("do.edit"), icon: "edit", run: open },
            {
              label: sw("design.move_left"),
              icon: "chevronLeft",
              keys: "Alt ←",
              disabled: () => at === 0,
              run: () => this.moveColumn(list, at, at - 1),
            },
            {
              label: sw("design.move_right"),
              icon: "chevronRight",
              keys: "Alt →",
              disabled: () => at === untracked(count) - 1,
              run: () => this.moveColumn(list, at, at + 1),
            },
            { label: sw("design.insert_column"), icon: "add", run: () => this.addColumn(list, at + 1) },
            "line",
            { label: sw("config.remove"), icon: "trash", danger: true, disabled: () => untracked(count) < 2, run: () => this.removeColumn(column) },
          ],
        }),
      ),
    );
  }

  /** @param {number} i @param {Column[]} columns */
  row(i, columns) {
    const holds = () => !!this.outcome.value?.rows.includes(i + 1);
    const row = derived(() => this.rows.value[i]);
    return h(
      "tr",
      { class: () => holds() ? "design-holds" : "", aria: { rowindex: i + 2 } },
      h(
        "th",
        { scope: "row", class: () => `design-row-head${this.draft.message(`rows[${i}]`) ? " design-wrong" : ""}` },
        h("span", { class: "design-row-grip", title: () => s("design.drag"), aria: { hidden: "true" } }, "⠿"),
        h("span", { class: "figures" }, i + 1),
        () => holds() ? h("span", { class: "design-holds-mark" }, icon("check"), h("span", { class: "unseen" }, s("design.holds"))) : [],
        menuButton({
          label: () => s("design.more_of", { text: s("design.row_n", { number: i + 1 }) }),
          icon: "more",
          kind: "quiet",
          iconOnly: true,
          items: () => [
            { label: sw("design.move_up"), icon: "arrowUp", keys: "Alt ↑", disabled: () => i === 0, run: () => this.moveRow(i, i - 1) },
            {
              label: sw("design.move_down"),
              icon: "arrowDown",
              keys: "Alt ↓",
              disabled: () => i === this.rows.peek().length - 1,
              run: () => this.moveRow(i, i + 1),
            },
            { label: sw("design.add_row_below"), icon: "add", keys: "Ctrl Enter", run: () => this.addRow(i + 1) },
            { label: sw("design.duplicate"), icon: "copy", run: () => this.draft.duplicate(["rows"], i) },
            "line",
            { label: sw("config.remove"), icon: "trash", danger: true, run: () => this.removeRow(i) },
          ],
        }),
      ),
      columns.map((column, c) =>
        this.cell(() => listOf(row.value?.[column.part])[column.at], i, c, `rows[${i}].${column.part}[${column.at}]`, `design-cell-${column.part}`)
      ),
      this.cell(() => row.value?.note, i, columns.length, `rows[${i}].note`, "design-cell-note"),
    );
  }

  /** @param {() => unknown} read @param {number} row @param {number} column @param {string} place @param {string} kind */
  cell(read, row, column, place, kind) {
    const { draft } = this;
    const text = derived(() => textOfValue(read()));
    const isAt = derived(() => this.at.value.row === row && this.at.value.column === column);
    const isTyped = derived(() => isAt.value && this.typing.value !== null);
    const wrong = derived(() => draft.message(place));
    return h(
      "td",
      {
        role: "gridcell",
        class: () => `design-cell ${kind}${wrong.value ? " design-wrong" : ""}${isTyped.value ? " design-typed" : ""}`,
        tabindex: () => isAt.value ? 0 : -1,
        data: { cell: `${row}-${column}` },
        aria: { colindex: column + 2, invalid: () => wrong.value ? "true" : null },
        on: {
          focus: () => (this.at.value = { row, column }),
          dblclick: () => this.begin(text.peek()),
        },
      },
      () => isTyped.value ? untracked(() => this.input(text.value)) : [h("bdi", { class: text.value === "-" ? "soft" : "" }, text.value)],
      () => wrong.value ? h("span", { class: "design-cell-wrong" }, icon("alert"), wrong.value) : [],
    );
  }

  /** @param {string} before */
  input(before) {
    const start = untracked(() => this.typing.value ?? before);
    /** @type {HTMLInputElement} */
    const input = h("input", {
      class: "input design-cell-input",
      spellcheck: "false",
      autocomplete: "off",
      value: start,
      maxlength: 4000,
      aria: { label: () => this.cellName() },
      on: {
        blur: () => this.finish(input.value, 0, 0),
        keydown: (event) => {
          if (event.isComposing) return;
          const step = event.key === "Enter" && !event.ctrlKey && !event.metaKey
            ? [event.shiftKey ? -1 : 1, 0]
            : event.key === "Tab"
            ? [0, event.shiftKey ? -1 : 1]
            : null;
          if (event.key === "Escape") {
            this.typing.value = null;
            this.focus();
          } else if (step) this.finish(input.value, step[0], step[1]);
          else if (event.key === "Enter") {
            this.finish(input.value, 0, 0);
            this.addRow(this.at.peek().row + 1);
          } else return event.stopPropagation();
          event.preventDefault();
          event.stopPropagation();
        },
      },
    });
    queueMicrotask(() => {
      input.focus();
      if (start === before) input.select();
    });
    return input;
  }

  cellName() {
    const { row, column } = this.at.peek();
    const one = this.columns.peek()[column];
    return s("design.cell", { text: one ? one.label || one.name : s("design.note"), number: row + 1 });
  }

  /** @param {string} text */
  begin(text) {
    this.typing.value = text;
  }

  /** @param {string} text @param {number} down @param {number} right */
  finish(text, down, right) {
    if (this.typing.peek() === null) return;
    const { row, column } = this.at.peek();
    batch(() => {
      this.typing.value = null;
      this.draft.edit((now) => this.withCell(now, row, column, text.trim()));
      this.step(down, right);
    });
    this.focus();
  }

  /** A text of the document with another cell. @param {string} document @param {number} row @param {number} column @param {string} text */
  withCell(document, row, column, text) {
    const { value = {} } = readYAML(document);
    const one = columnsOf(value)[column];
    if (!one) return text ? setValue(document, ["rows", row, "note"], text) : removeAt(document, ["rows", row, "note"]);
    const cells = listOf(value.rows?.[row]?.[one.part]);
    if (textOfValue(cells[one.at]) === text && one.at < cells.length) return document;
    if (one.at < cells.length) return setValue(document, ["rows", row, one.part, one.at], text, plain);
    const filled = Array.from({ length: one.at + 1 }, (_, i) => i === one.at ? text : textOfValue(cells[i]) || (one.part === "when" ? "-" : ""));
    return setValue(document, ["rows", row, one.part], filled, plain);
  }

  focus() {
    const { row, column } = this.at.peek();
    /** @type {HTMLElement | null} */ (this.frame.querySelector(`[data-cell="${row}-${column}"]`))?.focus();
  }

  /** @param {number} down @param {number} right */
  step(down, right) {
    const { row, column } = this.at.peek();
    const inside = (/** @type {number} */ value, /** @type {number} */ count) => Math.max(0, Math.min(value, count - 1));
    this.at.value = { row: inside(row + down, this.rows.peek().length), column: inside(column + right, this.width.peek()) };
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    const cell = event.target instanceof HTMLElement && event.target.getAttribute("role") === "gridcell" ? event.target : null;
    if (!cell || event.isComposing) return;
    const { row, column } = this.at.peek();
    const mod = event.ctrlKey || event.metaKey;
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.altKey && step && step[0]) this.moveRow(row, row + step[0]);
    else if (step && !event.altKey && !mod) {
      this.step(step[0], step[1]);
      this.focus();
    } else if (event.key === "Home" || event.key === "End") {
      this.at.value = {
        row: mod ? event.key === "Home" ? 0 : this.rows.peek().length - 1 : row,
        column: event.key === "Home" ? 0 : this.width.peek() - 1,
      };
      this.focus();
    } else if (event.key === "Enter" && mod) this.addRow(row + 1);
    else if (event.key === "Enter" || event.key === "F2") this.begin(this.textAt(row, column));
    else if (event.key === "Delete" || event.key === "Backspace") {
      this.draft.edit((now) => this.withCell(now, row, column, this.columns.peek()[column]?.part === "when" ? "-" : ""));
    } else if (/^[zy]$/i.test(event.key) && mod) event.shiftKey || event.key.toLowerCase() === "y" ? this.draft.redo() : this.draft.undo();
    else if (event.key.length === 1 && !mod && !event.altKey) this.begin(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} row @param {number} column */
  textAt(row, column) {
    const one = this.columns.peek()[column];
    const found = this.rows.peek()[row];
    return textOfValue(one ? listOf(found?.[one.part])[one.at] : found?.note);
  }

  /** A block of a spreadsheet from this cell on; rows that are missing are made. @param {ClipboardEvent} event */
  paste(event) {
    if (this.typing.peek() !== null || !this.isAtCell()) return;
    event.preventDefault();
    const { row, column } = this.at.peek();
    let block;
    try {
      block = parseTable(event.clipboardData?.getData("text/plain") ?? "");
    } catch {
      block = null;
    }
    if (!block || row + block.length > rowsMax) return void toast({ text: sw("design.too_much"), tone: "bad" });
    const cells = block.map((one) => one.slice(0, this.width.peek() - column));
    this.draft.edit((now) => cells.reduce((made, one, i) => this.withRow(made, row + i, column, one), now));
    const lost = block.some((one) => one.length > this.width.peek() - column);
    this.news.value = s("design.pasted", { count: cells.length });
    if (lost) toast({ text: sw("design.paste_lost"), tone: "info" });
    this.focus();
  }

  /** @param {string} document @param {number} row @param {number} column @param {string[]} cells */
  withRow(document, row, column, cells) {
    const count = listOf(readYAML(document).value?.rows).length;
    const made = row < count ? document : insertItem(document, ["rows"], count, this.emptyRow(), plain);
    return cells.reduce((text, cell, i) => this.withCell(text, row, column + i, cell.trim()), made);
  }

  /** @param {ClipboardEvent} event */
  copy(event) {
    if (this.typing.peek() !== null || !this.isAtCell() || getSelection()?.toString()) return;
    const { row, column } = this.at.peek();
    event.clipboardData?.setData("text/plain", tableText([[this.textAt(row, column)]]));
    event.preventDefault();
  }

  emptyRow() {
    const columns = this.columns.peek();
    return {
      when: columns.filter((one) => one.part === "when").map(() => "-"),
      then: columns.filter((one) => one.part === "then").map((one) => zeroOf(one.type)),
    };
  }

  /** @param {number} at */
  addRow(at) {
    this.draft.insert(["rows"], at, this.emptyRow(), plain);
    this.at.value = { row: at, column: 0 };
    this.news.value = s("design.row_added", { number: at + 1 });
    this.focus();
  }

  /** @param {number} i */
  removeRow(i) {
    const { draft } = this;
    const row = this.rows.peek()[i];
    draft.remove(["rows", i]);
    this.focus();
    toast({
      text: () => s("design.removed", { text: s("design.row_n", { number: i + 1 }) }),
      tone: "info",
      undo: draft.back(() => draft.insert(["rows"], i, row, plain)),
    });
  }

  /** @param {number} from @param {number} to */
  moveRow(from, to) {
    const { length } = this.rows.peek();
    if (to < 0 || to >= length || from === to) return;
    const { column } = this.at.peek();
    const isAtCell = this.isAtCell();
    batch(() => {
      this.at.value = { row: to, column };
      this.draft.move(["rows"], from, to);
    });
    if (isAtCell) this.focus();
    this.news.value = s("design.moved", { text: s("design.row_n", { number: from + 1 }), number: to + 1, count: length });
  }

  /** @param {"given" | "gives"} list @param {number} at */
  addColumn(list, at) {
    const part = list === "given" ? "when" : "then";
    const taken = this.columns.peek().map((one) => one.name);
    const name = freeName(list === "given" ? "value" : "result", taken);
    const rows = this.rows.peek();
    batch(() => {
      this.draft.edit((text) =>
        rows.reduce(
          (made, row, i) => withInserted(made, ["rows", i, part], listOf(row?.[part]).length, at, list === "given" ? "-" : zeroOf("string")),
          insertItem(text, [list], at, { name, type: "string" }),
        )
      );
      this.column.value = { list, at };
    });
    /** @type {HTMLElement | null} */ (this.element.querySelector(".design-column input"))?.focus();
  }

  /** @param {"given" | "gives"} list @param {number} from @param {number} to */
  moveColumn(list, from, to) {
    const part = list === "given" ? "when" : "then";
    const { length } = listOf(this.draft.at([list]));
    if (to < 0 || to >= length) return;
    const rows = this.rows.peek();
    batch(() => {
      this.draft.edit((text) =>
        rows.reduce(
          (made, row, i) => listOf(row?.[part]).length > Math.max(from, to) ? moveItem(made, ["rows", i, part], from, to) : made,
          moveItem(text, [list], from, to),
        )
      );
      this.column.value = null;
    });
    this.news.value = s("design.moved", { text: textOfValue(listOf(this.draft.at([list]))[to]?.name), number: to + 1, count: length });
  }

  /** @param {Column} column */
  removeColumn({ list, part, at, label, name }) {
    const rows = this.rows.peek();
    batch(() => {
      this.column.value = null;
      this.draft.edit((text) =>
        rows.reduce((made, row, i) => at < listOf(row?.[part]).length ? removeAt(made, ["rows", i, part, at]) : made, removeAt(text, [list, at]))
      );
    });
    toast({ text: () => s("design.removed", { text: label || name }), tone: "info", undo: this.draft.back(() => this.draft.undo()) });
  }

  /** What a column is, below the table. */
  columnPart() {
    const { draft } = this;
    return h("div", null, () => {
      const now = this.column.value;
      if (!now) return [];
      return untracked(() =>
        scope(() => {
          const at = (/** @type {string} */ key) => () => [now.list, now.at, key];
          return h(
            "section",
            {
              class: "design-column",
              on: {
                keydown: (event) => {
                  if (event.key !== "Escape") return;
                  event.stopPropagation();
                  this.column.value = null;
                  /** @type {HTMLElement | undefined} */ (this.frame.querySelectorAll(`.design-${now.list} .design-column-open`)[now.at])?.focus();
                },
              },
            },
            designHead(sw(now.list === "given" ? "design.given_column" : "design.gives_column"), [
              button({ label: sw("design.done"), icon: "check", kind: "quiet", onClick: () => (this.column.value = null) }),
            ]),
            h(
              "div",
              { class: "design-properties" },
              textProperty(draft, at("name"), { label: sw("design.name"), hint: sw("design.name_hint") }),
              textProperty(draft, at("type"), { label: sw("design.type"), hint: sw("design.column_type_hint") }),
              saidProperty(draft, at("label"), { label: sw("design.label") }),
            ),
          );
        }).value
      );
    });
  }
}

/** @param {any} value of the document @returns {Column[]} */
function columnsOf(value) {
  const name = language.value === "zh-CN" ? "zh" : "en";
  const label = (/** @type {any} */ said) => isObject(said) ? textOfValue(said[name] || said.any || Object.values(said)[0]) : textOfValue(said);
  return /** @type {const} */ ([["given", "when"], ["gives", "then"]]).flatMap(([list, part]) =>
    listOf(value?.[list]).map((one, at) => ({ list, part, at, name: textOfValue(one?.name), type: textOfValue(one?.type), label: label(one?.label) }))
  );
}

/** @param {string} text @param {(string | number)[]} path @param {number} length @param {number} at @param {string} value */
const withInserted = (text, path, length, at, value) => length >= at && length ? insertItem(text, path, at, value, plain) : text;

/** What a column gives until somebody says it. @param {string} type */
function zeroOf(type) {
  if (/^(int|decimal)/.test(type)) return "0";
  if (/^bool/.test(type)) return "false";
  return /^string/.test(type) ? choicesOf(type)[0] ?? "''" : "";
}
