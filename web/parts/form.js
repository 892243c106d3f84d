// Forms, drawn from a description and judged by the server while they are filled in. Parts are in form/.
import { h, newId, textOf } from "../runtime/h.js";
import { derived, effect, signal, untracked } from "../runtime/signal.js";
import { CallError, newIntent } from "../client/connect.js";
import { submitted } from "../client/held.js";
import { locale, t, words } from "../words/words.js";
import { button } from "./button.js";
import { field as fieldPart } from "./field.js";
import { createChecker } from "./form/checker.js";
import { keepDraft } from "./form/draft.js";
import { formInput, problemText } from "./form/input.js";
import { formLines } from "./form/lines.js";
import { jsonPath, valueAt } from "./form/paths.js";
import { FormState } from "./form/state.js";
import { icon } from "./icon.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/** @typedef {import("./form/state.js").FormField} FormField */
/**
 * @typedef {object} FormOptions
 * @property {import("./form/state.js").FormDescription} description
 * @property {any} [request] what is there at first
 * @property {(request: any, options: {signal: AbortSignal}) => Promise<import("./form/state.js").CheckReply>} check
 * @property {(request: any, options: {intent: string}) => Promise<unknown>} submit `intent` is the same until the request is another
 * @property {Text} submitLabel
 * @property {() => void} [cancel]
 * @property {string} [draftKey] under which what is typed is kept
 * @property {(guard: () => boolean) => () => void} [guard] of the router
 * @property {() => boolean} [mayLeave] asks a person who would lose what was typed
 */

/** @param {FormOptions} options */
export function form(options) {
  const made = new Form(options);
  return { element: made.element, state: made.state, dirty: made.state.dirty, send: () => made.send() };
}

class Form {
  /** @param {FormOptions} options */
  constructor(options) {
    this.options = options;
    const initial = options.request ?? {};
    this.state = new FormState(options.description, initial);
    this.draft = keepDraft(this.state, options.draftKey, options.guard, options.mayLeave);
    this.checker = createChecker(this.state, options.check);
    this.refusal = signal(/** @type {Error | null} */ (null));
    this.problems = derived(() => this.state.tried.value ? this.state.problems() : []);
    this.busy = signal(false);
    this.intent = { key: "", of: "" };
    this.summary = this.makeSummary();
    this.element = h(
      "form",
      {
        class: "form",
        novalidate: true,
        aria: { busy: () => this.busy.value || null },
        on: {
          submit: (event) => {
            event.preventDefault();
            void this.send();
          },
          keydown: (event) => {
            if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            void this.send();
          },
        },
      },
      draftNote(this.draft, () => this.state.fill(initial)),
      this.summary,
      options.description.sections.map((section) => formSection(this.state, section)),
      this.foot(),
    );
    effect(() => {
      // What was refused is not what stands there now.
      this.state.request.value;
      untracked(() => (this.refusal.value = null));
    });
    effect(() => {
      if (submitted.value && submitted.value === this.intent.key) untracked(() => this.sent());
    });
  }

  async send() {
    if (this.busy.peek()) return;
    this.busy.value = true;
    this.refusal.value = null;
    // An input that is left says what it cannot read.
    if (document.activeElement instanceof HTMLInputElement) document.activeElement.dispatchEvent(new FocusEvent("blur"));
    try {
      await this.checker.now();
      this.state.tried.value = true;
      if (this.problems.peek().length) return this.showProblems();
      await this.submit();
      this.sent();
    } catch (error) {
      this.refused(error);
    } finally {
      this.busy.value = false;
    }
  }

  /** What was typed is elsewhere now. */
  sent() {
    this.draft.forget();
    this.state.settle();
    this.state.tried.value = false;
  }

  submit() {
    const request = this.state.request.peek();
    const of = JSON.stringify(request);
    // Sent again after an answer that never came, it is the same wish.
    if (this.intent.of !== of) this.intent = { key: newIntent(), of };
    return this.options.submit(request, { intent: this.intent.key });
  }

  /** @param {unknown} error */
  refused(error) {
    if (error instanceof CallError && error.violations.length) {
      this.state.violations.value = error.violations.map(({ field, message }) => ({ field: jsonPath(field), message }));
    } else {
      this.refusal.value = error instanceof Error ? error : new Error(String(error));
    }
    this.showProblems();
  }

  showProblems() {
    this.summary.focus();
    this.summary.scrollIntoView({ block: "nearest" });
  }

