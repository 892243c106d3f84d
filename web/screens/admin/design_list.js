// A list of cards that are put in another order by a pointer or by keys, and open in place.
import { button } from "../../parts/button.js";
import { icon } from "../../parts/icon.js";
import { menuButton } from "../../parts/menu.js";
import { toast } from "../../parts/toast.js";
import { h, newId, textOf } from "../../runtime/h.js";
import { each } from "../../runtime/list.js";
import { batch, derived, signal } from "../../runtime/signal.js";
import { s, sw } from "../common.js";
import { fieldOf, listOf } from "./design_draft.js";
import { sortable } from "./design_drag.js";

/** @typedef {import("../../runtime/h.js").Text} Text */
/** @typedef {import("./design_draft.js").Draft} Draft */
/** @typedef {{readonly value: number}} Index */
/**
 * @typedef {object} CardOptions
 * @property {Draft} draft
 * @property {string} key of the list in the document
 * @property {Text} label
 * @property {(item: any) => string} name what people call one
 * @property {(item: any, index: Index) => (Node | null)[]} head what a closed card says
 * @property {(index: Index) => Node} body its properties
 * @property {Text} empty
 */

/** @param {CardOptions} options */
export function cardList(options) {
  return new CardList(options);
}

class CardList {
  /** @param {CardOptions} options */
  constructor(options) {
    this.options = options;
    const { draft, key } = options;
    this.items = derived(() => listOf(draft.at([key])));
    /** Who is who while they change places. @type {string[]} */
    this.ids = [];
    this.changes = signal(0);
    this.keys = derived(() => {
      this.changes.value;
      const { length } = this.items.value;
      while (this.ids.length < length) this.ids.push(newId("card"));
      this.ids.length = length;
      return [...this.ids];
    });
    this.open = signal("");
    this.news = signal("");
    /** @type {HTMLElement} */
    this.list = h(
      "ol",
      { class: "design-cards", aria: { label: () => textOf(options.label) } },
      ...each(() => this.keys.value, (id) => id, (id, index) => this.card(id.value, index)),
    );
    sortable(this.list, {
      items: () => /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll(":scope > li")]),
      handle: ".design-card-head",
      move: (from, to) => this.move(from, to),
    });
    this.element = h(
      "div",
      null,
      this.list,
      h("p", { class: "soft", hidden: () => !!this.items.value.length }, () => textOf(options.empty)),
      h("p", { class: "unseen", role: "status", aria: { live: "polite" } }, () => this.news.value),
    );
  }

  /** @param {number} i */
  nameOf(i) {
    return this.options.name(this.items.peek()[i] ?? {});
  }

  /** @param {number} i */
  opener(i) {
    return /** @type {HTMLElement | null} */ (this.list.querySelectorAll(":scope > li > .design-card-head > .design-card-open")[i] ?? null);
  }

  /** @param {number} from @param {number} to */
  move(from, to) {
    if (to < 0 || to >= this.ids.length || from === to) return;
    const name = this.nameOf(from);
    batch(() => {
      this.ids.splice(to, 0, ...this.ids.splice(from, 1));
      this.changes.value++;
      this.options.draft.move([this.options.key], from, to);
    });
    this.news.value = s("design.moved", { text: name, number: to + 1, count: this.ids.length });
  }

  /** @param {any} value @param {number} [at] */
  insert(value, at = this.openIndex() + 1 || this.ids.length) {
    const id = newId("card");
    batch(() => {
      this.ids.splice(at, 0, id);
      this.changes.value++;
      this.options.draft.insert([this.options.key], at, value);
      this.open.value = id;
    });
    this.list.querySelector(`[data-card="${id}"] :is(input, select, textarea)`)?.scrollIntoView({ block: "nearest" });
    /** @type {HTMLElement | null} */ (this.list.querySelector(`[data-card="${id}"] .design-card-body :is(input, select, textarea)`))?.focus();
  }

  openIndex() {
    return this.ids.indexOf(this.open.peek());
  }

  /** @param {number} i */
  duplicate(i) {
    batch(() => {
      this.ids.splice(i + 1, 0, newId("card"));
      this.changes.value++;
      this.options.draft.duplicate([this.options.key], i);
    });
    this.opener(i + 1)?.focus();
  }

  /** @param {number} i */
  remove(i) {
    const { draft, key } = this.options;
    const name = this.nameOf(i);
    const item = draft.typedAt([key, i]);
    batch(() => {
      this.ids.splice(i, 1);
      this.changes.value++;
      draft.remove([key, i]);
    });
    (this.opener(i) ?? this.opener(i - 1))?.focus();
    toast({
      text: () => s("design.removed", { text: name }),
      tone: "info",
      undo: draft.back(() => draft.insert([key], i, item)),
    });
  }

  /** @param {KeyboardEvent} event @param {number} i */
  keyDown(event, i) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step && event.altKey) this.move(i, i + step);
    else if (step && !event.ctrlKey && !event.metaKey && !event.shiftKey) this.opener(i + step)?.focus();
    else if (event.key === "Delete") this.remove(i);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} id @param {Index} index */
  card(id, index) {
    const { draft, key, head, body } = this.options;
    const item = derived(() => this.items.value[index.value] ?? {});
    // Each change of the document reads it anew: what is the same is not drawn again.
    const written = derived(() => JSON.stringify(item.value));
    const isOpen = derived(() => this.open.value === id);
    const place = () => fieldOf([key, index.value]);
    const said = derived(() => {
      const all = draft.said(place());
      return isOpen.value ? all.filter((one) => one.field === place()) : all;
    });
    const bodyId = newId("body");
    const opener = h(
      "button",
      {
        class: "design-card-open",
        type: "button",
        aria: { expanded: () => String(isOpen.value), controls: bodyId, describedby: `${bodyId}-keys` },
        on: {
          click: () => (this.open.value = isOpen.peek() ? "" : id),
          keydown: (event) => this.keyDown(event, index.value),
        },
      },
      h("span", { class: "design-card-text" }, () => {
        written.value;
        return /** @type {Node[]} */ (head(item.peek(), index).filter((one) => one !== null));
      }),
      icon("chevronDown", "design-card-caret"),
    );
    return h(
      "li",
      { class: () => `design-card${isOpen.value ? " design-card-is-open" : ""}`, data: { card: id } },
      h(
        "div",
        { class: "design-card-head" },
        h("span", { class: "design-grip", title: () => s("design.drag"), aria: { hidden: "true" } }, "⠿"),
        opener,
        menuButton({
          label: () => s("design.more_of", { text: this.options.name(item.value) }),
          icon: "more",
          kind: "quiet",
          iconOnly: true,
          align: "end",
          items: () => [
            {
              label: sw("design.move_up"),
              icon: "arrowUp",
              keys: "Alt ↑",
              disabled: () => index.value === 0,
              run: () => this.move(index.value, index.value - 1),
            },
            {
              label: sw("design.move_down"),
              icon: "arrowDown",
              keys: "Alt ↓",
              disabled: () => index.value === this.ids.length - 1,
              run: () => this.move(index.value, index.value + 1),
            },
            { label: sw("design.duplicate"), icon: "copy", run: () => this.duplicate(index.value) },
            "line",
            { label: sw("config.remove"), icon: "trash", keys: "Del", danger: true, run: () => this.remove(index.value) },
          ],
        }),
      ),
      h("span", { class: "unseen", id: `${bodyId}-keys` }, sw("design.card_keys")),
      () => findingsOf(said.value),
      h(
        "div",
        {
          class: "design-card-body",
          id: bodyId,
          hidden: () => !isOpen.value,
          on: {
            keydown: (event) => {
              if (event.key !== "Escape" || event.defaultPrevented) return;
              event.stopPropagation();
              this.open.value = "";
              opener.focus();
            },
          },
        },
        // Made when it is first opened.
        () => isOpen.value ? body(index) : [],
      ),
    );
  }
}

/** What is said of a place. @param {import("./design_draft.js").Finding[]} findings */
export function findingsOf(findings) {
  if (!findings.length) return [];
  return [h(
    "ul",
    { class: "findings design-findings" },
    findings.map((one) =>
      h("li", { class: one.isWarning ? "finding-warn" : "finding-bad" }, icon(one.isWarning ? "warning" : "alert"), h("span", null, one.message))
    ),
  )];
}

/** A heading with what can be added below it. @param {Text} title @param {Node[]} actions */
export const designHead = (title, actions) => h("div", { class: "design-head" }, h("h3", { class: "design-title" }, () => textOf(title)), ...actions);

/** Back and forth. @param {Draft} draft */
export const stepButtons = (draft) =>
  h(
    "span",
    { class: "design-steps" },
    button({
      label: sw("design.undo"),
      icon: "undo",
      kind: "quiet",
      iconOnly: true,
      disabled: () => (draft.steps.value, !draft.past.length),
      onClick: () => draft.undo(),
    }),
    button({
      label: sw("design.redo"),
      icon: "undo",
      kind: "quiet",
      iconOnly: true,
      disabled: () => (draft.steps.value, !draft.future.length),
      onClick: () => draft.redo(),
    }),
  );
