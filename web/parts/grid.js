// The grid: lists of any length, worked on by keyboard and by mouse as in a spreadsheet. Its parts are in grid/.
import { h, on, textOf } from "../runtime/h.js";
import { derived, effect, onEnd, signal, untracked } from "../runtime/signal.js";
import { parseTable, tableText } from "../values/table.js";
import { locale, t, words } from "../words/words.js";
import { button } from "./button.js";
import { editCell } from "./grid/edit.js";
import { csvOf, download } from "./grid/export.js";
import { filtersBar } from "./grid/filters-bar.js";
import { GridHead } from "./grid/head.js";
import { plainText } from "./grid/column.js";
import { GridModel, standardView } from "./grid/model.js";
import { GridRows } from "./grid/rows.js";
import { gridStatus } from "./grid/status.js";
import { menuButton } from "./menu.js";
import { density } from "./shell.js";
import { emptyState, errorState, loadingState } from "./states.js";
import { toast } from "./toast.js";

export { arraySource, pageSource } from "./grid/source.js";
export { standardView, viewInURL } from "./grid/model.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/** @typedef {{row: number, col: number, top: number}} GridPlace */
/** @typedef {{cells: string[][], row: number, column: string}} Pasted what was pasted, and the cell it was pasted at */
/**
 * @template Row
 * @typedef {object} GridOptions
 * @property {Text} label
 * @property {import("./grid/column.js").Column<Row>[]} columns
 * @property {import("./grid/source.js").Source<Row>} source
 * @property {(row: Row) => string} rowId
 * @property {import("../runtime/signal.js").Writable<import("./grid/model.js").GridView>} [view]
 * @property {boolean} [selectable] rows have ticks
 * @property {(row: Row) => void} [onOpen] Enter or a double click
 * @property {(pasted: Pasted) => void} [onPaste]
 * @property {Node[]} [tools] beside the filters
 * @property {boolean} [unfiltered] the rows are chosen by what stands elsewhere on the page
 * @property {Node} [empty] where there are no rows and no filters
 * @property {string} [fileName] of what is exported
 * @property {import("../runtime/router.js").Kept<GridPlace>} [keep] where one was, for who comes back: router.keep("customers")
 */

const rowHeights = { compact: 32, comfortable: 40 };

/** @template Row @param {GridOptions<Row>} options */
export function grid(options) {
  const { source, selectable = false } = options;
  const hidden = options.columns.filter((column) => column.hidden).map((column) => column.id);
  const view = options.view ?? signal({ ...standardView, hidden });
  const model = new GridModel({ columns: options.columns, source, rowId: options.rowId, view, selectable });
  const body = h("div", { class: "grid-body", role: "rowgroup" });
  const filters = filtersBar(model);
  const head = new GridHead(model, (column, at) => filters.edit(column, at));
  const table = h(
    "div",
    {
      class: "grid-table",
      role: "grid",
      aria: {
        label: () => textOf(options.label),
        rowcount: () => source.isWhole() ? source.count() + 1 : -1,
        colcount: () => model.shown.value.length,
        multiselectable: String(selectable),
        busy: () => source.loading() || null,
      },
      style: {
        "--grid-columns": () => model.shown.value.map((shown) => `${shown.width}px`).join(" "),
        "--grid-width": () => `${model.shown.value.reduce((sum, shown) => sum + shown.width, 0)}px`,
      },
    },
    h("div", { class: "grid-head-group", role: "rowgroup" }, head.element),
    body,
  );
  // Without rows there is no cell to come to by Tab, and columns beyond the edge could not be seen.
  const isEmpty = derived(() => source.changes() !== undefined && !source.count());
  const scroller = h("div", { class: "grid-scroller", tabindex: () => isEmpty.value ? 0 : null }, table);
  const rows = new GridRows(model, scroller, body, () => rowHeights[density.peek()]);
  follow(model, rows, scroller);
  if (options.keep) keepPlace(model, scroller, options.keep);
  const walk = new Walk(model, rows, options);
  walk.listen(table);
  const element = h(
    "section",
    { class: "grid", aria: { label: () => textOf(options.label) } },
    h(
      "div",
      { class: "grid-bar" },
      options.unfiltered ? null : filters.element,
      h("div", { class: "grid-tools" }, ...(options.tools ?? []), columnsMenu(model), exportMenu(model, options)),
    ),
    h("div", { class: "grid-frame" }, scroller, gridState(model, options)),
    gridStatus(model),
    head.menu.element,
  );
  return { element, model, focus: () => walk.focus() };
}

