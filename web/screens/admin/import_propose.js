// A file that nobody knows yet: the server proposes a document that reads it, which a person looks through and keeps.
import { call, platform } from "../../app/server.js";
import { may } from "../../app/session.js";
import { newIntent } from "../../client/connect.js";
import { button } from "../../parts/button.js";
import { field } from "../../parts/field.js";
import { selectInput, textInput } from "../../parts/inputs.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { signal } from "../../runtime/signal.js";
import { s, sentence, sw } from "../common.js";
import { save } from "./common.js";
import { editor } from "./editor.js";
import { base64Of } from "./file.js";

/** @type {{method: string, label: import("../../app/words.js").Key}[]} */
const methods = [
  { method: "remit.ledger.v1.LedgerService/PostInvoice", label: "import.invoices" },
  { method: "remit.ledger.v1.LedgerService/PostReceipt", label: "import.receipts" },
  { method: "remit.ledger.v1.LedgerService/PostDocument", label: "import.documents" },
  { method: "remit.ledger.v1.LedgerService/CreateCustomer", label: "import.customers" },
  { method: "remit.platform.v1.RecordService/CreateRecord", label: "import.records" },
];

/** @param {File} file @param {(name: string) => void} kept */
export function proposal(file, kept) {
  const name = signal(file.name.replace(/\.\w+$/, "").toLowerCase().replace(/[^a-z0-9_-]+/g, "_").slice(0, 40));
  const method = signal(methods[0].method);
  const record = signal("");
  const text = signal("");
  const unused = signal(/** @type {string[]} */ ([]));
  const problem = signal("");

  /** @param {() => Promise<unknown>} work */
  const tried = (work) => async () => {
    problem.value = "";
    try {
      await work();
    } catch (error) {
      problem.value = sentence(error);
    }
  };
  const propose = tried(async () => {
    const found = await call(platform("ImportService", "ProposeSource"), {
      name: name.peek(),
      method: method.peek(),
      record: record.peek(),
      file: await base64Of(file),
    });
    [text.value, unused.value] = [found.document, found.unused ?? []];
  });
  const keep = tried(async () => {
    const documents = [{ path: `source.${name.peek()}.yaml`, text: text.peek() }];
    const plan = await call(platform("ConfigurationService", "PlanConfiguration"), { documents });
    const wrong = (plan.findings ?? []).filter((/** @type {any} */ one) => !one.isWarning);
    if (wrong.length) throw new Error(wrong.map((/** @type {any} */ one) => `${one.line ?? 1}: ${one.message}`).join("\n"));
    const { baseVersion, fingerprint } = plan;
    await call(platform("ConfigurationService", "ApplyConfiguration"), {
      documents,
      baseVersion,
      fingerprint,
      reason: s("import.source", { text: name.peek() }),
    }, { intent: newIntent() });
    toast({ text: () => s("import.source_kept", { text: name.peek() }) });
    kept(name.peek());
  });
  return h(
    "div",
    { class: "panel" },
    h("p", { class: "soft measure" }, sw("import.propose_help")),
    h(
      "div",
      { class: "form-fields" },
      field({ label: sw("import.source_name"), input: (tie) => textInput({ tie, value: name }) }),
      field({
        label: sw("import.rows_are"),
        input: (tie) => selectInput({ tie, value: method, options: () => methods.map((one) => ({ value: one.method, label: sw(one.label) })) }),
      }),
      h(
        "div",
        { hidden: () => !method.value.endsWith("CreateRecord") },
        field({ label: sw("import.record_kind"), input: (tie) => textInput({ tie, value: record }) }),
      ),
    ),
    h("div", null, button({ label: sw("import.propose"), icon: "search", kind: "primary", onClick: propose })),
    h("p", { class: "form-problems lines", role: "alert", hidden: () => !problem.value }, () => problem.value),
    h(
      "div",
      { class: "panel", hidden: () => !text.value },
      h("p", { class: "soft", hidden: () => !unused.value.length }, () => s("import.unused", { text: unused.value.join(", ") })),
      editor({ value: text, label: sw("import.source_document") }).element,
      h(
        "div",
        { class: "panel-actions" },
        may("platform.configuration.apply") && may("platform.configuration.plan")
          ? button({ label: sw("import.keep_source"), icon: "check", onClick: keep })
          : null,
        button({ label: sw("config.download"), icon: "download", kind: "quiet", onClick: () => save(text.peek(), `source.${name.peek()}.yaml`) }),
      ),
    ),
  );
}
