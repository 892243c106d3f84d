import { jsonPath, setAt, valueAt } from "../parts/form/paths.js";
import { FormState } from "../parts/form/state.js";
import { withDocument } from "../parts/form/document.js";
import { createChecker } from "../parts/form/checker.js";
import { scope } from "../runtime/signal.js";
import { eventually, same } from "./expect.js";

/** @type {import("../parts/form/state.js").FormDescription} */
const description = {
  sections: [{
    fields: [
      { name: "invoice.customerId", type: "lookup", label: "Customer", required: true },
      { name: "invoice.amount", type: "money", label: "Amount" },
      { name: "invoice.terms.netDays", type: "number", label: "Days" },
      { name: "invoice.dueOn", type: "date", label: "Due" },
      {
        name: "invoice.lines",
        type: "lines",
        label: "Lines",
        columns: [{ name: "net", type: "money", label: "Net" }, { name: "text", type: "text", label: "Text" }],
      },
    ],
  }],
};

Deno.test("Names of the server are places in JSON", () => {
  same(["invoice.due_on", "invoice.taxes[1].rate_percent", "invoice.custom.credit_limit", "custom.a_b", "customer_id"].map(jsonPath), [
    "invoice.dueOn",
    "invoice.taxes[1].ratePercent",
    "invoice.custom.credit_limit",
    "custom.a_b",
    "customerId",
  ]);
  const message = {};
  setAt(message, "a.b[1].c", 1);
  setAt(message, "a.d", undefined);
  setAt(message, "x.y", undefined);
  same([message, valueAt(message, "a.b[1].c"), valueAt(message, "a.q.r")], [{ a: { b: [undefined, { c: 1 }] } }, 1, undefined]);
  setAt(message, "__proto__.polluted", 1);
  same([/** @type {any} */ ({}).polluted, valueAt({}, "constructor.name")], [undefined, undefined]);
});

Deno.test("A request has what is filled in, and what nobody draws stays", () => {
  const state = new FormState(description, { invoice: { number: "R-1", lines: [{ net: { amount: "1", currency: "EUR" } }] } });
  same(state.dirty.value, false);
  state.cells["invoice.customerId"].value.value = { value: "c1", label: "Nordwind" };
  state.cells["invoice.terms.netDays"].value.value = "30";
  same(state.request.value, {
    invoice: { number: "R-1", lines: [{ net: { amount: "1", currency: "EUR" } }], customerId: "c1", terms: { netDays: 30 } },
  });
  same(state.dirty.value, true);
  state.lines["invoice.lines"].value = [];
  same(state.request.value.invoice.lines, undefined);
});

Deno.test("What the server filled in is taken, but not over what was typed since", () => {
  const state = new FormState(description, { invoice: { lines: [{ text: "a" }] } });
  const sent = state.request.peek();
  state.cells["invoice.terms.netDays"].value.value = "14";
  state.take({
    request: { invoice: { dueOn: "2026-12-31", terms: { netDays: 30 }, lines: [{ text: "A" }] } },
    violations: [{ field: "invoice.due_on", message: "no" }],
    hidden: ["invoice.amount"],
  }, sent);
  same([state.request.value.invoice.dueOn, state.request.value.invoice.terms.netDays, state.request.value.invoice.lines[0].text], [
    "2026-12-31",
    14,
    "A",
  ]);
  same([state.hidden.value.has("invoice.amount"), state.problems().map((one) => one.path)], [true, ["invoice.customerId", "invoice.dueOn"]]);
});

Deno.test("While it is typed the server is asked once, and only its last answer counts", async () => {
  const state = new FormState(description, {});
  /** @type {string[]} */
  const asked = [];
  const made = scope(() =>
    createChecker(state, async (request) => {
      const day = request.invoice?.dueOn ?? "";
      asked.push(day);
      await new Promise((done) => setTimeout(done, day === "2026-01-02" ? 300 : 10));
      return { violations: [{ field: "invoice.due_on", message: `of ${day}` }] };
    })
  );
  await eventually(() => asked.length === 1, "at first");
  const due = state.cells["invoice.dueOn"].value;
  for (const day of ["2026-01-01", "2026-01-02"]) due.value = day;
  await eventually(() => asked.length === 2, "once for both");
  due.value = "2026-01-03";
  await eventually(() => state.violations.value[0]?.message === "of 2026-01-03", "the last");
  await new Promise((done) => setTimeout(done, 300));
  same([state.violations.value[0].message, asked], ["of 2026-01-03", ["", "2026-01-02", "2026-01-03"]]);
  due.value = "2026-01-04";
  await made.value.now();
  same(state.violations.value[0].message, "of 2026-01-04");
  made.end();
  due.value = "2026-01-05";
  await new Promise((done) => setTimeout(done, 200));
  same(asked.length, 4);
});

Deno.test("A company's document gives labels, own fields and closer choices", () => {
  const drawn = withDocument(description, {
    at: "invoice",
    fields: [
      { name: "due_on", label: { en: "Pay by", zh: "付款日" }, required: "true" },
      { name: "custom.contract", type: "FIELD_TYPE_TEXT", label: { any: "Contract" }, group: "Own", oneOf: ["A", "B"] },
      { name: "credit_limit", type: "FIELD_TYPE_DECIMAL", scale: 3, compute: "1" },
    ],
  });
  const [first, own] = drawn.sections;
  const due = first.fields.find((field) => field.name === "invoice.dueOn");
  same([typeof due?.label === "function" && due.label(), due?.required], ["Pay by", true]);
  same([own.title, own.fields[0].name, own.fields[0].type], ["Own", "invoice.custom.contract", "choice"]);
  same([own.fields.length, first.fields.length, description.sections[0].fields.length], [1, 6, 5]);
  // A field without a group stands with the last section of the screen.
  const limit = first.fields.at(-1);
  same([own.fields[0].options?.length, limit?.name, limit?.decimals, limit?.readonly], [2, "invoice.custom.credit_limit", 3, true]);
});