/** What is seen follows what there is. @param {GridModel} model @param {GridRows} rows @param {HTMLElement} scroller */
function follow(model, rows, scroller) {
  const { source } = model;
  scroller.addEventListener("scroll", () => rows.later(), { passive: true });
  const seen = new ResizeObserver(() => rows.later());
  seen.observe(scroller);
  onEnd(() => (seen.disconnect(), rows.end()));
  effect(() => {
    const [sort, filters] = JSON.parse(model.arrangement.value);
    untracked(() => source.arrange({ sort, filters }));
  });
  const layout = derived(() => JSON.stringify(model.shown.value.map(({ column, left }) => [column?.id, left])));
  let before = "";
  effect(() => {
    const now = layout.value + density.value;
    source.changes();
    locale.value;
    source.count();
    untracked(() => {
      // Other columns or another height: other elements. A width alone is in the style of all.
      if (now !== before) rows.clear();
      before = now;
      model.refresh();
      rows.render(true);
    });
  });
  effect(() => {
    model.selection.value;
    model.range.value;
    model.active.value;
    untracked(() => rows.paint());
  });
}

/** @param {GridModel} model @param {HTMLElement} scroller @param {import("../runtime/router.js").Kept<GridPlace>} keep */
function keepPlace(model, scroller, keep) {
  let wanted = keep.read();
  let top = 0;
  scroller.addEventListener("scroll", () => (top = scroller.scrollTop), { passive: true });
  effect(() => {
    const count = model.source.count();
    // Not before the rows are there, and only once.
    if (!wanted || wanted.row >= count) return;
    const place = wanted;
    wanted = undefined;
    model.moveTo(place.row, place.col);
    // The scroller has a height only when it is in the page.
    requestAnimationFrame(() => (scroller.scrollTop = place.top));
  });
  // Once it has left the page, the scroller does not know any more where it was.
  onEnd(() => keep.write({ ...model.active.peek(), top }));
}

/** Over the rows where there are none. @param {GridModel} model @param {GridOptions<any>} options */
function gridState({ source, view }, options) {
  const state = derived(() => {
    source.changes();
    if (source.error()) return "error";
    if (source.loading() && !source.isWhole() && !source.row(0)) return "loading";
    return source.isWhole() && !source.count() ? (view.value.filters.length ? "filtered" : "empty") : "";
  });
  return h("div", { class: () => `grid-state grid-state-${state.value}`, hidden: () => !state.value }, () => {
    if (state.value === "error") return errorState({ error: source.error() ?? new Error(), retry: () => source.retry() });
    if (state.value === "loading") return loadingState();
    if (state.value === "empty") return options.empty ?? emptyState({ title: words("grid.empty"), help: words("grid.empty_help") });
    if (state.value !== "filtered") return null;
    const clear = button({ label: words("grid.clear_filters"), onClick: () => (view.value = { ...view.peek(), filters: [] }) });
    return emptyState({ title: words("grid.none_fits"), help: words("grid.none_fits_help"), icon: "filter", actions: [clear] });
  });
}

/** @param {GridModel} model */
function columnsMenu(model) {
  const shows = (/** @type {string} */ id) => !model.view.peek().hidden.includes(id);
  return menuButton({
    label: words("grid.columns"),
    icon: "columns",
    kind: "quiet",
    iconOnly: true,
    align: "end",
    items: () => [
      { title: words("grid.columns") },
      ...model.inOrder().map((column) => ({
        label: column.label,
        checked: () => shows(column.id),
        stay: true,
        run: () => {
          const { hidden } = model.view.peek();
          const isLast = model.shown.peek().filter((one) => one.column).length === 1;
          if (shows(column.id)) { if (!isLast) model.change({ hidden: [...hidden, column.id] }); }
          else model.change({ hidden: hidden.filter((one) => one !== column.id) });
        },
      })),
      "line",
      { label: words("grid.reset"), icon: "undo", run: () => model.change({ hidden: [], order: [], widths: {}, frozen: 1 }) },
    ],
  });
}

