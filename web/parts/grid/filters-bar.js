// Filters as chips: each says what it asks, can be opened and taken away.
import { h, newId, textOf } from "../../runtime/h.js";
import { each } from "../../runtime/list.js";
import { derived, scope, signal } from "../../runtime/signal.js";
import { formatDay } from "../../values/date.js";
import { formatNumber } from "../../values/number.js";
import { locale, t, words } from "../../words/words.js";
import { button } from "../button.js";
import { alone, field } from "../field.js";
import { icon } from "../icon.js";
import { selectInput, textInput } from "../inputs.js";
import { menuButton } from "../menu.js";
import { closeOnMove, openAt } from "../overlay.js";
import { dateInput, numberInput } from "../typed.js";
import { optionOf } from "./column.js";
import { operators } from "./filter.js";

/** @typedef {import("./filter.js").Filter} Filter */
/** @typedef {import("./column.js").Column<any>} Column */
const searchWaitMs = 150;

/** @param {import("./model.js").GridModel} model */
export function filtersBar(model) {
  const editor = h("div", { class: "filter-editor", popover: "auto", role: "dialog", aria: { label: words("grid.filter") } });
  closeOnMove(editor);
  let end = () => {};

  /** @param {Column} column @param {Element} at @param {Filter} [known] */
  function edit(column, at, known) {
    end();
    const made = scope(() =>
      filterForm(column, known, (filter) => {
        const others = model.view.peek().filters.filter((one) => !known || !isSame(one, known));
        model.change({ filters: filter ? [...others, filter] : others });
        editor.hidePopover();
        if (at instanceof HTMLElement && at.isConnected) at.focus();
      })
    );
    end = made.end;
    editor.replaceChildren(made.value);
    openAt(editor, at);
    /** @type {HTMLElement | null} */ (editor.querySelector("input, select"))?.focus();
  }

  const chips = derived(() => model.view.value.filters.filter((filter) => filter.column !== "*"));
  const adder = menuButton({
    label: words("grid.add_filter"),
    icon: "filter",
    items: () => model.columns.filter((column) => !column.fixed).map((column) => ({ label: column.label, run: () => edit(column, adder) })),
  });
  const element = h(
    "div",
    { class: "filters" },
    searchBox(model),
    ...each(() => chips.value, (filter) => JSON.stringify(filter), (filter) => chip(model, filter.value, edit)),
    adder,
    () => chips.value.length > 1 && button({ label: words("grid.clear_filters"), kind: "quiet", onClick: () => model.change({ filters: [] }) }),
    editor,
  );
  return { element, edit };
}

/** A view may have been read from the URL since. @param {Filter} a @param {Filter} b */
const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** @param {import("./model.js").GridModel} model */
function searchBox(model) {
  let timer = 0;
  const now = () => model.view.value.filters.find((filter) => filter.column === "*")?.value[0] ?? "";
  /** What stands in the box is ahead of the view while it is typed. */
  const text = signal(now());
  const value = {
    get value() {
      return text.value;
    },
    set value(next) {
      text.value = next;
      clearTimeout(timer);
      timer = setTimeout(() => {
        const others = model.view.peek().filters.filter((filter) => filter.column !== "*");
        model.change({ filters: next.trim() ? [...others, { column: "*", op: "contains", value: [next.trim()] }] : others });
      }, searchWaitMs);
    },
    peek: () => text.peek(),
  };
  return h(
    "div",
    { class: "filters-search" },
    textInput({ tie: alone(words("grid.search")), value, placeholder: words("grid.search"), type: "search", icon: "search" }),
  );
}

/** @param {import("./model.js").GridModel} model @param {Filter} filter @param {(column: Column, at: Element, known?: Filter) => void} edit */
function chip(model, filter, edit) {
  const column = model.columns.find((one) => one.id === filter.column);
  const label = () => column ? filterWords(column, filter) : filter.column;
  const opener = h("button", {
    class: "chip-open",
    type: "button",
    aria: { haspopup: "dialog" },
    on: { click: () => column && edit(column, opener, filter) },
  }, label);
  return h(
    "span",
    { class: "chip" },
    opener,
    h("button", {
      class: "chip-close",
      type: "button",
      aria: { label: () => t("grid.remove_filter", { filter: label() }) },
      on: { click: () => model.change({ filters: model.view.peek().filters.filter((one) => !isSame(one, filter)) }) },
    }, icon("close")),
  );
}

/** "Due until 2026-12-31". @param {Column} column @param {Filter} filter */
function filterWords(column, { op, value }) {
  const shown = value.map((one) => {
    if (column.type === "choice") return textOf(optionOf(column, one)?.label ?? one);
    if (column.type === "date") return formatDay(one, locale.value);
    return column.type === "text" ? one : formatNumber(one, locale.value);
  });
  return t(`filter.said_${op}`, { column: textOf(column.label), value: shown.join(t("list.or")) });
}

/** @param {Column} column @param {Filter | undefined} known @param {(filter: Filter | null) => void} done */
function filterForm(column, known, done) {
  const op = signal(/** @type {string} */ (known?.op ?? operators[column.type][0]));
  const text = signal(known?.value[0] ?? "");
  const exact = signal(/** @type {string | null} */ (known?.value[0] ?? null));
  const chosen = signal(new Set(known?.value ?? []));

  function apply() {
    const value = column.type === "choice" ? [...chosen.peek()] : column.type === "text" ? [text.peek().trim()] : [exact.peek() ?? ""];
    const isNone = op.peek() !== "empty" && !value.some((one) => one);
    done(isNone ? null : { column: column.id, op: /** @type {Filter["op"]} */ (op.peek()), value: op.peek() === "empty" ? [] : value });
  }
  /** @param {import("../field.js").Tie} tie */
  const input = (tie) =>
    column.type === "text"
      ? textInput({ tie, value: text })
      : column.type === "date"
      ? dateInput({ tie, value: exact })
      : numberInput({ tie, value: exact, decimals: 4 });
  const form = h(
    "form",
    { class: "filter-form", novalidate: true },
    column.type === "choice" ? choices(column, chosen) : [
      field({
        label: column.label,
        input: (tie) =>
          selectInput({ tie, value: op, options: () => operators[column.type].map((value) => ({ value, label: words(`filter.${value}`) })) }),
      }),
      h("div", { hidden: () => op.value === "empty" }, field({ label: words("filter.value"), input })),
    ],
    h("div", { class: "filter-foot" }, button({ label: words("action.apply"), kind: "primary", type: "submit" })),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  return form;
}

/** @param {Column} column @param {import("../../runtime/signal.js").Writable<Set<string>>} chosen */
function choices(column, chosen) {
  const title = newId("filter");
  return h(
    "div",
    { role: "group", aria: { labelledby: title } },
    h("div", { class: "field-label", id: title }, textOf(column.label)),
    (column.options ?? []).map((option) =>
      h(
        "label",
        { class: "checkbox-label" },
        h("input", {
          type: "checkbox",
          class: "checkbox",
          checked: chosen.peek().has(option.value),
          on: {
            change: (event) => {
              const next = new Set(chosen.peek());
              if (/** @type {HTMLInputElement} */ (event.target).checked) next.add(option.value);
              else next.delete(option.value);
              chosen.value = next;
            },
          },
        }),
        h("span", null, textOf(option.label)),
      )
    ),
  );
}
