// The command palette: go to, find and do by a few signs. What there is comes from lists at hand and from those that ask the server.
import { h, newId, textOf } from "../runtime/h.js";
import { batch, effect, onEnd, signal } from "../runtime/signal.js";
import { shown } from "../runtime/keys.js";
import { t, words } from "../words/words.js";
import { fuzzyScore } from "./fuzzy.js";
import { icon } from "./icon.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/**
 * `also`: other words it is found by: other names, pinyin initials.
 * @typedef {{id: string, label: Text, group: Text, icon?: import("./icon.js").IconName, detail?: Text, also?: string[], keys?: string, run?: () => void, href?: string}} Command
 */
/** @typedef {(query: string, options: {signal: AbortSignal}) => Promise<Command[]>} Provider */

const debounceMs = 120;
const shownMax = 40;
const pageStep = 8;

/**
 * The best of the commands, those that fit better first.
 * @param {Command[]} commands
 * @param {string} query
 */
export function ranked(commands, query) {
  return commands
    .map((command) => ({ command, score: Math.max(...[textOf(command.label), ...(command.also ?? [])].map((text) => fuzzyScore(query, text))) }))
    .filter((one) => one.score > 0)
    .sort((a, b) => query ? b.score - a.score : 0)
    .slice(0, shownMax)
    .map((one) => one.command);
}

/** @typedef {{commands: () => Command[], providers?: Provider[], go: (href: string) => void}} PaletteOptions */

/** @param {PaletteOptions} options */
export function createPalette(options) {
  const { element, toggle } = new Palette(options);
  return { element, open: toggle };
}

class Palette {
  /** @param {PaletteOptions} options */
  constructor({ commands, providers = [], go }) {
    this.commands = commands;
    this.providers = providers;
    this.go = go;
    this.query = signal("");
    this.found = signal(/** @type {Command[]} */ ([]));
    this.at = signal(0);
    this.waiting = signal(0);
    this.listId = newId("palette");
    this.stop = new AbortController();
    this.timer = 0;
    /** @type {Element | null} */
    this.before = null;
    this.input = this.makeInput();
    this.list = h(
      "div",
      { class: "palette-list", id: this.listId, role: "listbox", aria: { label: words("palette.results") } },
      () => this.groups(this.found.value),
    );
    this.element = this.makeDialog();
    this.toggle = () => this.element.open ? this.element.close() : this.show();
    effect(() => {
      const id = `${this.listId}-${this.at.value}`;
      if (this.found.value.length) this.list.querySelector(`#${id}`)?.scrollIntoView({ block: "nearest" });
    });
    onEnd(() => this.giveUp());
  }

  giveUp() {
    this.stop.abort();
    clearTimeout(this.timer);
    this.waiting.value = 0;
  }

  search() {
    const text = this.query.peek().trim();
    batch(() => {
      this.found.value = ranked(this.commands(), text);
      this.at.value = 0;
    });
    this.giveUp();
    if (!text) return;
    const { signal } = this.stop = new AbortController();
    this.timer = setTimeout(() => this.providers.forEach((provider) => void this.ask(provider, text, signal)), debounceMs);
  }

  /** @param {Provider} provider @param {string} text @param {AbortSignal} signal */
  async ask(provider, text, signal) {
    this.waiting.value++;
    try {
      const more = await provider(text, { signal });
      const known = new Set(this.found.peek().map((one) => one.id));
      // Behind what is there: what a person is about to choose does not move.
      if (!signal.aborted) this.found.value = [...this.found.peek(), ...more.filter((one) => !known.has(one.id))];
    } catch {
      // Of one source that cannot be reached the others are still of use.
    } finally {
      if (!signal.aborted) this.waiting.value--;
    }
  }

  /** @param {Command | undefined} command */
  choose(command) {
    if (!command) return;
    // Elsewhere the focus is what the new page makes it.
    if (command.href) this.before = null;
    this.element.close();
    command.run?.();
    if (command.href) this.go(command.href);
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    if (event.isComposing) return;
    const count = this.found.peek().length;
    const at = this.at.peek();
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: pageStep, PageUp: -pageStep }[event.key];
    if (step && count) this.at.value = Math.abs(step) === 1 ? (at + step + count) % count : Math.max(0, Math.min(count - 1, at + step));
    else if (event.key === "Enter") this.choose(this.inOrder()[at]);
    else return;
    event.preventDefault();
  }

  /** As they are seen: group by group. */
  inOrder() {
    const commands = this.found.peek();
    const names = [...new Set(commands.map((command) => textOf(command.group)))];
    return names.flatMap((name) => commands.filter((command) => textOf(command.group) === name));
  }

  show() {
    this.before = document.activeElement;
    this.query.value = "";
    this.search();
    this.element.showModal();
    this.input.focus();
  }

  closed() {
    this.giveUp();
    if (this.before instanceof HTMLElement) this.before.focus();
  }

  makeInput() {
    const input = h("input", {
      class: "palette-input",
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: words("palette.placeholder"),
      aria: {
        label: words("palette.placeholder"),
        expanded: "true",
        autocomplete: "list",
        controls: this.listId,
        activedescendant: () => this.found.value.length ? `${this.listId}-${this.at.value}` : null,
      },
      value: () => this.query.value,
      on: {
        input: () => {
          this.query.value = input.value;
          this.search();
        },
        keydown: (event) => this.keyDown(event),
      },
    });
    return input;
  }

  makeDialog() {
    const note = () => this.waiting.value ? t("palette.searching") : this.found.value.length ? "" : t("palette.none");
    const dialog = h(
      "dialog",
      {
        class: "palette",
        aria: { label: words("palette.title") },
        // A click beside it: on what is behind, which is the dialog itself.
        on: { click: (event) => event.target === dialog && dialog.close(), close: () => this.closed() },
      },
      h("div", { class: "palette-head" }, icon("search"), this.input, h("kbd", null, "Esc")),
      this.list,
      h("div", { class: "palette-note", role: "status" }, note),
    );
    return dialog;
  }

  /** @param {Command[]} commands */
  groups(commands) {
    const ordered = this.inOrder();
    const names = [...new Set(commands.map((command) => textOf(command.group)))];
    return names.map((name) => {
      const members = ordered.flatMap((command, i) => textOf(command.group) === name ? [this.entry(command, i)] : []);
      return h("div", { role: "group", aria: { label: name } }, h("div", { class: "palette-group", aria: { hidden: "true" } }, name), members);
    });
  }

  /** @param {Command} command @param {number} i */
  entry(command, i) {
    return h(
      "div",
      {
        class: "palette-entry",
        id: `${this.listId}-${i}`,
        role: "option",
        aria: { selected: () => String(this.at.value === i) },
        on: { click: () => this.choose(command), pointermove: () => (this.at.value = i) },
      },
      icon(command.icon ?? "chevronRight"),
      h("span", { class: "palette-label" }, textOf(command.label)),
      command.detail && h("span", { class: "palette-detail" }, textOf(command.detail)),
      command.keys && h("span", { class: "palette-keys", aria: { hidden: "true" } }, shown(command.keys).map((key) => h("kbd", null, key))),
    );
  }
}
