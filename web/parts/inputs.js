// The plain inputs: text, longer text, a choice of few, yes or no.
import { h, textOf } from "../runtime/h.js";
import { each } from "../runtime/list.js";
import { tied } from "./field.js";
import { icon } from "./icon.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/** @typedef {import("./field.js").Tie} Tie */
/** @template T @typedef {import("../runtime/signal.js").Writable<T>} Writable */

/**
 * @param {{tie: Tie, value: Writable<string>, placeholder?: Text, type?: string, icon?: import("./icon.js").IconName, autocomplete?: string,
 *   onBlur?: () => void, maxlength?: number}} options
 */
export function textInput({ tie, value, placeholder, type = "text", icon: name, autocomplete = "off", onBlur, maxlength }) {
  const input = h("input", {
    ...tied(tie),
    class: "input",
    type,
    autocomplete,
    maxlength,
    spellcheck: "false",
    placeholder: () => textOf(placeholder),
    value: () => value.value,
    on: { input: () => (value.value = input.value), blur: () => onBlur?.() },
  });
  return name ? h("div", { class: "input-with-icon" }, icon(name), input) : input;
}

/** @param {{tie: Tie, value: Writable<string>, rows?: number, placeholder?: Text}} options */
export function textArea({ tie, value, rows = 3, placeholder }) {
  const input = h("textarea", {
    ...tied(tie),
    class: "input textarea",
    rows,
    placeholder: () => textOf(placeholder),
    value: () => value.value,
    on: { input: () => (value.value = input.value) },
  });
  return input;
}

/** @typedef {{value: string, label: Text}} Option */
/**
 * A choice of few; of many a combobox is better.
 * @param {{tie: Tie, value: Writable<string>, options: () => Option[], empty?: Text}} options
 */
export function selectInput({ tie, value, options, empty }) {
  const { readonly, ...attributes } = tied(tie);
  const select = h(
    "select",
    {
      ...attributes,
      class: "input select",
      // A select cannot be read-only.
      disabled: readonly,
      // Read after the options: one that comes with them can be chosen then.
      value: () => (options(), value.value),
      on: { change: () => (value.value = select.value) },
    },
    empty === undefined ? null : h("option", { value: "" }, () => textOf(empty)),
    ...each(options, (option) => option.value, (option) => h("option", { value: option.value.value }, () => textOf(option.value.label))),
  );
  return h("div", { class: "select-frame" }, select, icon("chevronDown"));
}

/** @param {{tie: Tie, checked: Writable<boolean>, label: Text, some?: () => boolean}} options */
export function checkbox({ tie, checked, label, some }) {
  const { readonly, ...attributes } = tied(tie);
  const input = h("input", {
    ...attributes,
    type: "checkbox",
    class: "checkbox",
    disabled: readonly,
    checked: () => checked.value,
    indeterminate: () => some?.() ?? false,
    on: { change: () => (checked.value = input.checked) },
  });
  return h("label", { class: "checkbox-label" }, input, h("span", null, () => textOf(label)));
}
