// A text with the numbers of its lines, and marks at those that something is said of.
import { h, textOf } from "../../runtime/h.js";

const indent = "  ";

/**
 * @param {{value: import("../../runtime/signal.js").Writable<string>, label: import("../../runtime/h.js").Text, marks?: () => Map<number, "bad" | "warn">, readonly?: boolean}} options
 *   `marks` by line, from 1
 */
export function editor({ value, label, marks, readonly = false }) {
  const numbers = h("div", { class: "editor-numbers", aria: { hidden: "true" } }, () => {
    const marked = marks?.();
    return value.value.split("\n").map((_, i) =>
      h("div", { class: `editor-number ${marked?.has(i + 1) ? `editor-${marked.get(i + 1)}` : ""}` }, i + 1)
    );
  });
  /** Esc lets the next Tab leave, so that nobody is caught in it. */
  let mayLeave = false;
  /** @type {HTMLTextAreaElement} */
  const area = h("textarea", {
    class: "editor-text",
    spellcheck: "false",
    autocomplete: "off",
    readonly,
    aria: { label: () => textOf(label) },
    value: () => value.value,
    on: {
      input: () => (value.value = area.value),
      scroll: () => (numbers.scrollTop = area.scrollTop),
      focus: () => (mayLeave = false),
      keydown: (event) => {
        if (event.key === "Escape") mayLeave = true;
        else if (event.key === "Tab" && !event.shiftKey && !mayLeave && !readonly) {
          event.preventDefault();
          // Unlike setting the value this can be undone.
          document.execCommand("insertText", false, indent);
        } else if (event.key !== "Shift" && event.key !== "Tab") mayLeave = false;
      },
    },
  });
  return {
    element: h("div", { class: "editor" }, numbers, area),
    /** @param {number} line from 1 @param {number} [column] */
    jump(line, column = 1) {
      const lines = area.value.split("\n");
      const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
      area.focus();
      area.setSelectionRange(start + column - 1, start + (lines[line - 1]?.length ?? 0));
      const height = parseFloat(getComputedStyle(area).lineHeight);
      area.scrollTop = Math.max(0, (line - 4) * height);
    },
  };
}
