// A document while it is designed: its text, what it says, what is wrong with it, and the way back.
import { derived, signal } from "../../runtime/signal.js";
import { duplicateItem, insertItem, moveItem, readTyped, readYAML, removeAt, setValue } from "../../values/yaml_text.js";

/** @typedef {import("../../values/yaml_text.js").Path} Path */
/** @typedef {import("../../values/yaml_text.js").How} How */
/** @typedef {{path: string, line?: number, column?: number, field?: string, message: string, isWarning?: boolean}} Finding */
/** @template T @typedef {import("../../runtime/signal.js").Writable<T>} Writable */
/**
 * @typedef {object} DraftOptions
 * @property {Writable<string>} text the same as in the editor
 * @property {string} kept as it was applied, "" where it is new
 * @property {() => Finding[]} findings of this document, as far as they are known
 * @property {() => {path: string, text: string}[]} documents all that would change
 */

/** Steps back that are kept. */
const pastMax = 200;

/** Keys in the order in which people write them. @type {string[]} */
const order = [
  ..."kind name title method number hit type label help group required show default compute clean min max pattern one_of format reference scale"
    .split(" "),
  ..."method starts_on event subject summary amount calendar fallback approve decide carry call notify wait split join end by need share".split(" "),
  ..."role manager_of person people members allow return_to remind every late after give_to go pass reject as is to text next rejected failed steps"
    .split(" "),
  ..."editable_by when that at say then note warn with serial given gives want fields checks rows tests any en zh de".split(" "),
];

export class Draft {
  /** @param {DraftOptions} options */
  constructor({ text, kept, findings, documents }) {
    this.text = text;
    this.documents = documents;
    this.findings = derived(findings);
    this.read = derived(() => readYAML(text.value));
    /** What it says; of a text that cannot be read what it said before, so that what is drawn has something to go on. @type {any} */
    this.last = {};
    this.value = derived(() => (this.last = isObject(this.read.value.value) ? this.read.value.value : this.last));
    const before = kept ? readYAML(kept).value : null;
    /** @type {any} */
    this.kept = isObject(before) ? before : {};
    this.steps = signal(0);
    /** @type {string[]} */
    this.past = [];
    /** @type {string[]} */
    this.future = [];
    this.lastAt = "";
  }

  /** @param {Path} path @returns {any} */
  at(path) {
    return valueAt(this.value.value, path);
  }

  /** Numbers and words of YAML as such, for values that are not texts. @param {Path} path @returns {any} */
  typedAt(path) {
    return this.read.value.problem === undefined ? valueAt(readTyped(this.text.value), path) : undefined;
  }

  /** Nothing is said of what is empty. @param {Path} path @param {unknown} value @param {How} [how] */
  set(path, value, how = {}) {
    const now = valueAt(this.value.peek(), path);
    const isNothing = value === "" || value === undefined || value === null || (Array.isArray(value) && !value.length);
    if (isNothing ? now === undefined : JSON.stringify(now) === JSON.stringify(value)) return;
    const text = this.text.peek();
    this.change(isNothing ? removeAt(text, path) : setValue(text, path, value, { order, ...how }), path.join("."));
  }

  /** An empty text stays, as in a cell. @param {Path} path @param {unknown} value @param {How} [how] */
  put(path, value, how = {}) {
    if (JSON.stringify(valueAt(this.value.peek(), path)) === JSON.stringify(value)) return;
    this.change(setValue(this.text.peek(), path, value, { order, ...how }), path.join("."));
  }

  /** @param {Path} path @param {number} index @param {unknown} value @param {How} [how] */
  insert(path, index, value, how = {}) {
    this.change(insertItem(this.text.peek(), path, index, value, { order, ...how }));
  }

  /** @param {Path} path */
  remove(path) {
    this.change(removeAt(this.text.peek(), path));
  }

  /** @param {Path} path @param {number} from @param {number} to */
  move(path, from, to) {
    this.change(moveItem(this.text.peek(), path, from, to));
  }

  /** @param {Path} path @param {number} index */
  duplicate(path, index) {
    this.change(duplicateItem(this.text.peek(), path, index));
  }

  /** Several edits that are one step back. @param {(text: string) => string} make */
  edit(make) {
    this.change(make(this.text.peek()));
  }

  /** What is typed into one place is one step. @param {string} next @param {string} [at] */
  change(next, at = "") {
    const now = this.text.peek();
    if (next === now) return;
    if (!at || at !== this.lastAt) this.past = [...this.past, now].slice(-pastMax);
    this.lastAt = at;
    this.future = [];
    this.text.value = next;
    this.steps.value++;
  }

  undo() {
    const before = this.past.pop();
    if (before === undefined) return;
    this.future.push(this.text.peek());
    this.lastAt = "";
    this.text.value = before;
    this.steps.value++;
  }

  redo() {
    const after = this.future.pop();
    if (after === undefined) return;
    this.past.push(this.text.peek());
    this.lastAt = "";
    this.text.value = after;
    this.steps.value++;
  }

  /** A way back for one thing: all as it was, unless something else was changed since; then `otherwise`. @param {() => void} otherwise */
  back(otherwise) {
    const [made, before] = [this.text.peek(), this.past.at(-1)];
    return () => this.text.peek() === made && before !== undefined ? this.undo() : otherwise();
  }

  /** What is said of a place, or of what is below it. @param {string} field "fields[2].required" */
  said(field) {
    return this.findings.value.filter((one) => {
      const at = one.field ?? "";
      return at === field || (at.startsWith(field) && /^[.[]/.test(at.slice(field.length)));
    });
  }

  /** The messages of a place. @param {string} field @param {boolean} isWarning */
  message(field, isWarning = false) {
    return this.said(field).filter((one) => !!one.isWarning === isWarning).map((one) => one.message).join("; ");
  }
}

/** "fields[2].required" @param {Path} path */
export const fieldOf = (path) =>
  path.reduce((/** @type {string} */ text, step) => typeof step === "number" ? `${text}[${step}]` : text ? `${text}.${step}` : `${step}`, "");

/** @param {any} value @param {Path} path @returns {any} */
const valueAt = (value, path) =>
  path.reduce((inner, step) => inner !== null && typeof inner === "object" && Object.hasOwn(inner, step) ? inner[step] : undefined, value);

/** @param {unknown} value @returns {value is Record<string, any>} */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** A list where one is, else an empty one: what people write by hand may have another shape. @param {unknown} value @returns {any[]} */
export const listOf = (value) => Array.isArray(value) ? value : [];

/** @param {unknown} value */
export const textOfValue = (value) => typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);

/** A text that is not in a list yet: own_1, own_2. @param {string} begin @param {string[]} taken */
export function freeName(begin, taken) {
  for (let i = 1;; i++) if (!taken.includes(`${begin}_${i}`)) return `${begin}_${i}`;
}
