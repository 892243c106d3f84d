// The rows that can be seen, and the one that has the focus. Elements are filled anew when rows scroll by; none is made that is not needed.
import { h } from "../../runtime/h.js";
import { t } from "../../words/words.js";
import { cellText, optionOf } from "./column.js";

/** @typedef {import("./model.js").GridModel} GridModel */
/** @typedef {import("./model.js").Shown} Shown */
/** @typedef {{element: HTMLElement, fill: (row: any) => void}} CellView */
/** @typedef {{element: HTMLElement, cells: CellView[], index: number}} RowView */

/** Rows beyond the edges, so that a small scroll finds them drawn. */
const spareRows = 6;

export class GridRows {
  /** @param {GridModel} model @param {HTMLElement} scroller @param {HTMLElement} body @param {() => number} rowHeight */
  constructor(model, scroller, body, rowHeight) {
    this.model = model;
    this.scroller = scroller;
    this.body = body;
    this.rowHeight = rowHeight;
    /** @type {Map<number, RowView>} */
    this.views = new Map();
    /** @type {RowView[]} */
    this.spare = [];
    this.frame = 0;
  }

  /** At the next frame. */
  later() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.render(false);
    });
  }

  end() {
    cancelAnimationFrame(this.frame);
  }

  /** Other columns: other cells. */
  clear() {
    for (const view of [...this.views.values(), ...this.spare]) view.element.remove();
    this.views.clear();
    this.spare = [];
  }

  /** @returns {[number, number]} first and last row that can be seen */
  window() {
    const height = this.rowHeight();
    const first = Math.floor(this.scroller.scrollTop / height);
    return [first, Math.min(this.model.source.count() - 1, first + Math.ceil(this.scroller.clientHeight / height))];
  }

  /** @param {boolean} all also those that are drawn already: their content changed */
  render(all) {
    const { source, active } = this.model;
    const count = source.count();
    this.body.style.setProperty("height", `${count * this.rowHeight()}px`);
    const [first, last] = this.window();
    if (count) source.need(Math.max(0, first), Math.max(0, last));
    const from = Math.max(0, first - spareRows);
    const to = Math.min(count - 1, last + spareRows);
    const kept = Math.min(active.peek().row, count - 1);
    for (const [index, view] of this.views) {
      if ((index >= from && index <= to) || index === kept) continue;
      this.views.delete(index);
      this.spare.push(view);
    }
    // In the order in which they stand, so that after a jump none must be moved: that costs more than to fill it.
    this.spare.sort((a, b) => a.index - b.index);
    for (let index = from; index <= to; index++) this.show(index, all);
    if (kept >= 0 && (kept < from || kept > to)) this.show(kept, all);
    for (const view of this.spare) view.element.hidden = true;
    this.paint();
  }

  /** @param {number} index @param {boolean} all */
  show(index, all) {
    const known = this.views.get(index);
    if (known && !all) return;
    const view = known ?? this.spare.shift() ?? this.make();
    if (!known) this.place(view, index);
    const row = this.model.source.row(index);
    view.element.classList.toggle("row-coming", row === undefined);
    for (const cell of view.cells) cell.fill(row);
  }

  /** In the order of rows also in the document, which is the order in which they are read out. @param {RowView} view @param {number} index */
  place(view, index) {
    view.index = index;
    const { element } = view;
    element.hidden = false;
    element.setAttribute("aria-rowindex", String(index + 2));
    element.style.setProperty("transform", `translateY(${index * this.rowHeight()}px)`);
    const before = this.views.get(index - 1)?.element;
    const after = this.views.get(index + 1)?.element;
    if (before) {
      if (before.nextSibling !== element) before.after(element);
    } else if (after) {
      if (after.previousSibling !== element) after.before(element);
    } else if (!element.isConnected) {
      this.body.append(element);
    }
    this.views.set(index, view);
  }

  /** @returns {RowView} */
  make() {
    const cells = this.model.shown.peek().map((shown, i) => makeCell(shown, i));
    return { element: h("div", { class: "grid-row", role: "row" }, ...cells.map((cell) => cell.element)), cells, index: -1 };
  }

  /** What is chosen, and where one is. */
  paint() {
    const { model } = this;
    const range = model.range.peek();
    const active = model.active.peek();
    for (const { element, cells, index } of this.views.values()) {
      const row = model.source.row(index);
      const chosen = row !== undefined && model.isSelected(row);
      element.classList.toggle("row-selected", chosen);
      if (model.selectable) element.setAttribute("aria-selected", String(chosen));
      const inRows = range && index >= range.top && index <= range.bottom;
      cells.forEach(({ element: cell }, col) => {
        const inRange = !!inRows && col >= range.left && col <= range.right;
        if (cell.classList.contains("in-range") !== inRange) {
          cell.classList.toggle("in-range", inRange);
          cell.setAttribute("aria-selected", String(inRange || chosen));
        }
        const tabindex = index === active.row && col === active.col ? 0 : -1;
        if (cell.tabIndex !== tabindex) cell.tabIndex = tabindex;
      });
    }
  }

  /** @param {import("./model.js").Cell} cell */
  cellAt({ row, col }) {
    return this.views.get(row)?.cells[col]?.element ?? null;
  }

  /** So that the cell can be seen whole, also beside columns that do not scroll. @param {import("./model.js").Cell} cell */
  reveal({ row, col }) {
    const { scroller } = this;
    const height = this.rowHeight();
    const room = scroller.clientHeight - height;
    const top = row * height;
    if (row >= 0) {
      if (top < scroller.scrollTop) scroller.scrollTop = top;
      else if (top + height > scroller.scrollTop + room) scroller.scrollTop = top + height - room;
    }
    const shown = this.model.shown.peek();
    if (shown[col]?.left !== null) return;
    const left = shown.slice(0, col).reduce((sum, one) => sum + one.width, 0);
    const frozen = shown.reduce((sum, one) => one.left === null ? sum : sum + one.width, 0);
    if (left - frozen < scroller.scrollLeft) scroller.scrollLeft = left - frozen;
    else if (left + shown[col].width > scroller.scrollLeft + scroller.clientWidth) {
      scroller.scrollLeft = left + shown[col].width - scroller.clientWidth;
    }
  }
}

