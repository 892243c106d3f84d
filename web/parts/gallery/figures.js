// Charts, and the form.
import { h } from "../../runtime/h.js";
import { addDays, formatDay } from "../../values/date.js";
import { compareDecimals } from "../grid/filter.js";
import { formatAmount, formatMoney, moneyOf } from "../../values/money.js";
import { locale } from "../../words/words.js";
import { ageingBar, barChart, lineChart, sparkline } from "../chart.js";
import { form } from "../form.js";
import { toast } from "../toast.js";
import { lookUp, part } from "./controls.js";
import { customers, today } from "./data.js";
import { g, gw } from "./words.js";

export function chartPart() {
  const weeks = [412, 388, 455, 430, 402, 371, 395, 360, 342, 350, 318, 305];
  const card = (/** @type {Node} */ content) => h("div", { class: "gallery-card" }, content);
  /** @param {number} thousands */
  const shown = (thousands) => formatMoney(moneyOf(BigInt(thousands) * 100_000n, "EUR"), locale.value);
  const ages = [812, 266, 121, 64, 38];
  return part(
    h(
      "div",
      { class: "gallery-cards" },
      figure("receivables", () => shown(1301), weeks),
      figure("dso", () => "47.3", weeks.map((week) => 500 - week)),
    ),
    h(
      "div",
      { class: "gallery-cards" },
      card(ageingBar({
        title: gw("ageing"),
        marks: () => ages.map((size, i) => ({ label: gw(/** @type {any} */ (`age${i}`)), size, shown: shown(size), href: `?part=grid&age=${i}` })),
      })),
      card(barChart({
        title: gw("by_customer"),
        labels: gw("customer"),
        marks: () =>
          customers.slice(4, 10).map(([label], i) => ({ label, size: 300 - i * 41, shown: shown(300 - i * 41), href: `?part=grid&customer=${i}` })),
      })),
      card(lineChart({
        title: gw("cash_in"),
        marks: () =>
          weeks.map((size, i) => ({
            label: formatDay(addDays(today, (i - 11) * 7), locale.value),
            size,
            shown: shown(size),
            href: `?part=grid&week=${i}`,
          })),
      })),
      card(barChart({ title: gw("none_title"), marks: () => [] })),
    ),
  );
}

/** @param {"receivables" | "dso"} name @param {() => string} value @param {number[]} sizes */
function figure(name, value, sizes) {
  return h(
    "div",
    { class: "gallery-card" },
    h("p", { class: "soft" }, gw(name)),
    h("div", { class: "gallery-figure" }, h("strong", null, value), sparkline({ label: gw("trend"), sizes, href: "?part=grid" })),
  );
}

/** @type {() => import("../form/state.js").FormDescription} */
const description = () => ({
  sections: [
    {
      title: gw("parties"),
      fields: [
        { name: "invoice.customerId", type: "lookup", label: gw("customer"), hint: gw("customer_hint"), required: true, load: lookUp },
        { name: "invoice.number", type: "text", label: gw("number"), readonly: true },
        { name: "invoice.externalId", type: "text", label: gw("po"), hint: gw("po_hint") },
        { name: "invoice.amount", type: "money", label: gw("amount"), currency: "invoice.currency", required: true },
        {
          name: "invoice.currency",
          type: "choice",
          label: gw("currency"),
          options: ["EUR", "CNY", "JPY"].map((code) => ({ value: code, label: code })),
        },
        { name: "invoice.issuedOn", type: "date", label: gw("issued"), required: true },
      ],
    },
    {
      title: gw("conditions"),
      fields: [
        { name: "invoice.dueOn", type: "date", label: gw("due") },
        {
          name: "invoice.custom.terms",
          type: "choice",
          label: gw("terms"),
          options: [{ value: "30", label: gw("terms_30") }, { value: "60", label: gw("terms_60") }, { value: "eom", label: gw("terms_eom") }],
        },
        { name: "invoice.custom.send", type: "yesno", label: gw("email"), hint: gw("send") },
        { name: "invoice.custom.email", type: "text", label: gw("email_hint") },
        { name: "invoice.note", type: "longtext", label: gw("note"), wide: true },
      ],
    },
    {
      title: gw("lines"),
      fields: [{
        name: "invoice.lines",
        type: "lines",
        label: gw("lines"),
        columns: [
          { name: "text", type: "text", label: gw("text"), required: true },
          { name: "deliveredOn", type: "date", label: gw("date") },
          { name: "ratePercent", type: "number", decimals: 2, label: gw("rate") },
          { name: "net", type: "money", label: gw("net"), currency: "invoice.currency", required: true },
        ],
      }],
    },
  ],
});

/** As FormService.Check answers; slow where the note says so. @type {import("../form.js").FormOptions["check"]} */
async function check(request) {
  const invoice = request.invoice ?? {};
  const isSlow = invoice.note?.includes("slow");
  await new Promise((done) => setTimeout(done, isSlow && !invoice.note.includes("slower") ? 700 : 20));
  const violations = [];
  const isLarge = invoice.amount && compareDecimals(invoice.amount.amount, "10000") > 0;
  if (isLarge && !invoice.externalId) violations.push({ field: "invoice.external_id", message: g("po_needed") });
  if (isSlow && !invoice.note.includes("slower")) violations.push({ field: "invoice.note", message: g("slow_answer") });
  if (invoice.dueOn && invoice.issuedOn && invoice.dueOn < invoice.issuedOn) violations.push({ field: "invoice.due_on", message: g("early") });
  const lines = invoice.lines ?? [];
  lines.forEach((/** @type {any} */ line, /** @type {number} */ i) => {
    if (line.net?.amount.startsWith("-")) violations.push({ field: `invoice.lines[${i}].net`, message: g("discount_warning") });
  });
  const computed = structuredClone(request);
  if (invoice.issuedOn && invoice.custom?.terms === "30") computed.invoice.dueOn = addDays(invoice.issuedOn, 30);
  const warnings = isLarge ? [{ field: "invoice.amount", message: g("credit_warning") }] : [];
  return { request: computed, violations, warnings, hidden: invoice.custom?.send ? [] : ["invoice.custom.email"] };
}

/** @param {{query: (name: string) => {peek(): string}, guard: (guard: () => boolean) => () => void}} router */
export function formPart(router) {
  const made = form({
    description: description(),
    request: {
      invoice: {
        number: "RE-2026-000043",
        currency: "EUR",
        issuedOn: today,
        custom: { terms: "60" },
        lines: [{ text: "Wartung Q4", ratePercent: "19", net: { amount: "800.00", currency: "EUR" } }, {
          text: "设备安装",
          ratePercent: "19",
          net: { amount: "1200.00", currency: "EUR" },
        }],
      },
    },
    check,
    submit: async (request) => {
      await new Promise((done) => setTimeout(done, 300));
      if (request.invoice.externalId === "refuse") throw new Error(g("refused"));
      toast({ text: `${g("posted", { number: request.invoice.number })} ${formatAmount(request.invoice.amount, locale.peek())}` });
    },
    submitLabel: gw("post"),
    cancel() {},
    guard: router.guard,
    mayLeave: () => false,
    // Without, a form that is left must ask first.
    draftKey: router.query("draft").peek() === "none" ? undefined : "gallery.invoice",
  });
  return part(made.element);
}
