// Files of other systems: checked first, then taken; and what came of those that were.
import { call, platform, read } from "../../app/server.js";
import { may } from "../../app/session.js";
import { badge } from "../../parts/badge.js";
import { emptyState } from "../../parts/states.js";
import { h } from "../../runtime/h.js";
import { signal } from "../../runtime/signal.js";
import { answered, block, instantText, pageHead, s, sw, table } from "../common.js";
import { dropZone } from "./file.js";
import { ledgerImport, ledgerKinds } from "./import_ledger.js";
import { sourceImport } from "./import_source.js";
import { proposal } from "./import_propose.js";

/** @param {string} name */
const imports = (name) => platform("ImportService", name);

export function importsPage() {
  const file = signal(/** @type {File | null} */ (null));
  const kind = signal("");
  const list = may("platform.import.list") ? read(imports("ListImports"), { pageSize: 200 }, { topics: ["import"] }) : null;
  const sources = signal(/** @type {string[]} */ ([]));
  void sourceNames().then((names) => (sources.value = names));
  return h(
    "div",
    { class: "page" },
    pageHead({ title: sw("page.imports"), detail: sw("import.detail") }),
    dropZone(file),
    h("div", { hidden: () => !file.value, class: "panel" }, kinds(kind, sources), () => {
      const chosen = file.value;
      if (!chosen || !kind.value) return null;
      if (kind.value === "propose") {
        return proposal(chosen, (name) => {
          sources.value = [...new Set([...sources.peek(), name])];
          kind.value = `source:${name}`;
        });
      }
      const done = () => list?.refresh();
      return kind.value.startsWith("source:") ? sourceImport(kind.value.slice(7), chosen, done) : ledgerImport(kind.value, chosen);
    }),
    list ? block(sw("import.earlier"), [answered(list, (data) => importsTable(data.imports ?? []))]) : null,
  );
}

/** The company's documents of the kind source, where one may see them. */
async function sourceNames() {
  if (!may("platform.configuration.get") || !may("platform.import.create")) return [];
  const { documents = [] } = await call(platform("ConfigurationService", "GetConfiguration"), {}).catch(() => ({}));
  const texts = /** @type {string[]} */ (documents.map((/** @type {any} */ one) => one.text));
  return texts.filter((text) => /^kind:\s*source\s*$/m.test(text)).map((text) => /^name:\s*["']?([\w-]+)/m.exec(text)?.[1] ?? "").filter(Boolean)
    .sort();
}

/** What the file is. @param {import("../../runtime/signal.js").Writable<string>} kind @param {{readonly value: string[]}} sources */
function kinds(kind, sources) {
  /** @param {string} value @param {import("../../runtime/h.js").Text} label */
  const one = (value, label) =>
    h(
      "label",
      { class: "import-kind" },
      h("input", { type: "radio", name: "import-kind", value, checked: () => kind.value === value, on: { change: () => (kind.value = value) } }),
      h("span", null, label),
    );
  return h(
    "fieldset",
    { class: "import-kinds" },
    h("legend", { class: "field-label" }, sw("import.what")),
    h("div", { class: "import-choices" }, () => [
      ...ledgerKinds.filter((kind) => may(kind.needs)).map((kind) => one(kind.id, sw(kind.label))),
      ...sources.value.map((name) => one(`source:${name}`, () => s("import.source", { text: name }))),
      ...(may("platform.source.propose") ? [one("propose", sw("import.other"))] : []),
    ]),
  );
}

/** @param {any[]} rows */
function importsTable(rows) {
  if (!rows.length) return emptyState({ title: sw("import.none"), help: sw("import.none_help"), icon: "upload" });
  const count = (/** @type {number | undefined} */ number) => String(number ?? 0);
  return table({
    label: sw("import.earlier"),
    empty: sw("import.none"),
    rows,
    columns: [
      { label: sw("column.number"), cell: (row) => may("platform.import.get") ? h("a", { href: `/imports/${row.id}` }, `#${row.id}`) : `#${row.id}` },
      { label: sw("import.file"), cell: (row) => row.fileName ?? "" },
      { label: sw("import.by_source"), cell: (row) => row.source },
      { label: sw("column.when"), cell: (row) => h("span", { class: "whole" }, instantText(row.importedAt)) },
      { label: sw("column.who"), cell: (row) => row.importedBy ?? "" },
      { label: sw("import.rows"), amount: true, cell: (row) => count(row.rows) },
      { label: sw("import.taken"), amount: true, cell: (row) => count(row.taken) },
      { label: sw("import.known"), amount: true, cell: (row) => count(row.known) },
      { label: sw("import.left"), amount: true, cell: (row) => count(row.left) },
      { label: sw("column.state"), cell: stateOf },
    ],
  });
}

/** @param {any} row */
function stateOf(row) {
  if (row.review) return badge({ label: () => s("import.in_review", { count: row.review }), tone: "warn" });
  if (row.waiting) return badge({ label: () => s("import.waiting", { count: row.waiting }), tone: "info" });
  return badge({ label: sw("import.done"), tone: "good" });
}
