// Inputs that read what people type as an amount, a number or a day. What was understood is shown while it is typed; the text becomes the usual
// one when the input is left. The value is that which was understood; what cannot be read leaves none and says why.
import { h } from "../runtime/h.js";
import { batch, derived, effect, signal, untracked } from "../runtime/signal.js";
import { addDays, formatDay, localToday, orderOf, parseDay } from "../values/date.js";
import { formatAmount, parseMoney } from "../values/money.js";
import { formatNumber, parseNumber } from "../values/number.js";
import { locale, say, t } from "../words/words.js";
import { tied } from "./field.js";

/** @typedef {import("./field.js").Tie} Tie */
/** @typedef {import("../values/number.js").Saying} Saying */
/** @typedef {import("../values/money.js").Money} Money */
/** @template T @typedef {import("../runtime/signal.js").Writable<T>} Writable */

/**
 * @template T
 * @param {object} options
 * @param {Tie} options.tie
 * @param {Writable<T | null>} options.value
 * @param {(value: T) => string} options.show
 * @param {(text: string) => {value: T, tell: boolean, note?: Saying} | {problem: Saying}} options.read
 * @param {(value: T) => string} [options.explain] where more is to be shown than the text itself
 * @param {string} options.kind
 * @param {(event: KeyboardEvent, value: T | null) => T | null} [options.step] what a key makes of the value
 */
function typedInput({ tie, value, show, read, explain, kind, step }) {
  const text = signal("");
  const typing = signal(false);
  const problem = tie.problem ?? signal(/** @type {Saying | null} */ (null));
  const told = signal("");
  /** What this input itself gave: no reason to change its text. @type {T | null} */
  let given = null;

  effect(() => {
    const now = value.value;
    // Another language writes it in another way.
    locale.value;
    if (typing.value && sameValue(now, given)) return;
    // Text that cannot be read stays, so that it can be mended.
    if (now === null && untracked(() => problem.value)) return;
    untracked(() => {
      problem.value = null;
      text.value = now === null ? "" : show(now);
      told.value = "";
    });
  });

  const understood = () => text.peek().trim() ? read(text.peek()) : null;

  /** @param {string} now */
  function typed(now) {
    text.value = now;
    typing.value = true;
    told.value = "";
    const found = understood();
    // Half a sum is no mistake yet: it is said when the input is left.
    problem.value = null;
    given = found && "value" in found ? found.value : null;
    if (found && "value" in found && found.tell) {
      told.value = `${explain?.(found.value) ?? show(found.value)}${found.note ? ` · ${say(found.note)}` : ""}`;
    }
    if (!sameValue(value.peek(), given)) value.value = given;
  }

  function left() {
    const found = understood();
    problem.value = found && "problem" in found ? found.problem : null;
    typing.value = false;
  }

  /** @param {KeyboardEvent} event */
  function keyDown(event) {
    const next = event.isComposing || event.altKey || event.ctrlKey ? null : step?.(event, value.peek()) ?? null;
    if (next === null || tie.readonly?.()) return;
    event.preventDefault();
    value.value = next;
    given = next;
    text.value = show(next);
    told.value = explain?.(next) ?? "";
  }

  const input = h("input", {
    ...tied(tie),
    class: `input input-${kind}`,
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 250,
    value: () => text.value,
    on: { input: () => batch(() => typed(input.value)), blur: () => batch(left), keydown: (event) => batch(() => keyDown(event)) },
  });
  selectOnEntry(input);
  return h("div", { class: "typed" }, input, toldPart(() => typing.value ? told.value : ""));
}

/** What was understood, below the input. @param {() => string} text */
function toldPart(text) {
  return h("div", { class: "typed-told", role: "status", hidden: () => !text() }, () => text() && `= ${text()}`);
}

/** Who comes to it by a key or by a click replaces what is there; a second click sets the caret. @param {HTMLInputElement} input */
export function selectOnEntry(input) {
  let entered = false;
  input.addEventListener("pointerdown", () => (entered = document.activeElement !== input));
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => {
    if (entered && input.selectionStart === input.selectionEnd) input.select();
    entered = false;
  });
}

/** @param {unknown} a @param {unknown} b */
const sameValue = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * The currency stands in the input where it is fixed.
 * @param {{tie: Tie, value: Writable<Money | null>, currency: () => string}} options
 */
export function moneyInput({ tie, value, currency }) {
  const box = typedInput({
    tie,
    value,
    kind: "money",
    show: (money) => formatAmount(money, locale.peek()),
    explain: (money) => `${money.currency} ${formatAmount(money, locale.peek())}`,
    read: (text) => {
      const read = parseMoney(text, { currency: currency(), locale: locale.peek() });
      return "problem" in read ? read : { value: read.money, tell: read.tell, note: read.note };
    },
  });
  box.append(h("span", { class: "typed-unit", aria: { hidden: "true" } }, currency));
  return box;
}

/** @param {{tie: Tie, value: Writable<string | null>, decimals?: number, unit?: () => string}} options */
export function numberInput({ tie, value, decimals = 0, unit }) {
  const box = typedInput({
    tie,
    value,
    kind: "number",
    show: (number) => formatNumber(number, locale.peek()),
    read: (text) => {
      const read = parseNumber(text, { locale: locale.peek(), decimals });
      if ("problem" in read) return read;
      return { value: read.text, tell: read.tell, note: read.rounded ? { key: "value.rounded", params: { digits: decimals } } : undefined };
    },
  });
  if (unit) box.append(h("span", { class: "typed-unit" }, unit));
  return box;
}

/** @param {{tie: Tie, value: Writable<string | null>, today?: () => string}} options */
export function dateInput({ tie, value, today = localToday }) {
  const order = derived(() => orderOf(locale.value));
  const box = typedInput({
    tie,
    value,
    kind: "date",
    show: (day) => formatDay(day, locale.peek()),
    explain: (day) => formatDay(day, locale.peek(), "long"),
    read: (text) => {
      const read = parseDay(text, { today: today(), order: order.peek() });
      return "problem" in read ? read : { value: read.day, tell: read.tell };
    },
    step: (event, day) => event.key === "ArrowUp" ? addDays(day ?? today(), 1) : event.key === "ArrowDown" ? addDays(day ?? today(), -1) : null,
  });
  const input = /** @type {HTMLInputElement} */ (box.firstElementChild);
  effect(() => {
    input.placeholder = { ymd: t("date.ymd"), dmy: t("date.dmy"), mdy: t("date.mdy") }[order.value];
  });
  return box;
}
