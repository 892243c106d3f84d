// Files whose columns Remit knows: customers, invoices, receipts, credit notes, open items. Taken whole or not at all.
import { changed, ledger } from "../../app/server.js";
import { newIntent } from "../../client/connect.js";
import { badge } from "../../parts/badge.js";
import { button } from "../../parts/button.js";
import { alone } from "../../parts/field.js";
import { checkbox, selectInput } from "../../parts/inputs.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { onEnd, signal } from "../../runtime/signal.js";
import { s, sentence, sw, table } from "../common.js";
import { stream } from "./common.js";
import { base64Of, progress } from "./file.js";

/** @type {{id: string, method: string, needs: string, label: import("../../app/words.js").Key}[]} */
export const ledgerKinds = [
  { id: "customers", method: "ImportCustomers", needs: "ledger.customer.import", label: "import.customers" },
  { id: "invoices", method: "ImportInvoices", needs: "ledger.invoice.import", label: "import.invoices" },
  { id: "receipts", method: "ImportReceipts", needs: "ledger.receipt.import", label: "import.receipts" },
  { id: "credit_notes", method: "ImportCreditNotes", needs: "ledger.credit_note.import", label: "import.credit_notes" },
  { id: "open_items", method: "ImportOpenItems", needs: "ledger.opening.import", label: "import.open_items" },
];

/** @param {string} id @param {File} file */
export function ledgerImport(id, file) {
  const kind = /** @type {(typeof ledgerKinds)[number]} */ (ledgerKinds.find((one) => one.id === id));
  const options = {
    dateOrder: signal("DATE_ORDER_UNSPECIFIED"),
    decimalMark: signal("DECIMAL_MARK_UNSPECIFIED"),
    skipRefused: signal(false),
    takeEarlyDueDates: signal(false),
    addUpLines: signal(false),
  };
  const result = signal(/** @type {any} */ (null));
  const at = signal(/** @type {{done: number, all: number, text: string} | null} */ (null));
  const problem = signal("");
  const stop = new AbortController();
  onEnd(() => stop.abort());
  let intent = newIntent();

  const request = async () => ({
    file: await base64Of(file),
    fileName: file.name,
    ...Object.fromEntries(Object.entries(options).map(([name, value]) => [name, value.peek()])),
  });

  /** @param {boolean} dryRun */
  async function run(dryRun) {
    problem.value = "";
    try {
      await stream(ledger(kind.method), { ...await request(), dryRun }, {
        intent: dryRun ? newIntent() : intent,
        signal: stop.signal,
        onMessage: ({ progress, result: last }) => {
          if (progress) at.value = progressOf(progress);
          if (last) result.value = last;
        },
      });
      // What is sent after it is another wish.
      if (!dryRun) intent = newIntent();
      if (!dryRun && result.peek().created) {
        for (const topic of ["import/", "customer/", "document/"]) changed(topic);
        toast({ text: () => s("import.imported", { count: result.peek().created }) });
      }
    } catch (error) {
      result.value = null;
      problem.value = sentence(error);
    } finally {
      at.value = null;
    }
  }
  return h(
    "div",
    { class: "panel" },
    h("div", { class: "import-options" }, choices(options), ...switches(options, id)),
    h(
      "div",
      { class: "panel-actions" },
      button({ label: sw("import.check"), icon: "search", kind: "primary", onClick: () => run(true) }),
      button({
        label: sw("import.take"),
        icon: "upload",
        disabled: () => !mayTake(result.value, options.skipRefused.value),
        onClick: () => run(false),
      }),
    ),
    progress(at),
    h("p", { class: "form-problems", role: "alert", hidden: () => !problem.value }, () => problem.value),
    h("div", { aria: { live: "polite" } }, () => result.value ? resultView(result.value) : null),
  );
}

/** What was checked and has rows that are good, all of them unless the others are to be left out. @param {any} result @param {boolean} skipRefused */
const mayTake = (result, skipRefused) => !!result?.dryRun && (result.created ?? 0) + (result.heldBack ?? 0) > 0 && (!result.refused || skipRefused);

