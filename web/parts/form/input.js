// The input of a field, by its type.
import { textOf } from "../../runtime/h.js";
import { say } from "../../words/words.js";
import { combobox } from "../combobox.js";
import { checkbox, selectInput, textArea, textInput } from "../inputs.js";
import { dateInput, moneyInput, numberInput } from "../typed.js";

/**
 * @param {import("./state.js").FormField} field
 * @param {import("./state.js").Cell} cell
 * @param {import("../field.js").Tie} tie
 * @param {() => string} currency
 */
export function formInput(field, cell, tie, currency) {
  const { value } = cell;
  // What the field says of its problem is what stops the form from being sent.
  const own = { ...tie, problem: cell.problem };
  switch (field.type) {
    case "longtext":
      return textArea({ tie: own, value });
    case "money":
      return moneyInput({ tie: own, value, currency });
    case "number":
      return numberInput({ tie: own, value, decimals: field.decimals });
    case "date":
      return dateInput({ tie: own, value });
    case "choice":
      return selectInput({ tie: own, value, options: () => field.options ?? [], empty: "" });
    case "yesno":
      return checkbox({ tie: own, checked: value, label: () => textOf(field.hint) });
    case "lookup":
      return combobox({ tie: own, value, load: field.load ?? (() => Promise.resolve([])) });
    default:
      return textInput({ tie: own, value });
  }
}

/** @param {import("./state.js").Problem} [problem] */
export function problemText(problem) {
  return problem?.saying ? say(problem.saying) : problem?.message ?? "";
}
