// A list of small things of a document, one below the other: ways that lead on, who decides, what a call is given.
import { button } from "../../parts/button.js";
import { alone } from "../../parts/field.js";
import { selectInput, textInput } from "../../parts/inputs.js";
import { h, textOf } from "../../runtime/h.js";
import { each } from "../../runtime/list.js";
import { derived } from "../../runtime/signal.js";
import { s, sw } from "../common.js";
import { fieldOf, listOf, textOfValue } from "./design_draft.js";
import { bound } from "./design_inputs.js";

/** @typedef {import("../../runtime/h.js").Text} Text */
/** @typedef {import("./design_draft.js").Draft} Draft */
/** @typedef {import("./design_draft.js").Path} Path */
/** @typedef {import("../../parts/inputs.js").Option} Option */
/** @typedef {{key: string, label: Text, options?: () => Option[], empty?: Text, code?: boolean}} Column */
/** @typedef {{label: Text, hint?: Text, add: Text, make: () => any, columns?: Column[], row?: (path: () => Path) => Node[]}} Rows `row` in place of columns */

/** @param {Draft} draft @param {() => Path} path @param {Rows} options */
export function rowsProperty(draft, path, { label, hint, add, make, columns = [], row }) {
  const items = derived(() => listOf(draft.at(path())));
  const inner = (/** @type {{readonly value: number}} */ i) => () => [...path(), i.value];
  const part = h(
    "fieldset",
    { class: "design-rows field-wide" },
    h("legend", { class: "field-label" }, () => textOf(label)),
    h(
      "ul",
      null,
      ...each(() => items.value.map((_, i) => i), (i) => i, (i) =>
        h(
          "li",
          null,
          h("div", { class: "design-row" }, row ? row(inner(i)) : columns.map((column) => cell(draft, () => [...inner(i)(), column.key], column, i))),
          button({
            label: () => s("design.row_up", { text: textOf(label), number: i.value + 1 }),
            icon: "arrowUp",
            kind: "quiet",
            iconOnly: true,
            disabled: () => i.value === 0,
            onClick: () => draft.move(path(), i.value, i.value - 1),
          }),
          button({
            label: () => s("design.row_remove", { text: textOf(label), number: i.value + 1 }),
            icon: "close",
            kind: "quiet",
            iconOnly: true,
            onClick: () => {
              if (items.peek().length === 1) draft.set(path(), "");
              else draft.remove(inner(i)());
              last()?.focus();
            },
          }),
          h("div", { class: "field-error" }, () => {
            const at = fieldOf(inner(i)());
            return draft.said(at).filter((one) => !one.isWarning).map((one) => one.message).join("; ");
          }),
        )),
    ),
    button({
      label: add,
      icon: "add",
      kind: "quiet",
      onClick: () => {
        draft.insert(path(), items.peek().length, make());
        last()?.focus();
      },
    }),
    h("div", { class: "field-hint" }, () => textOf(hint)),
    h(
      "div",
      { class: "field-error" },
      () => draft.said(fieldOf(path())).filter((one) => one.field === fieldOf(path())).map((one) => one.message).join("; "),
    ),
  );
  const last = () => /** @type {HTMLElement | undefined} */ ([...part.querySelectorAll(":scope > ul > li")].at(-1)?.querySelector("input, select"));
  return part;
}

/** @param {Draft} draft @param {() => Path} path @param {Column} column @param {{readonly value: number}} i */
function cell(draft, path, { label, options, empty, code }, i) {
  const tie = alone(() => s("design.row_cell", { text: textOf(label), number: i.value + 1 }));
  const value = bound(draft, path);
  if (options) {
    const now = () => textOfValue(draft.at(path()));
    // What is written and not offered stays what it is.
    const all = () => options().concat(!now() || options().some((one) => one.value === now()) ? [] : [{ value: now(), label: now() }]);
    return selectInput({ tie, value, options: all, empty: empty ?? sw("design.choose") });
  }
  return h("div", { class: code ? "design-expression" : null }, textInput({ tie, value, placeholder: () => textOf(label), maxlength: 4000 }));
}