/** @param {any} now */
const progressOf = ({ phase, rowsDone = 0, rows = 0 }) => ({
  done: rowsDone,
  all: rows,
  text: s(phase === "WRITING" ? "import.writing" : "import.checking", { count: rowsDone, all: rows }),
});

/** What a file does not say of itself. @param {{dateOrder: any, decimalMark: any}} options */
function choices({ dateOrder, decimalMark }) {
  return h(
    "div",
    { class: "tools" },
    h(
      "div",
      { class: "tool-select" },
      selectInput({
        tie: alone(sw("import.date_order")),
        value: dateOrder,
        options: () => [
          { value: "DATE_ORDER_UNSPECIFIED", label: sw("import.date_found") },
          { value: "DAY_MONTH_YEAR", label: "31.12.2026" },
          { value: "MONTH_DAY_YEAR", label: "12/31/2026" },
          { value: "YEAR_MONTH_DAY", label: "2026-12-31" },
        ],
      }),
    ),
    h(
      "div",
      { class: "tool-select" },
      selectInput({
        tie: alone(sw("import.decimal_mark")),
        value: decimalMark,
        options: () => [
          { value: "DECIMAL_MARK_UNSPECIFIED", label: sw("import.mark_found") },
          { value: "POINT", label: "1,234.56" },
          { value: "COMMA", label: "1.234,56" },
        ],
      }),
    ),
  );
}

/** @param {{skipRefused: any, takeEarlyDueDates: any, addUpLines: any}} options @param {string} id */
function switches({ skipRefused, takeEarlyDueDates, addUpLines }, id) {
  /** @param {any} checked @param {import("../../app/words.js").Key} label */
  const one = (checked, label) => checkbox({ tie: { id: `import-${label}` }, checked, label: sw(label) });
  return [
    one(skipRefused, "import.skip_refused"),
    ...(id === "invoices" ? [one(takeEarlyDueDates, "import.early_due")] : []),
    ...(id === "invoices" || id === "credit_notes" ? [one(addUpLines, "import.add_up")] : []),
  ];
}

/** @param {any} result */
function resultView({ rows = 0, created = 0, unchanged = 0, refused = 0, heldBack = 0, issues = [], issuesLeftOut = 0, dryRun }) {
  /** @param {import("../../app/words.js").Key} label @param {number} count @param {import("../../parts/badge.js").Tone} tone */
  const figure = (label, count, tone) => count ? badge({ label: () => s(label, { count }), tone }) : null;
  return h(
    "div",
    { class: "panel" },
    h(
      "div",
      { class: "panel-actions" },
      h("strong", null, () => s(dryRun ? "import.checked_rows" : "import.done_rows", { count: rows })),
      figure(dryRun ? "import.would_create" : "import.created", created, "good"),
      figure("import.unchanged", unchanged, "neutral"),
      figure("import.refused", refused, "bad"),
      figure("import.held_back", heldBack, "warn"),
    ),
    issues.length
      ? table({
        label: sw("import.issues"),
        empty: "",
        rows: issues,
        columns: [
          { label: sw("import.line"), amount: true, cell: (/** @type {any} */ row) => String(row.row ?? "") },
          {
            label: "",
            cell: (row) =>
              badge({
                label: sw(row.severity === "REFUSED" ? "import.is_refused" : "import.is_note"),
                tone: row.severity === "REFUSED" ? "bad" : "info",
              }),
          },
          { label: sw("import.column"), cell: (row) => row.column ?? "" },
          { label: sw("column.value"), cell: (row) => row.value ?? "" },
          { label: sw("import.message"), cell: (row) => row.reason },
        ],
      })
      : null,
    issuesLeftOut ? h("p", { class: "soft" }, () => s("import.more_issues", { count: issuesLeftOut })) : null,
  );
}
