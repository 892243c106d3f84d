// What is in a form: a value for each field, rows of its tables, what is wrong with them, and the request that they are together.
import { newId } from "../../runtime/h.js";
import { batch, derived, signal } from "../../runtime/signal.js";
import { jsonPath, setAt, valueAt } from "./paths.js";

/** @typedef {import("../../runtime/h.js").Text} Text */
/** @template T @typedef {import("../../runtime/signal.js").Writable<T>} Writable */
/** @typedef {import("../../values/number.js").Saying} Saying */
/**
 * @typedef {object} FormField
 * @property {string} name where it is in the request: "invoice.dueOn"; of a column of lines below the row
 * @property {"text" | "longtext" | "money" | "number" | "date" | "choice" | "yesno" | "lookup" | "lines"} type
 * @property {Text} label
 * @property {Text} [hint]
 * @property {boolean} [required]
 * @property {boolean} [readonly]
 * @property {boolean} [hidden]
 * @property {import("../inputs.js").Option[]} [options]
 * @property {number} [decimals]
 * @property {string} [currency] of money: fixed, or the path of the field that has it
 * @property {import("../combobox.js").Load} [load]
 * @property {FormField[]} [columns] of lines
 * @property {string} [reference] the kind of the company's own records of which it names one
 * @property {boolean} [wide]
 */
/** @typedef {{title?: Text, fields: FormField[]}} FormSection */
/** @typedef {{sections: FormSection[]}} FormDescription */
/** @typedef {{field: string, message: string}} FieldMessage */
/** As FormService.Check answers. @typedef {{request?: any, changes?: {field: string}[], violations?: FieldMessage[], warnings?: FieldMessage[], hidden?: string[]}} CheckReply */
/** @typedef {{key: string, cells: Record<string, Cell>}} Line */
/** @typedef {{value: Writable<any>, problem: Writable<Saying | null>, touched: Writable<boolean>}} Cell */

/** `line`: of a table, from 1. @typedef {{path: string, label: Text, line?: number, saying?: Saying, message?: string}} Problem */

/** @param {any} value @returns {Cell} */
function cell(value) {
  return { value: signal(value ?? null), problem: signal(/** @type {Saying | null} */ (null)), touched: signal(false) };
}

export class FormState {
  /** @param {FormDescription} description @param {any} request what is there at first; fields that no one draws stay in it */
  constructor(description, request) {
    this.fields = description.sections.flatMap((section) => section.fields);
    this.base = signal(structuredClone(request));
    /** @type {Record<string, Cell>} */
    this.cells = {};
    /** @type {Record<string, Writable<Line[]>>} */
    this.lines = {};
    /** @type {Writable<FieldMessage[]>} */
    this.violations = signal(/** @type {FieldMessage[]} */ ([]));
    /** @type {Writable<FieldMessage[]>} */
    this.warnings = signal(/** @type {FieldMessage[]} */ ([]));
    /** @type {Writable<Set<string>>} */
    this.hidden = signal(new Set());
    /** Whether it was to be sent: from then on all that is wrong is said. */
    this.tried = signal(false);
    for (const field of this.fields) {
      if (field.type === "lines") {
        this.lines[field.name] = signal((valueAt(request, field.name) ?? []).map((/** @type {any} */ row) => this.newLine(field, row)));
      } else this.cells[field.name] = cell(fromJSON(field, valueAt(request, field.name)));
    }
    this.request = derived(() => this.makeRequest());
    this.initial = signal(JSON.stringify(this.request.peek()));
    this.dirty = derived(() => JSON.stringify(this.request.value) !== this.initial.value);
  }

  /** @param {FormField} field @param {any} row @returns {Line} */
  newLine(field, row = {}) {
    return {
      key: newId("line"),
      cells: Object.fromEntries((field.columns ?? []).map((column) => [column.name, cell(fromJSON(column, valueAt(row, column.name)))])),
    };
  }

  makeRequest() {
    const request = structuredClone(this.base.value);
    for (const field of this.fields) {
      if (field.type !== "lines") setAt(request, field.name, toJSON(field, this.cells[field.name].value.value));
      else {
        const rows = this.lines[field.name].value.map((line) => {
          const row = {};
          for (const column of field.columns ?? []) setAt(row, column.name, toJSON(column, line.cells[column.name].value.value));
          return row;
        });
        setAt(request, field.name, rows.length ? rows : undefined);
      }
    }
    return request;
  }

  /** Another request takes the place of what is there. @param {any} request */
  fill(request) {
    batch(() => {
      for (const field of this.fields) {
        if (field.type === "lines") {
          this.lines[field.name].value = (valueAt(request, field.name) ?? []).map((/** @type {any} */ row) => this.newLine(field, row));
        } else this.cells[field.name].value.value = fromJSON(field, valueAt(request, field.name));
      }
    });
  }

  /** What is sent is what is there from now on. */
  settle() {
    this.initial.value = JSON.stringify(this.request.peek());
  }

