// Inputs of a document's own properties: what is typed goes into its text, and what is wrong with it stands below.
import { button } from "../../parts/button.js";
import { alone, field } from "../../parts/field.js";
import { checkbox, selectInput, textArea, textInput } from "../../parts/inputs.js";
import { h, newId, textOf } from "../../runtime/h.js";
import { each } from "../../runtime/list.js";
import { derived, signal, untracked } from "../../runtime/signal.js";
import { insertItem } from "../../values/yaml_text.js";
import { language, locale } from "../../words/words.js";
import { s, sw } from "../common.js";
import { fieldOf, isObject, listOf, textOfValue } from "./design_draft.js";

/** @typedef {import("../../runtime/h.js").Text} Text */
/** @typedef {import("./design_draft.js").Draft} Draft */
/** @typedef {import("./design_draft.js").Path} Path */
/** @typedef {import("../../parts/inputs.js").Option} Option */
/** @typedef {{label: Text, hint?: Text, wide?: boolean, how?: import("./design_draft.js").How}} Property */

/** Languages of a text, as documents name them. */
const languages = ["en", "zh", "de"];

/**
 * A place in a document as inputs have it.
 * @param {Draft} draft @param {() => Path} path @param {import("./design_draft.js").How} [how]
 * @returns {import("./design_draft.js").Writable<string>}
 */
export function bound(draft, path, how) {
  return {
    get value() {
      return textOfValue(draft.at(path()));
    },
    set value(next) {
      draft.set(path(), next, how);
    },
    peek: () => untracked(() => textOfValue(draft.at(path()))),
  };
}

/** @param {Draft} draft @param {() => Path} path @param {Property & {input: (tie: import("../../parts/field.js").Tie) => HTMLElement, readonly?: () => boolean}} options */
export const property = (draft, path, { label, hint, wide, input, readonly }) =>
  field({ label, hint, wide, readonly, error: () => draft.message(fieldOf(path())), warning: () => draft.message(fieldOf(path()), true), input });

/** @param {Draft} draft @param {() => Path} path @param {Property & {readonly?: () => boolean}} options */
export const textProperty = (draft, path, options) =>
  property(draft, path, { ...options, input: (tie) => textInput({ tie, value: bound(draft, path, options.how), maxlength: 4000 }) });

/** An expression has letters of one width. @param {Draft} draft @param {() => Path} path @param {Property} options */
export const expressionProperty = (draft, path, options) =>
  h(
    "div",
    { class: "design-expression" },
    property(draft, path, { ...options, input: (tie) => textArea({ tie, value: bound(draft, path), rows: 1 }) }),
  );

/** @param {Draft} draft @param {() => Path} path @param {Property & {options: () => Option[], empty?: Text, readonly?: () => boolean}} options */
export const choiceProperty = (draft, path, options) =>
  property(draft, path, {
    ...options,
    input: (tie) =>
      selectInput({
        tie,
        value: bound(draft, path),
        options: () => withOther(options.options(), textOfValue(draft.at(path()))),
        empty: options.empty,
      }),
  });

/** What is written and not offered stays what it is. @param {Option[]} options @param {string} now @returns {Option[]} */
const withOther = (options, now) => !now || options.some((one) => one.value === now) ? options : [...options, { value: now, label: now }];

/** A text for people: one for all, or one for each language. @param {Draft} draft @param {() => Path} path @param {Property} options */
export function saidProperty(draft, path, options) {
  const isWanted = signal(false);
  const isMany = derived(() => isObject(draft.at(path())) || isWanted.value);
  const toggle = () => {
    const now = draft.at(path());
    if (!untracked(() => isMany.value)) {
      isWanted.value = true;
      if (now) draft.put(path(), { [language.peek() === "zh-CN" ? "zh" : "en"]: now });
    } else {
      isWanted.value = false;
      if (isObject(now)) draft.set(path(), now[language.peek() === "zh-CN" ? "zh" : "en"] ?? Object.values(now)[0] ?? "");
    }
  };
  return h(
    "div",
    { class: "design-said field-wide" },
    () =>
      isMany.value
        ? [h("div", { class: "design-languages" }, languages.map((one) => saidIn(draft, path, one, options)))]
        : [property(draft, path, { ...options, input: (tie) => textInput({ tie, value: bound(draft, path), maxlength: 800 }) })],
    button({ label: () => s(isMany.value ? "design.one_language" : "design.many_languages"), kind: "quiet", icon: "globe", onClick: toggle }),
  );
}

