// Editing in the cell: Enter keeps and goes down, Tab to the side, Esc gives it up. Until the server has taken it, the cell says that it waits.
import { textOf } from "../../runtime/h.js";
import { freeScope, signal } from "../../runtime/signal.js";
import { say } from "../../words/words.js";
import { alone } from "../field.js";
import { selectInput, textInput } from "../inputs.js";
import { toast } from "../toast.js";
import { dateInput, moneyInput, numberInput } from "../typed.js";

/** @typedef {import("./column.js").Column<any>} Column */

/**
 * @param {{column: Column, row: any, cell: HTMLElement, typed: string, done: (key: "Enter" | "Tab" | "ShiftTab" | "Escape" | "blur") => void}} options
 *   `typed`: the sign that began it takes the place of what was there
 */
export function editCell({ column, row, cell, typed, done }) {
  const before = column.value(row);
  const value = signal(/** @type {any} */ (before ?? null));
  const problem = signal(/** @type {import("../../values/number.js").Saying | null} */ (null));
  const tie = { ...alone(column.label), problem, invalid: () => !!problem.value };
  const { value: box, end } = freeScope(() => inputFor(column, tie, value, before));
  box.classList.add("cell-editor");
  cell.append(box);
  cell.classList.add("editing");
  cell.parentElement?.classList.add("row-editing");
  const input = /** @type {HTMLInputElement} */ (box.matches("input, select") ? box : box.querySelector("input, select"));
  let ended = false;
  input.focus();
  if (typed) {
    input.value = typed;
    input.dispatchEvent(new Event("input"));
  }

  /** @param {Parameters<typeof done>[0]} key */
  async function finish(key) {
    if (ended) return;
    if (key !== "Escape") {
      // An input that is left says what it cannot read.
      input.dispatchEvent(new FocusEvent("blur"));
      const wrong = problem.peek();
      if (wrong) return void toast({ text: `${textOf(column.label)}: ${say(wrong)}`, tone: "bad" });
    }
    ended = true;
    const next = value.peek();
    box.remove();
    end();
    cell.classList.remove("editing");
    cell.parentElement?.classList.remove("row-editing");
    done(key);
    if (key === "Escape" || JSON.stringify(next) === JSON.stringify(before ?? null)) return;
    cell.classList.add("saving");
    try {
      await column.edit?.save(row, next);
    } catch (error) {
      toast({ text: error instanceof Error ? error.message : String(error), tone: "bad" });
    } finally {
      cell.classList.remove("saving");
    }
  }
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing || !["Enter", "Tab", "Escape"].includes(event.key)) return;
    event.preventDefault();
    void finish(event.key === "Tab" && event.shiftKey ? "ShiftTab" : /** @type {"Enter" | "Tab" | "Escape"} */ (event.key));
  });
  box.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !box.contains(/** @type {Node} */ (event.relatedTarget))) void finish("blur");
  });
}

/** @param {Column} column @param {import("../field.js").Tie} tie @param {import("../../runtime/signal.js").Writable<any>} value @param {any} before */
function inputFor(column, tie, value, before) {
  if (column.type === "money") return moneyInput({ tie, value, currency: () => column.currency ?? before?.currency ?? "EUR" });
  if (column.type === "number") return numberInput({ tie, value, decimals: column.decimals });
  if (column.type === "date") return dateInput({ tie, value });
  if (column.type === "choice") return selectInput({ tie, value, options: () => column.options ?? [] });
  value.value ??= "";
  return textInput({ tie, value });
}
