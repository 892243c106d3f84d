// Documents of all customers: chosen by kind, state, days and a search, with totals.
import { ask, ledger } from "../app/server.js";
import { may } from "../app/session.js";
import { named } from "../app/words.js";
import { alone } from "../parts/field.js";
import { grid, pageSource, viewInURL } from "../parts/grid.js";
import { selectInput } from "../parts/inputs.js";
import { menuButton } from "../parts/menu.js";
import { localViews, savedViews } from "../parts/views.js";
import { h } from "../runtime/h.js";
import { signal } from "../runtime/signal.js";
import { follow, searchBox } from "./customers.js";
import { dayTool, kindText, moneyText, pageHead, stateOf, stateTones, sw } from "./common.js";

/** That can be entered, each with the permission it takes. @type {[string, string][]} */
export const entries = [
  ["invoice", "ledger.invoice.post"],
  ["receipt", "ledger.receipt.post"],
  ["credit_note", "ledger.document.post"],
  ["debit_note", "ledger.document.post"],
  ["write_off", "ledger.document.post"],
  ["refund", "ledger.document.post"],
  ["adjustment", "ledger.document.post"],
  ["opening", "ledger.document.post"],
];
const kinds = ["invoice", "credit_note", "debit_note", "receipt", "refund", "write_off", "adjustment", "opening", "reversal"];
const states = ["OPEN", "SETTLED", "REVERSED"];

/** @param {import("../app/console.js").Context} context */
export function documentsPage({ router, who }) {
  const query = {
    search: router.query("search"),
    kind: router.query("kind"),
    state: router.query("state"),
    from: router.query("from"),
    to: router.query("to"),
    customer: router.query("customer"),
  };
  const totals = signal(/** @type {any[]} */ ([]));
  const request = () => ({
    search: query.search.peek(),
    kinds: query.kind.peek() ? [query.kind.peek()] : [],
    state: query.state.peek() || undefined,
    from: query.from.peek(),
    to: query.to.peek(),
    customerId: query.customer.peek(),
  });
  const source = pageSource({
    load: async ({ pageSize, pageToken, signal }) => {
      const asked = { ...request(), pageSize, pageToken };
      // Who comes back finds what was there, as long as nobody posted anything.
      const found = await ask(ledger("ListDocuments"), asked, { topics: ["customer", "document", "import"], signal });
      if (!pageToken) totals.value = found.totals ?? [];
      return { rows: found.documents ?? [], nextPageToken: found.nextPageToken };
    },
  });
  for (const value of Object.values(query)) follow(value, () => source.reload());
  const list = grid({
    label: sw("page.documents"),
    columns: columns(who.businessDate),
    source,
    rowId: (row) => row.document.id,
    selectable: true,
    view: viewInURL(router.query("view")),
    onOpen: (row) => router.go(`/documents/${row.document.id}`),
    unfiltered: true,
    tools: [
      searchBox(query.search, sw("documents.search")),
      choice(query.kind, sw("column.kind"), sw("documents.all_kinds"), kinds.map((value) => ({ value, label: () => kindText(value) }))),
      choice(
        query.state,
        sw("column.state"),
        sw("documents.all_states"),
        states.map((value) => ({ value, label: () => named("documents", value.toLowerCase()) })),
      ),
      dayTool(query.from, sw("documents.from")),
      dayTool(query.to, sw("documents.to")),
      savedViews({ store: localViews("documents.views"), query: whole(router), standard: sw("documents.all") }),
    ],
    fileName: "documents",
  });
  const possible = entries.filter(([, permission]) => may(permission));
  return h(
    "div",
    { class: "page page-full" },
    pageHead({
      title: sw("page.documents"),
      detail: () => totals.value.map((one) => `${kindText(one.kind)} ${one.count}: ${moneyText(one.amount)}`).join(" · "),
      actions: possible.length
        ? [
          menuButton({
            label: sw("do.enter"),
            icon: "add",
            kind: "primary",
            caret: true,
            items: () => possible.map(([kind]) => ({ label: () => kindText(kind), run: () => router.go(`/documents/new/${kind}`) })),
          }),
        ]
        : [],
    }),
    list.element,
  );
}

/** All of the query as one value, for views that are saved. @param {import("../app/console.js").Router} router */
function whole(router) {
  const text = () => router.href.value.split("?")[1] ?? "";
  return {
    get value() {
      return text();
    },
    set value(next) {
      router.go(`/documents${next ? `?${next}` : ""}`, { replace: true });
    },
    peek: () => router.href.peek().split("?")[1] ?? "",
  };
}

/** @param {import("../runtime/signal.js").Writable<string>} value @param {import("../runtime/h.js").Text} label @param {import("../runtime/h.js").Text} empty @param {import("../parts/inputs.js").Option[]} options */
const choice = (value, label, empty, options) =>
  h("div", { class: "tool-select" }, selectInput({ tie: alone(label), value, options: () => options, empty }));

/** @param {string} today @returns {import("../parts/grid/column.js").Column<any>[]} */
function columns(today) {
  const stateOptions = ["open", "overdue", "settled", "credit", "reversed"].map((value) => ({
    value,
    label: () => named("state", value),
    tone: stateTones[value],
  }));
  return [
    {
      id: "number",
      label: sw("column.number"),
      type: "text",
      width: 130,
      value: (row) => row.document.number,
      href: (row) => `/documents/${row.document.id}`,
      fixed: true,
    },
    {
      id: "kind",
      label: sw("column.kind"),
      type: "choice",
      width: 90,
      value: (row) => row.document.kind,
      options: kinds.map((value) => ({ value, label: () => kindText(value) })),
      fixed: true,
    },
    {
      id: "customer",
      label: sw("column.customer"),
      type: "text",
      width: 200,
      value: (row) => row.customerName ?? "",
      href: (row) => `/customers/${row.document.customerId}`,
      fixed: true,
    },
    { id: "issued", label: sw("column.issued"), type: "date", width: 95, value: (row) => row.document.issuedOn, fixed: true },
    { id: "due", label: sw("column.due"), type: "date", width: 95, value: (row) => row.document.dueOn ?? "", fixed: true },
    { id: "state", label: sw("column.state"), type: "choice", width: 105, value: (row) => stateOf(row, today), options: stateOptions, fixed: true },
    { id: "amount", label: sw("column.amount"), type: "money", width: 130, value: (row) => row.document.amount, sum: true, fixed: true },
    { id: "open", label: sw("column.open"), type: "money", width: 130, value: (row) => row.open, sum: true, fixed: true },
    {
      id: "external",
      label: sw("column.external"),
      type: "text",
      width: 140,
      value: (row) => row.document.externalId ?? "",
      hidden: true,
      fixed: true,
    },
    { id: "by", label: sw("column.by"), type: "text", width: 120, value: (row) => row.document.recordedBy ?? "", hidden: true, fixed: true },
  ];
}
