// Forms as the company wrote them: drawn by their documents, judged by the server.
import { call, platform } from "../app/server.js";
import { may } from "../app/session.js";
import { withDocument } from "../parts/form/document.js";
import { errorState, loadingState } from "../parts/states.js";
import { freeScope, onEnd } from "../runtime/signal.js";
import { textOf } from "../runtime/h.js";
import { isDay } from "../values/date.js";
import { formatNumber } from "../values/number.js";
import { locale } from "../words/words.js";
import { dayText, moneyText, s } from "./common.js";

/**
 * Puts what is made of an answer into `place`, unless the screen that asked has gone meanwhile; it ends with that screen.
 * @template T
 * @param {HTMLElement} place
 * @param {Promise<T>} answer
 * @param {(found: T) => Node} make
 */
export function whenThere(place, answer, make) {
  const waiting = loadingState();
  let isLeft = false;
  let end = () => {};
  onEnd(() => {
    isLeft = true;
    end();
  });
  place.append(waiting);
  answer.then((found) => {
    if (isLeft) return;
    const made = freeScope(() => make(found));
    end = made.end;
    waiting.replaceWith(made.value);
    beginIn(place);
  }).catch((error) => waiting.replaceWith(errorState({ error: error instanceof Error ? error : new Error(String(error)) })));
}

/** Who came to a form by keyboard begins in its first field. @template {HTMLElement} T @param {T} place @returns {T} */
export function beginIn(place) {
  requestAnimationFrame(() => {
    const here = document.activeElement;
    if (here && here !== document.body && here.id !== "main") return;
    const inputs = /** @type {HTMLInputElement[]} */ ([...place.querySelectorAll(".form :is(input, select, textarea)")]);
    inputs.find((input) => input.offsetParent && !input.readOnly && !input.disabled)?.focus({ preventScroll: true });
  });
  return place;
}

/**
 * Puts into `place` what is made of a method's forms, as soon as they are there.
 * @param {string} method
 * @param {HTMLElement} place
 * @param {(forms: import("../parts/form/document.js").FormDocument[]) => Node} make
 */
export function formsOf(method, place, make) {
  whenThere(place, call(platform("FormService", "GetForms"), { method }), (found) => make(found.forms ?? []));
}

/**
 * A screen's fields with what the company's forms say of them. Amounts of its own are in its currency, or in that which they have; a field that names a record
 * of its own looks it up.
 * @param {import("../parts/form/state.js").FormDescription} description
 * @param {import("../parts/form/document.js").FormDocument[]} forms
 * @param {import("../app/session.js").Who} who
 */
export function described(description, forms, who) {
  const { sections } = forms.reduce((made, form) => withDocument(made, form), description);
  return {
    sections: sections.map((section) => ({
      ...section,
      fields: section.fields.map((field) => {
        if (field.type === "money" && !field.currency) return { ...field, currency: who.tenant.baseCurrency };
        if (!field.reference || !may("platform.record.list")) return field;
        return { ...field, type: /** @type {const} */ ("lookup"), load: recordChoices(field.reference) };
      }),
    })),
  };
}

/** Looks up open records of a kind by what their ids contain. @param {string} kind @returns {import("../parts/combobox.js").Load} */
const recordChoices = (kind) => async (query, { signal }) => {
  const filter = `!it.closed && it.id.contains(${JSON.stringify(query.trim())})`;
  const found = await call(platform("RecordService", "ListRecords"), { kind, filter, pageSize: 20 }, { signal });
  return (found.records ?? []).map((/** @type {any} */ one) => ({ value: one.id, label: one.id, detail: textsOf(one) }));
};

/** What stands in a record beside its id. @param {{custom?: Record<string, unknown>}} record */
export const textsOf = ({ custom = {} }) => Object.values(custom).filter((value) => typeof value === "string" && value && !isDay(value)).join(" · ");

/** What a field has, for people. @param {import("../parts/form/state.js").FormField} field @param {any} value @returns {string} */
export function valueText(field, value) {
  if (value === null || value === undefined || value === "") return "";
  if (field.type === "lines") {
    return value.map((/** @type {import("../parts/form/state.js").Line} */ line) =>
      (field.columns ?? []).map((column) => valueText(column, line.cells[column.name].value.value)).filter(Boolean).join(" ")
    ).join(" · ");
  }
  if (field.type === "money") return moneyText(value);
  if (field.type === "date") return dayText(value);
  if (field.type === "yesno") return value ? s("value.yes") : s("value.no");
  if (field.type === "number") return formatNumber(String(value), locale.value, field.decimals);
  if (field.type === "choice") return textOf(field.options?.find((one) => one.value === value)?.label ?? value);
  return String(value.label ?? value);
}

/** What the server makes of a request so far. @param {string} method */
export const checkWith = (method) => (/** @type {any} */ request, /** @type {{signal: AbortSignal}} */ { signal }) =>
  call(platform("FormService", "CheckForm"), { method, request }, { signal });