  /** What a field has: a value, or lines. @param {FormField} field */
  at(field) {
    return field.type === "lines" ? this.lines[field.name] : this.cells[field.name].value;
  }

  /** Goes on from what is there now: what no one draws is taken from it, what people see stays. @param {FormState} other of the same description */
  goOnFrom(other) {
    batch(() => {
      this.base.value = structuredClone(other.base.peek());
      this.initial.value = other.initial.peek();
    });
  }

  /**
   * Takes what was found of the request that was sent: what it filled in is taken where nobody has typed since.
   * @param {CheckReply} reply
   * @param {any} sent
   */
  take(reply, sent) {
    const isUntouched = !this.dirty.peek();
    batch(() => {
      this.violations.value = (reply.violations ?? []).map(({ field, message }) => ({ field: jsonPath(field), message }));
      this.warnings.value = (reply.warnings ?? []).map(({ field, message }) => ({ field: jsonPath(field), message }));
      this.hidden.value = new Set((reply.hidden ?? []).map(jsonPath));
      if (!reply.request) return;
      for (const field of this.fields) {
        if (field.type === "lines") this.takeLines(field, reply.request, sent);
        else this.takeCell(field, this.cells[field.name], valueAt(reply.request, field.name), valueAt(sent, field.name));
      }
    });
    // What a form fills in is nothing that somebody typed.
    if (isUntouched) this.settle();
  }

  /** @param {FormField} field @param {any} request @param {any} sent */
  takeLines(field, request, sent) {
    const lines = this.lines[field.name].peek();
    const rows = valueAt(request, field.name) ?? [];
    if (rows.length !== lines.length) return;
    lines.forEach((line, i) => {
      for (const column of field.columns ?? []) {
        this.takeCell(column, line.cells[column.name], valueAt(rows[i], column.name), valueAt(sent, `${field.name}[${i}].${column.name}`));
      }
    });
  }

  /** @param {FormField} field @param {Cell} cell @param {any} found @param {any} sent */
  takeCell(field, cell, found, sent) {
    const now = toJSON(field, cell.value.peek());
    const isUntouched = JSON.stringify(now) === JSON.stringify(sent);
    if (isUntouched && JSON.stringify(found) !== JSON.stringify(sent) && !cell.problem.peek()) cell.value.value = fromJSON(field, found);
  }

  /**
   * What is wrong at a place, once somebody has been there; that something is missing only when it was to be sent.
   * @param {FormField} field
   * @param {string} path
   * @param {Cell} cell
   */
  wrongAt(field, path, cell) {
    const found = this.problemsOf(field, path, "", cell)[0];
    const isSeen = this.tried.value || !!cell.problem.value || (cell.touched.value && found?.message);
    return isSeen ? found : undefined;
  }

  /** @param {string} path */
  warningAt(path) {
    return this.warnings.value.find((one) => one.field === path || one.field.startsWith(`${path}.`))?.message ?? "";
  }

  /** All that is wrong, in the order of the form: what cannot be read, and what the server said. @returns {Problem[]} */
  problems() {
    const found = this.fields.flatMap((field) => {
      if (field.type !== "lines") return this.problemsOf(field, field.name, field.label, this.cells[field.name]);
      return this.lines[field.name].value.flatMap((line, i) =>
        (field.columns ?? []).flatMap((column) =>
          this.problemsOf(column, `${field.name}[${i}].${column.name}`, column.label, line.cells[column.name]).map((one) => ({ ...one, line: i + 1 }))
        )
      );
    });
    const said = new Set(found.map((one) => one.message));
    const rest = this.violations.value.filter((one) => !said.has(one.message));
    return [...found, ...rest.map(({ field, message }) => ({ path: field, label: "", message }))];
  }

  /** @param {FormField} field @param {string} path @param {Text} label @param {Cell} cell @returns {Problem[]} */
  problemsOf(field, path, label, cell) {
    const unread = cell.problem.value;
    if (unread) return [{ path, label, saying: unread }];
    const message = this.violations.value.find((one) => one.field === path || one.field.startsWith(`${path}.`))?.message;
    if (message) return [{ path, label, message }];
    const isMissing = field.required && !this.hidden.value.has(path) && toJSON(field, cell.value.value) === undefined;
    return isMissing ? [{ path, label, saying: { key: "form.needed" } }] : [];
  }
}

/** @param {FormField} field @param {any} value */
function fromJSON(field, value) {
  if (value === undefined || value === null) {
    return field.type === "yesno" ? false : field.type === "text" || field.type === "longtext" || field.type === "choice" ? "" : null;
  }
  if (field.type === "lookup") return typeof value === "object" ? value : { value: String(value), label: String(value) };
  if (field.type === "number") return String(value);
  return value;
}

/** Nothing is said of what is empty. @param {FormField} field @param {any} value */
function toJSON(field, value) {
  if (value === null || value === undefined || value === "" || value === false) return undefined;
  if (field.type === "lookup") return value.value;
  if (field.type === "number") return /^-?\d{1,15}$/.test(value) && !field.decimals ? Number(value) : value;
  return value;
}