/** @param {Shown} shown @param {number} i @returns {CellView} */
function makeCell({ column, left, isEdge }, i) {
  const numeric = column?.type === "money" || column?.type === "number";
  const element = h("div", {
    class: `grid-cell${numeric ? " amount" : ""}${column?.type === "date" ? " figures" : ""}${left === null ? "" : " frozen"}${
      isEdge ? " frozen-last" : ""
    }${column ? "" : " tick-cell"}`,
    role: "gridcell",
    tabindex: -1,
    aria: { colindex: i + 1 },
    data: { col: i },
  });
  if (left !== null) element.style.setProperty("inset-inline-start", `${left}px`);
  if (!column) {
    element.append(h("span", { class: "tick" }), h("span", { class: "unseen" }, t("grid.tick")));
    return { element, fill() {} };
  }
  if (column.edit) element.classList.add("can-edit");
  return { element, fill: filler(column, element) };
}

/** Made once for a cell, so that filling it is no more than setting texts. @param {import("./column.js").Column<any>} column @param {HTMLElement} element */
function filler(column, element) {
  const text = document.createTextNode("");
  const say = (/** @type {any} */ row) => (text.data = row === undefined ? "" : cellText(column, row));
  if (column.href) {
    const link = h("a", { class: "cell-link", tabindex: -1 }, text);
    element.append(link);
    return (/** @type {any} */ row) => {
      say(row);
      if (row !== undefined) link.href = /** @type {(row: any) => string} */ (column.href)(row);
    };
  }
  if (column.type === "choice" && column.options?.some((option) => option.tone)) {
    const badge = h("span", null, h("span", { class: "badge-dot", aria: { hidden: "true" } }), h("span", null, text));
    element.append(badge);
    return (/** @type {any} */ row) => {
      say(row);
      const tone = row === undefined ? null : optionOf(column, String(column.value(row)))?.tone;
      badge.className = tone ? `badge badge-${tone}` : "badge-none";
    };
  }
  if (column.type === "money" && !column.currency) {
    const unit = document.createTextNode("");
    element.append(h("span", { class: "cell-unit" }, unit), h("span", null, text));
    return (/** @type {any} */ row) => {
      say(row);
      const value = row === undefined ? null : column.value(row);
      unit.data = value && typeof value === "object" ? `${value.currency}\u00a0` : "";
      element.classList.toggle("negative", text.data.startsWith("-"));
    };
  }
  element.append(text);
  return say;
}