/** @param {GridModel} model @param {GridOptions<any>} options */
function exportMenu(model, { fileName = "remit" }) {
  const stop = new AbortController();
  onEnd(() => stop.abort());
  const write = (/** @type {boolean} */ mark) => async () => {
    try {
      download(await csvOf(model, { mark, signal: stop.signal }), `${fileName}.csv`);
    } catch (error) {
      toast({ text: error instanceof Error ? error.message : String(error), tone: "bad" });
    }
  };
  return menuButton({
    label: words("grid.export"),
    icon: "download",
    kind: "quiet",
    iconOnly: true,
    align: "end",
    items:
      () => [{ label: words("grid.csv_excel"), icon: "table", run: write(true) }, { label: words("grid.csv"), icon: "document", run: write(false) }],
  });
}

/** Where one is, by keyboard and mouse. */
class Walk {
  /** @param {GridModel} model @param {GridRows} rows @param {GridOptions<any>} options */
  constructor(model, rows, options) {
    this.model = model;
    this.rows = rows;
    this.options = options;
    /** @type {HTMLElement} */
    this.table = rows.body;
    this.lastTicked = -1;
    this.dragging = false;
  }

  /** @param {HTMLElement} table */
  listen(table) {
    this.table = table;
    table.addEventListener("keydown", (event) => this.keyDown(event));
    table.addEventListener("pointerdown", (event) => this.pointerDown(event));
    table.addEventListener("dblclick", (event) => this.hit(event) && this.open(true));
    table.addEventListener("copy", (event) => this.copy(event));
    table.addEventListener("paste", (event) => this.paste(event));
    // A drag may end anywhere.
    on(document, "pointerup", () => (this.dragging = false));
    table.addEventListener("pointerover", (event) => {
      const cell = this.dragging ? this.hit(event) : null;
      if (cell) this.model.moveTo(cell.row, cell.col, { extend: true });
    });
  }

  /** The cell of an event. @param {Event} event */
  hit(event) {
    const cell = event.target instanceof Element ? event.target.closest("[data-col]") : null;
    const row = cell?.parentElement?.getAttribute("aria-rowindex");
    return cell && row ? { row: Number(row) - 2, col: Number(cell.getAttribute("data-col")) } : null;
  }

  focus() {
    const { row, col } = this.model.active.peek();
    this.rows.reveal({ row, col });
    this.rows.render(false);
    const cell = row === -1 ? this.table.querySelector(`[data-head="${col}"]`) : this.rows.cellAt({ row, col });
    if (cell instanceof HTMLElement) cell.focus({ preventScroll: true });
  }

  /** @param {number} row @param {number} col @param {boolean} extend */
  go(row, col, extend) {
    this.model.moveTo(row, col, { extend });
    this.focus();
  }

  /** @param {PointerEvent} event */
  pointerDown(event) {
    const cell = this.hit(event);
    if (!cell || event.button !== 0 || /** @type {Element} */ (event.target).closest("a, input, select, .cell-editor")) return;
    event.preventDefault();
    const isTick = this.model.shown.peek()[cell.col]?.column === null;
    if (isTick || event.ctrlKey || event.metaKey) this.tick(cell.row, event.shiftKey);
    this.go(cell.row, cell.col, event.shiftKey && !isTick);
    this.dragging = !isTick;
  }

