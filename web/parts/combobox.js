// A choice of many, looked up while it is typed.
import { h, newId, textOf } from "../runtime/h.js";
import { batch, effect, onEnd, signal, untracked } from "../runtime/signal.js";
import { t } from "../words/words.js";
import { tied } from "./field.js";
import { icon } from "./icon.js";
import { closeOnMove, openAt } from "./overlay.js";
import { selectOnEntry } from "./typed.js";

/** @typedef {{value: string, label: string, detail?: string}} Choice */
/** @typedef {(query: string, options: {signal: AbortSignal}) => Promise<Choice[]>} Load */
/**
 * @typedef {{tie: import("./field.js").Tie, value: import("../runtime/signal.js").Writable<Choice | null>, load: Load,
 *   placeholder?: import("../runtime/h.js").Text}} ComboboxOptions
 */

const debounceMs = 120;

/** @param {ComboboxOptions} options */
export function combobox(options) {
  return new Combobox(options).element;
}

class Combobox {
  /** @param {ComboboxOptions} options */
  constructor({ tie, value, load, placeholder }) {
    this.tie = tie;
    this.value = value;
    this.load = load;
    this.text = signal("");
    this.state = signal(/** @type {{choices: Choice[], loading: boolean, error: string}} */ ({ choices: [], loading: false, error: "" }));
    this.at = signal(-1);
    this.open = signal(false);
    this.listId = newId("list");
    this.stop = new AbortController();
    this.timer = 0;
    this.input = this.makeInput(placeholder);
    this.list = this.makeList();
    this.element = h("div", { class: "combobox" }, this.input, icon("chevronDown"), this.list);
    selectOnEntry(this.input);
    closeOnMove(this.list);
    effect(() => {
      const now = value.value;
      untracked(() => (this.text.value = now?.label ?? ""));
    });
    effect(() => {
      if (this.at.value >= 0) this.list.querySelector(`#${this.listId}-${this.at.value}`)?.scrollIntoView({ block: "nearest" });
    });
    onEnd(() => this.hide());
  }

  /** @param {string} query @param {number} wait */
  lookUp(query, wait) {
    clearTimeout(this.timer);
    this.stop.abort();
    const { signal } = this.stop = new AbortController();
    this.state.value = { ...this.state.peek(), loading: true, error: "" };
    this.timer = setTimeout(() => void this.ask(query, signal), wait);
  }

  /** @param {string} query @param {AbortSignal} signal */
  async ask(query, signal) {
    try {
      const choices = await this.load(query, { signal });
      // The last question's answer wins.
      if (signal.aborted) return;
      batch(() => {
        this.state.value = { choices, loading: false, error: "" };
        this.at.value = choices.length ? 0 : -1;
      });
      // It may be longer now, and then fit only above.
      if (this.open.peek()) openAt(this.list, this.input, { sameWidth: true });
    } catch (error) {
      if (!signal.aborted) this.state.value = { choices: [], loading: false, error: error instanceof Error ? error.message : String(error) };
    }
  }

  show() {
    if (this.open.peek() || this.tie.readonly?.()) return;
    this.open.value = true;
    // Who comes to a choice that is made wants to see the others.
    this.lookUp(this.text.peek() === this.value.peek()?.label ? "" : this.text.peek(), 0);
    openAt(this.list, this.input, { sameWidth: true });
  }

  hide() {
    this.open.value = false;
    this.stop.abort();
    clearTimeout(this.timer);
    if (this.list.matches(":popover-open")) this.list.hidePopover();
  }

  /** @param {Choice} choice */
  choose(choice) {
    this.value.value = choice;
    this.text.value = choice.label;
    this.hide();
  }

  /** Text that is no choice is none. */
  restore() {
    this.text.value = this.value.peek()?.label ?? "";
    this.hide();
  }

  typed() {
    this.text.value = this.input.value;
    if (!this.text.peek() && this.value.peek()) this.value.value = null;
    this.open.value = true;
    openAt(this.list, this.input, { sameWidth: true });
    this.lookUp(this.text.peek(), debounceMs);
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    if (event.isComposing) return;
    const { choices, loading } = this.state.peek();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isOpen = this.open.peek();
    if (step && !isOpen) this.show();
    else if (step && choices.length) this.at.value = (this.at.peek() + step + choices.length) % choices.length;
    else if (event.key === "Enter" && isOpen && this.at.peek() >= 0 && !loading) this.choose(choices[this.at.peek()]);
    else if (event.key === "Escape" && isOpen) this.restore();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {import("../runtime/h.js").Text} [placeholder] */
  makeInput(placeholder) {
    const attributes = tied(this.tie);
    return h("input", {
      ...attributes,
      class: "input",
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: () => textOf(placeholder),
      aria: {
        ...attributes.aria,
        autocomplete: "list",
        controls: this.listId,
        expanded: () => this.open.value,
        activedescendant: () => this.open.value && this.at.value >= 0 ? `${this.listId}-${this.at.value}` : null,
      },
      value: () => this.text.value,
      on: { input: () => this.typed(), keydown: (event) => this.keyDown(event), blur: () => this.restore(), click: () => this.show() },
    });
  }

  makeList() {
    const label = () => this.tie.label ? textOf(this.tie.label) : t("combobox.choices");
    return h(
      "div",
      // Pressing in it leaves the focus in the input.
      { class: "choices", popover: "manual", on: { pointerdown: (event) => event.preventDefault() } },
      h("div", { id: this.listId, role: "listbox", aria: { label } }, () => this.state.value.choices.map((choice, i) => this.option(choice, i))),
      h("div", { class: "choices-note", role: "status" }, () => {
        const { choices, loading, error } = this.state.value;
        if (error || choices.length) return error;
        return loading ? t("state.loading") : t("combobox.none");
      }),
    );
  }

  /** @param {Choice} choice @param {number} i */
  option(choice, i) {
    return h(
      "div",
      {
        id: `${this.listId}-${i}`,
        class: "choice",
        role: "option",
        aria: { selected: () => String(this.at.value === i) },
        on: { click: () => this.choose(choice), pointermove: () => (this.at.value = i) },
      },
      h("span", { class: "choice-label" }, choice.label),
      choice.detail && h("span", { class: "choice-detail" }, choice.detail),
    );
  }
}
