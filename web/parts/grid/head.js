// The header: sorts by a click or Enter, moves and sizes columns by dragging or by keys, and has a menu for all of that.
import { h, textOf } from "../../runtime/h.js";
import { each } from "../../runtime/list.js";
import { derived } from "../../runtime/signal.js";
import { t, words } from "../../words/words.js";
import { icon } from "../icon.js";
import { popMenu } from "../menu.js";

/** @typedef {import("./model.js").GridModel} GridModel */
const stepWidth = 16;
/** Less is a click by an unsteady hand. */
const dragMin = 5;

/** @typedef {import("./column.js").Column<any>} Column */

export class GridHead {
  /** @param {GridModel} model @param {(column: Column, at: Element) => void} filter */
  constructor(model, filter) {
    this.model = model;
    this.filter = filter;
    this.menu = popMenu({ label: words("grid.column") });
    /** Where a column that is dragged would come. */
    this.mark = h("div", { class: "grid-drop", hidden: true });
    this.element = h(
      "div",
      { class: "grid-row grid-head", role: "row", aria: { rowindex: 1 } },
      ...each(() => model.shown.value.map((shown, col) => ({ ...shown, col })), (one) => one.column?.id ?? "", (one) => this.cell(one)),
      this.mark,
    );
  }

  /** @param {{readonly value: import("./model.js").Shown & {col: number}}} shown */
  cell(shown) {
    const { model } = this;
    const { column } = shown.value;
    const sort = derived(() => column ? model.view.value.sort.find((one) => one.column === column.id) : undefined);
    const isActive = () => model.active.value.row === -1 && model.active.value.col === shown.value.col;
    const numeric = column?.type === "money" || column?.type === "number" ? " amount" : "";
    const frozen = () => shown.value.left === null ? "" : shown.value.isEdge ? " frozen frozen-last" : " frozen";
    const props = {
      class: () => `grid-cell grid-head-cell${frozen()}${numeric}${column ? "" : " tick-cell"}`,
      role: "columnheader",
      tabindex: () => isActive() ? 0 : -1,
      aria: { colindex: () => shown.value.col + 1, sort: () => column && (sort.value ? (sort.value.down ? "descending" : "ascending") : "none") },
      style: { "inset-inline-start": () => shown.value.left === null ? null : `${shown.value.left}px` },
      data: { head: () => shown.value.col },
    };
    if (!column) return h("div", { ...props, on: { click: () => model.selectAll(!this.allTicked()) } }, ...this.tick());
    return h(
      "div",
      { ...props, on: { pointerdown: (event) => this.drag(event, column), keydown: (event) => this.keyDown(event, column) } },
      h("span", { class: "head-label", title: () => textOf(column.label) }, () => textOf(column.label)),
      column.currency ? h("span", { class: "head-unit" }, column.currency) : null,
      () => sort.value && icon(sort.value.down ? "arrowDown" : "arrowUp", "head-sort"),
      this.menuOpener(column),
      h("span", { class: "head-edge", aria: { hidden: "true" }, on: { pointerdown: (event) => this.dragEdge(event, column, shown.value.width) } }),
    );
  }

  tick() {
    return [
      h("span", { class: () => `tick${this.allTicked() ? " tick-on" : this.model.selected.size ? " tick-some" : ""}` }),
      h("span", { class: "unseen" }, words("grid.tick_all")),
    ];
  }

  allTicked() {
    this.model.selection.value;
    return this.model.selected.size > 0 && this.model.selected.size >= this.model.source.count();
  }

  /** By mouse; by keyboard the header itself opens it. @param {Column} column */
  menuOpener(column) {
    return h("button", {
      class: "head-menu",
      type: "button",
      tabindex: -1,
      aria: { label: () => t("grid.column_menu", { column: textOf(column.label) }), haspopup: "menu" },
      on: {
        pointerdown: (event) => event.stopPropagation(),
        click: (event) => this.openMenu(column, /** @type {Element} */ (event.currentTarget)),
      },
    }, icon("chevronDown"));
  }

