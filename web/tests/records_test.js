import { FormState } from "../parts/form/state.js";
import { celOf } from "../screens/records.js";
import { valueText } from "../screens/company_form.js";
import { same } from "./expect.js";

/** @typedef {import("../parts/form/state.js").FormField} FormField */
const fields = /** @type {FormField[]} */ ([
  { name: "record.custom.title", type: "text", label: "Title" },
  { name: "record.custom.limit", type: "money", label: "Limit" },
  { name: "record.custom.ends_on", type: "date", label: "Ends" },
  { name: "record.custom.share", type: "number", decimals: 2, label: "Share" },
  { name: "record.custom.count", type: "number", label: "Count" },
  { name: "record.custom.grade", type: "choice", label: "Grade" },
  { name: "record.custom.framework", type: "yesno", label: "Framework" },
]);

Deno.test("Filters of a list of records are what the server reads; what people type stays a text", () => {
  /** @param {string} column @param {any} op @param {...string} value */
  const cel = (column, op, ...value) => celOf({ column, op, value }, fields)[0];
  same(cel("custom.title", "contains", 'a" || true || "'), 'it.custom.title.lowerAscii().contains("a\\" || true || \\"".lowerAscii())');
  same(cel("custom.title", "empty"), "!has(it.custom.title)");
  same(cel("id", "is", "C-1"), 'it.id == "C-1"');
  same(cel("custom.limit", "at_least", "99.5"), 'it.custom.limit.amount >= decimal("99.5")');
  same(cel("custom.ends_on", "at_most", "2026-12-31"), 'it.custom.ends_on <= date("2026-12-31")');
  same([cel("custom.share", "is", "2.5"), cel("custom.count", "is", "3.0")], ['it.custom.share == decimal("2.5")', "it.custom.count == 3"]);
  same(cel("custom.grade", "one_of", "A", "B"), '(it.custom.grade == "A" || it.custom.grade == "B")');
  same(cel("custom.framework", "one_of", "true"), "(it.custom.framework)");
  same(cel("*", "contains", "x").split("||").length, 3);
});

Deno.test("What a form fills in is nothing that somebody typed; what somebody else changed takes the place of what no one draws", () => {
  const description = { sections: [{ fields }] };
  const state = new FormState(description, { record: { version: "1", custom: { limit: { currency: "EUR", amount: "5" } } } });
  state.take({ request: { record: { version: "1", custom: { limit: { currency: "EUR", amount: "5.00" } } } } }, state.request.peek());
  same([state.dirty.peek(), state.request.peek().record.custom.limit.amount], [false, "5.00"]);
  state.cells["record.custom.title"].value.value = "mine";
  state.goOnFrom(new FormState(description, { record: { version: "2", custom: { title: "theirs", other: "kept" } } }));
  same([state.dirty.peek(), state.request.peek().record], [true, {
    version: "2",
    custom: { title: "mine", other: "kept", limit: { currency: "EUR", amount: "5.00" } },
  }]);
  same(valueText(fields[1], { currency: "EUR", amount: "5" }), valueText(fields[1], { currency: "EUR", amount: "5.00" }));
});