  /** @param {number} row @param {boolean} through from the last that was ticked */
  tick(row, through) {
    if (!this.model.selectable) return;
    if (through && this.lastTicked >= 0) {
      const first = this.model.source.row(this.lastTicked);
      // All become what the first is.
      if (first && this.model.isSelected(first)) this.model.toggleRows(this.lastTicked);
      this.model.toggleRows(this.lastTicked, row);
    } else this.model.toggleRows(row);
    this.lastTicked = row;
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    if (event.isComposing || event.defaultPrevented || (event.target instanceof Element && event.target.closest(".cell-editor, .head-menu"))) return;
    if (this.move(event) || this.act(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** @param {KeyboardEvent} event */
  move(event) {
    const { row, col } = this.model.active.peek();
    const page = Math.max(1, Math.floor(this.rows.scroller.clientHeight / this.rows.rowHeight()) - 2);
    const last = { row: this.model.source.count() - 1, col: this.model.shown.peek().length - 1 };
    const mod = event.ctrlKey || event.metaKey;
    if (event.altKey) return false;
    /** @type {Record<string, [number, number]>} */
    const to = {
      ArrowUp: [mod ? 0 : row - 1, col],
      ArrowDown: [mod ? last.row : row + 1, col],
      ArrowLeft: [row, mod ? 0 : col - 1],
      ArrowRight: [row, mod ? last.col : col + 1],
      Home: [mod ? 0 : row, 0],
      End: [mod ? last.row : row, last.col],
      PageUp: [Math.max(0, row - page), col],
      PageDown: [row + page, col],
    };
    const cell = to[event.key];
    if (!cell) return false;
    this.go(cell[0], cell[1], event.shiftKey);
    return true;
  }

  /** @param {KeyboardEvent} event */
  act(event) {
    const { row, col } = this.model.active.peek();
    const mod = event.ctrlKey || event.metaKey;
    if (mod && event.key.toLowerCase() === "a" && this.model.selectable) this.model.selectAll(true);
    else if (event.key === " " && row === -1) this.model.selectAll(!this.model.selected.size);
    else if (event.key === " ") this.tick(row, event.shiftKey);
    else if (event.key === "Enter") return this.open(!mod);
    else if (event.key === "F2") return this.edit("");
    else if (event.key === "Escape") return this.letGo();
    else if (event.key.length === 1 && !mod && !event.altKey) return this.edit(event.key);
    else return false;
    this.rows.reveal({ row, col });
    return true;
  }

  /** Ranges first, then what is ticked; Esc of who has neither is for who is around the grid. */
  letGo() {
    if (this.model.range.peek()) this.model.anchor.value = null;
    else if (this.model.selected.size) this.model.selectAll(false);
    else return false;
    return true;
  }

  /** @param {boolean} mayEdit */
  open(mayEdit) {
    if (mayEdit && this.edit("")) return true;
    const row = this.model.source.row(this.model.active.peek().row);
    if (row === undefined || !this.options.onOpen) return false;
    this.options.onOpen(row);
    return true;
  }

  /** @param {string} typed */
  edit(typed) {
    const at = this.model.active.peek();
    const column = this.model.shown.peek()[at.col]?.column;
    const row = this.model.source.row(at.row);
    const cell = this.rows.cellAt(at);
    if (!column?.edit || row === undefined || !cell) return false;
    editCell({
      column,
      row,
      cell,
      typed,
      done: (key) => {
        if (key === "blur") return;
        const next = { Enter: [at.row + 1, at.col], Tab: [at.row, at.col + 1], ShiftTab: [at.row, at.col - 1], Escape: [at.row, at.col] }[key];
        this.go(next[0], next[1], false);
      },
    });
    return true;
  }

  /** @param {ClipboardEvent} event */
  copy(event) {
    if (event.target instanceof Element && event.target.closest(".cell-editor")) return;
    const { model } = this;
    const range = model.range.peek();
    const { row, col } = model.active.peek();
    const columns = (/** @type {number} */ from, /** @type {number} */ to) =>
      model.shown.peek().slice(from, to).flatMap(({ column }) => column ? [column] : []);
    const [rows, shown] = range
      ? [model.rowsOf(range), columns(range.left, range.right + 1)]
      : model.selected.size
      ? [[...model.selected.values()], columns(0, Infinity)]
      : [[model.source.row(row)], columns(col, col + 1)];
    const there = rows.filter((one) => one !== undefined);
    event.clipboardData?.setData("text/plain", tableText(there.map((one) => shown.map((column) => plainText(column, one)))));
    event.preventDefault();
    toast({ text: t("grid.copied", { count: there.length }), tone: "info" });
  }

  /** @param {ClipboardEvent} event */
  paste(event) {
    if (!this.options.onPaste || (event.target instanceof Element && event.target.closest(".cell-editor"))) return;
    event.preventDefault();
    const { row, col } = this.model.active.peek();
    try {
      const cells = parseTable(event.clipboardData?.getData("text/plain") ?? "");
      if (cells.length) this.options.onPaste({ cells, row, column: this.model.shown.peek()[col]?.column?.id ?? "" });
    } catch {
      toast({ text: t("grid.paste_too_large"), tone: "bad" });
    }
  }
}