  /** @param {Column} column @param {Element} at */
  openMenu(column, at) {
    const { model } = this;
    const col = model.shown.peek().findIndex((one) => one.column === column) - (model.selectable ? 1 : 0);
    const { frozen, hidden } = model.view.peek();
    const sort = (/** @type {boolean} */ down) => () => model.change({ sort: [{ column: column.id, down }] });
    const isFixed = () => !!column.fixed;
    const isLast = () => model.shown.peek().filter((one) => one.column).length === 1;
    this.menu.open([
      { label: words("grid.sort_up"), icon: "arrowUp", run: sort(false), disabled: isFixed },
      { label: words("grid.sort_down"), icon: "arrowDown", run: sort(true), disabled: isFixed },
      { label: words("grid.filter_by"), icon: "filter", run: () => this.filter(column, at), disabled: isFixed },
      "line",
      { label: words("grid.move_left"), icon: "chevronLeft", run: () => model.moveColumn(column.id, -1) },
      { label: words("grid.move_right"), icon: "chevronRight", run: () => model.moveColumn(column.id, 1) },
      { label: words("grid.wider"), icon: "add", run: () => this.resize(column, stepWidth * 2) },
      { label: words("grid.narrower"), icon: "minus", run: () => this.resize(column, -stepWidth * 2) },
      "line",
      { label: words("grid.freeze"), checked: () => col < frozen, run: () => model.change({ frozen: col < frozen ? col : col + 1 }) },
      { label: words("grid.hide"), icon: "close", run: () => model.change({ hidden: [...hidden, column.id] }), disabled: isLast },
    ], at);
  }

  /** @param {Column} column @param {number} by */
  resize(column, by) {
    const now = this.model.shown.peek().find((one) => one.column === column);
    if (now) this.model.resize(column.id, now.width + by);
  }

  /** @param {KeyboardEvent} event @param {Column} column */
  keyDown(event, column) {
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const isSort = event.key === "Enter" || event.key === " ";
    if (isSort && !column.fixed) this.model.sortBy(column.id, event.shiftKey);
    else if (event.altKey && event.key === "ArrowDown") this.openMenu(column, /** @type {Element} */ (event.currentTarget));
    else if (side && event.shiftKey) this.resize(column, side * stepWidth);
    else if (side && (event.ctrlKey || event.metaKey)) this.model.moveColumn(column.id, side);
    else if (!isSort) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** A click sorts; who drags puts the column elsewhere. @param {PointerEvent} event @param {Column} column */
  drag(event, column) {
    if (event.button !== 0) return;
    const begun = event.clientX;
    let by = 0;
    followPointer(/** @type {HTMLElement} */ (event.currentTarget), event, (now) => {
      if (this.mark.hidden && Math.abs(now.clientX - begun) < dragMin) return;
      by = this.placeAt(now.clientX, column);
    }, (last) => {
      const dragged = !this.mark.hidden;
      this.mark.hidden = true;
      if (dragged) this.model.moveColumn(column.id, by);
      else if (last && !column.fixed) this.model.sortBy(column.id, last.shiftKey);
    });
  }

  /** Shows where it would come, and gives by how many places that moves it. @param {number} x @param {Column} column */
  placeAt(x, column) {
    const boxes = [...this.element.querySelectorAll("[role=columnheader]")].map((cell) => cell.getBoundingClientRect());
    const from = this.model.shown.peek().findIndex((one) => one.column === column);
    const first = this.model.selectable ? 1 : 0;
    const past = boxes.filter((box, i) => i >= first && x > box.left + box.width / 2).length + first;
    const edge = past < boxes.length ? boxes[past].left : boxes[boxes.length - 1].right;
    this.mark.hidden = false;
    this.mark.style.setProperty("inset-inline-start", `${edge - this.element.getBoundingClientRect().left}px`);
    return (past > from ? past - 1 : past) - from;
  }

  /** @param {PointerEvent} event @param {Column} column @param {number} width */
  dragEdge(event, column, width) {
    event.stopPropagation();
    const begun = event.clientX;
    followPointer(
      /** @type {HTMLElement} */ (event.currentTarget),
      event,
      (now) => this.model.resize(column.id, width + now.clientX - begun),
      () => {},
    );
  }
}

/**
 * Until it is let go; `done` without an event where the browser took it away.
 * @param {HTMLElement} element
 * @param {PointerEvent} event
 * @param {(event: PointerEvent) => void} moved
 * @param {(last: PointerEvent | null) => void} done
 */
function followPointer(element, event, moved, done) {
  element.setPointerCapture(event.pointerId);
  const stop = new AbortController();
  const { signal } = stop;
  const end = (/** @type {PointerEvent | null} */ last) => {
    stop.abort();
    done(last);
  };
  element.addEventListener("pointermove", moved, { signal });
  element.addEventListener("pointerup", end, { signal });
  element.addEventListener("pointercancel", () => end(null), { signal });
}