/** @param {Draft} draft @param {() => Path} path @param {string} name @param {Property} options */
function saidIn(draft, path, name, { label, hint }) {
  const inner = () => [...path(), name];
  const value = {
    ...bound(draft, inner),
    get value() {
      return textOfValue(draft.at(inner()));
    },
    /** @param {string} next */
    set value(next) {
      const now = untracked(() => draft.at(path()));
      if (isObject(now) && !next && Object.keys(now).every((key) => key === name)) draft.set(path(), "");
      else if (isObject(now)) draft.set(inner(), next);
      else if (next) draft.put(path(), now ? { any: now, [name]: next } : { [name]: next });
    },
  };
  return property(draft, inner, {
    label: () =>
      s("design.in_language", { text: textOf(label), language: new Intl.DisplayNames([locale.value], { type: "language" }).of(name) ?? name }),
    hint: name === "en" ? hint : undefined,
    input: (tie) => textInput({ tie, value, maxlength: 800 }),
  });
}

/** Never, always, or when an expression holds. @param {Draft} draft @param {() => Path} path @param {Property} options */
export function whenProperty(draft, path, options) {
  const isWanted = signal(false);
  const mode = {
    get value() {
      const now = textOfValue(draft.at(path()));
      return now === "true" ? "always" : now || isWanted.value ? "when" : "";
    },
    /** @param {string} next */
    set value(next) {
      isWanted.value = next === "when";
      draft.set(path(), next === "always" ? "true" : "");
    },
    peek: () => untracked(() => mode.value),
  };
  return h(
    "div",
    { class: "design-when field-wide" },
    field({
      label: options.label,
      hint: options.hint,
      input: (tie) =>
        selectInput({
          tie,
          value: mode,
          options: () => [{ value: "", label: sw("design.never") }, { value: "always", label: sw("design.always") }, {
            value: "when",
            label: sw("design.when"),
          }],
        }),
    }),
    h(
      "div",
      { hidden: () => mode.value !== "when" },
      expressionProperty(draft, path, { label: () => s("design.condition_of", { text: textOf(options.label) }), hint: sw("design.condition_hint") }),
    ),
  );
}

/** What there can be, one below the other; several lines that are pasted are several. @param {Draft} draft @param {() => Path} path @param {Property} options */
export function listProperty(draft, path, { label, hint, how }) {
  const items = derived(() => listOf(draft.at(path())));
  const more = signal("");
  const add = () => {
    const found = more.peek().split(/\r?\n/).map((one) => one.trim()).filter(Boolean);
    more.value = "";
    const length = untracked(() => items.value.length);
    if (found.length) draft.edit((text) => found.reduce((made, one, i) => insertItem(made, path(), length + i, one, how), text));
  };
  const adding = textInput({
    tie: alone(() => s("design.add_to", { text: textOf(label) })),
    value: more,
    placeholder: sw("design.add_hint"),
    onBlur: add,
    maxlength: 4000,
  });
  adding.addEventListener("keydown", (/** @type {any} */ event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    add();
  });
  return h(
    "fieldset",
    { class: "design-values field-wide" },
    h("legend", { class: "field-label" }, () => textOf(label)),
    h(
      "ul",
      null,
      ...each(() => items.value.map((_, i) => i), (i) => i, (i) =>
        h(
          "li",
          null,
          textInput({
            tie: alone(() => s("design.value_of", { text: textOf(label), number: i.value + 1 })),
            value: bound(draft, () => [...path(), i.value], how),
            maxlength: 4000,
          }),
          button({
            label: () => s("design.remove_value", { text: textOfValue(items.value[i.value]) }),
            icon: "close",
            kind: "quiet",
            iconOnly: true,
            onClick: () => draft.remove([...path(), i.value]),
          }),
        )),
    ),
    adding,
    h("div", { class: "field-hint" }, () => textOf(hint)),
    h("div", { class: "field-error" }, () => draft.message(fieldOf(path()))),
  );
}

/** Several of few, in the order in which they are chosen. @param {Draft} draft @param {() => Path} path @param {Property & {options: Option[]}} options */
export function severalProperty(draft, path, { label, hint, options }) {
  const chosen = derived(() => listOf(draft.at(path())).map(textOfValue));
  return h(
    "fieldset",
    { class: "design-several field-wide" },
    h("legend", { class: "field-label" }, () => textOf(label)),
    h(
      "div",
      { class: "design-several-options" },
      options.map((option) => {
        const checked = {
          get value() {
            return chosen.value.includes(option.value);
          },
          /** @param {boolean} next */
          set value(next) {
            const at = chosen.peek().indexOf(option.value);
            if (next) draft.insert(path(), chosen.peek().length, option.value);
            else if (chosen.peek().length === 1) draft.set(path(), "");
            else if (at >= 0) draft.remove([...path(), at]);
          },
          peek: () => chosen.peek().includes(option.value),
        };
        return checkbox({
          tie: { id: newId("f") },
          checked,
          label: () => `${textOf(option.label)}${chosen.value.length > 1 && checked.value ? ` (${chosen.value.indexOf(option.value) + 1})` : ""}`,
        });
      }),
    ),
    h("div", { class: "field-hint" }, () => textOf(hint)),
    h("div", { class: "field-error" }, () => draft.message(fieldOf(path()))),
  );
}
