// A field: its label, what goes into it, a hint, and what is wrong with it, tied together for those who hear the page.
import { h, newId, textOf } from "../runtime/h.js";
import { derived, signal } from "../runtime/signal.js";
import { say, t } from "../words/words.js";
import { icon } from "./icon.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/** @typedef {import("../values/number.js").Saying} Saying */
/**
 * What an input needs of its field. `problem`: what is typed cannot be read.
 * @typedef {object} Tie
 * @property {string} id
 * @property {string} [describedby]
 * @property {Text} [label] where no label element is there
 * @property {() => boolean} [invalid]
 * @property {() => boolean} [required]
 * @property {import("../runtime/signal.js").Writable<Saying | null>} [problem]
 * @property {() => boolean} [readonly]
 */
/**
 * @param {object} options
 * @param {Text} options.label
 * @param {Text} [options.hint]
 * @param {() => string} [options.error]
 * @param {() => string} [options.warning]
 * @param {() => boolean} [options.required]
 * @param {() => boolean} [options.readonly]
 * @param {boolean} [options.wide]
 * @param {(tie: Tie) => HTMLElement} options.input
 */
export function field({ label, hint, error, warning, required, readonly, wide = false, input }) {
  const id = newId("f");
  const problem = signal(/** @type {Saying | null} */ (null));
  const wrong = derived(() => problem.value ? say(problem.value) : error?.() ?? "");
  const warned = derived(() => wrong.value ? "" : warning?.() ?? "");
  const control = input({ id, describedby: `${id}-hint ${id}-error`, invalid: () => !!wrong.value, required, readonly, problem });
  return h(
    "div",
    { class: () => `field${wide ? " field-wide" : ""}${wrong.value ? " field-wrong" : ""}` },
    h(
      "label",
      { class: "field-label", for: id },
      () => textOf(label),
      () => required?.() && h("span", { class: "field-required", title: t("field.required"), aria: { hidden: "true" } }, "*"),
    ),
    control,
    h("div", { class: "field-hint", id: `${id}-hint` }, () => textOf(hint)),
    h(
      "div",
      { class: () => wrong.value ? "field-error" : "field-warning", id: `${id}-error`, aria: { live: "polite" } },
      () => (wrong.value || warned.value) ? [icon(wrong.value ? "alert" : "warning"), h("span", null, wrong.value || warned.value)] : [],
    ),
  );
}

/**
 * The attributes of a control that is tied to a field, or stands alone with a label.
 * @param {Tie} tie
 */
export function tied(tie) {
  return {
    id: tie.id,
    aria: {
      label: tie.label && (() => textOf(tie.label)),
      describedby: tie.describedby,
      invalid: () => tie.invalid?.() ? "true" : null,
      required: () => tie.required?.() ? "true" : null,
    },
    readonly: () => tie.readonly?.() ?? false,
  };
}

/** For an input outside of a field. @param {Text} label @returns {Tie} */
export function alone(label) {
  return { id: newId("f"), label };
}