  /** To the field that a message speaks of. @param {string} path */
  jump(path) {
    const places = [...this.element.querySelectorAll("[data-path]")];
    const place = places.find((one) => one.getAttribute("data-path") === path) ??
      places.find((one) => path.startsWith(`${one.getAttribute("data-path")}`));
    const input = place?.querySelector("input, select, textarea, button");
    if (!(input instanceof HTMLElement)) return;
    input.focus();
    input.scrollIntoView({ block: "center" });
  }

  makeSummary() {
    return h(
      "div",
      { class: "form-problems", tabindex: -1, role: "alert", hidden: () => !this.problems.value.length && !this.refusal.value },
      icon("alert"),
      h("div", null, () => {
        if (this.refusal.value) return refusalText(this.refusal.value);
        const now = this.problems.value;
        return [
          h("p", { class: "form-problems-title" }, t("form.problems", { count: now.length })),
          h("ul", null, now.map((one) => problemLink(one, (path) => this.jump(path)))),
        ];
      }),
    );
  }

  foot() {
    const { submitLabel, cancel } = this.options;
    const told = () => this.busy.value ? t("form.sending") : this.checker.failed.value ? t("form.check_failed") : "";
    return h(
      "div",
      { class: "form-foot" },
      button({ label: submitLabel, kind: "primary", type: "submit", disabled: () => this.busy.value, keys: "mod+Enter" }),
      cancel ? button({ label: words("action.cancel"), onClick: cancel }) : null,
      h("span", { class: "form-checking soft small", role: "status" }, told),
    );
  }
}

/** @param {Error} error */
function refusalText(error) {
  const isOffline = error instanceof CallError && error.isOffline;
  return [
    h("p", { class: "form-problems-title" }, isOffline ? t("form.offline") : t("form.refused")),
    h("p", null, isOffline ? t("form.offline_help") : error.message),
  ];
}

/** @param {ReturnType<FormState["problems"]>[number]} problem @param {(path: string) => void} jump */
function problemLink(problem, jump) {
  const column = textOf(problem.label);
  const label = problem.line ? t("form.cell", { column, number: problem.line }) : column;
  const text = problemText(problem);
  return h(
    "li",
    null,
    h("button", { class: "link", type: "button", on: { click: () => jump(problem.path) } }, label ? t("form.at", { label, text }) : text),
  );
}

/** @param {ReturnType<typeof keepDraft>} draft @param {() => void} discard */
function draftNote(draft, discard) {
  return h("div", { class: "form-draft", role: "status", hidden: () => !draft.restored.value }, () => {
    const at = draft.restored.value;
    if (!at) return "";
    const time = new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "short" }).format(at);
    return [
      icon("clock"),
      h("span", null, t("form.draft", { time })),
      button({
        label: words("form.discard"),
        kind: "quiet",
        onClick: () => {
          discard();
          draft.forget();
        },
      }),
    ];
  });
}

/** @param {FormState} state @param {import("./form/state.js").FormSection} section */
function formSection(state, section) {
  const title = newId("section");
  const fields = section.fields.filter((field) => !field.hidden);
  const isSeen = derived(() => fields.some((field) => !state.hidden.value.has(field.name)));
  return h(
    "section",
    { class: "form-section", hidden: () => !isSeen.value, aria: { labelledby: section.title ? title : undefined } },
    section.title ? h("h3", { class: "form-section-title", id: title }, () => textOf(section.title)) : null,
    h("div", { class: "form-fields" }, fields.map((field) => formField(state, field))),
  );
}

/** @param {FormState} state @param {FormField} field */
function formField(state, field) {
  const currencyOf = (/** @type {FormField} */ one) => () => {
    const named = one.currency ?? "EUR";
    return /^[A-Z]{3}$/.test(named) ? named : valueAt(state.request.value, named) ?? "EUR";
  };
  const place = {
    data: { path: field.name },
    hidden: () => state.hidden.value.has(field.name),
    class: field.wide || field.type === "lines" ? "form-field field-wide" : "form-field",
  };
  if (field.type === "lines") return h("div", place, formLines(state, field, currencyOf));
  const cell = state.cells[field.name];
  const part = fieldPart({
    label: field.label,
    hint: field.type === "yesno" ? undefined : field.hint,
    required: () => !!field.required,
    readonly: () => !!field.readonly,
    error: () => problemText(state.wrongAt(field, field.name, cell)),
    warning: () => state.warningAt(field.name),
    input: (tie) => formInput(field, cell, tie, currencyOf(field)),
  });
  return h("div", { ...place, on: { focusout: () => (cell.touched.value = true) } }, part);
}
