// A customer: what is owed, its items, documents, statement, details and history.
import { call, changed, ledger, platform, read } from "../app/server.js";
import { may } from "../app/session.js";
import { button } from "../parts/button.js";
import { ageingBar } from "../parts/chart.js";
import { combobox } from "../parts/combobox.js";
import { ask } from "../parts/dialog.js";
import { field } from "../parts/field.js";
import { textInput } from "../parts/inputs.js";
import { tabs } from "../parts/tabs.js";
import { toast } from "../parts/toast.js";
import { h } from "../runtime/h.js";
import { onEnd, signal } from "../runtime/signal.js";
import { addMonths } from "../values/date.js";
import { formatAmount, minorOf } from "../values/money.js";
import { locale } from "../words/words.js";
import { named } from "../app/words.js";
import { customerFields } from "./customers.js";
import { checkWith, described, formsOf } from "./company_form.js";
import { sharedForm } from "./conflict.js";
import {
  amount,
  answered,
  block,
  customerChoices,
  dayText,
  facts,
  holding,
  instantText,
  kindText,
  leaveAsked,
  moneyText,
  pageHead,
  s,
  stateBadge,
  stateOf,
  sw,
  table,
} from "./common.js";

/** @typedef {import("../app/console.js").Context} Context */

/** @param {Context} context */
export function customerPage(context) {
  const answer = read(ledger("GetCustomer"), { id: context.params.id });
  const editing = signal(false);
  const typed = { isDirty: () => false };
  const version = () => answer.state.value.data?.version;
  return answered(holding(answer, editing), (customer) => customerView(customer, context, { editing, version, typed }));
}

/** @typedef {{editing: import("../runtime/signal.js").Writable<boolean>, typed: {isDirty: () => boolean}, version: () => number | undefined}} Editing */
/** @param {any} customer @param {Context} context @param {Editing} edit */
function customerView(customer, { router, who }, edit) {
  const actions = [
    ...(may("ledger.invoice.post") ? [button({ label: sw("do.invoice"), icon: "add", href: `/documents/new/invoice?customer=${customer.id}` })] : []),
    ...(may("ledger.receipt.post")
      ? [button({ label: sw("do.receipt"), icon: "cash", href: `/documents/new/receipt?customer=${customer.id}` })]
      : []),
    ...(may("ledger.allocation.create") ? [button({ label: sw("do.allocate"), icon: "link", href: `/cash?customer=${customer.id}` })] : []),
    ...(may("ledger.customer.merge") && !customer.mergedIntoId
      ? [button({ label: sw("customer.merge"), icon: "link", kind: "quiet", onClick: () => merge(customer) })]
      : []),
  ];
  return h(
    "div",
    { class: "page" },
    pageHead({
      title: customer.name,
      detail: customer.number,
      actions: customer.mergedIntoId ? [] : actions,
      back: { href: "/customers", label: sw("page.customers") },
    }),
    customer.mergedIntoId ? merged(customer) : null,
    tabs({
      label: sw("page.customer"),
      chosen: leaveAsked(router.query("tab"), () => edit.editing.peek() && edit.typed.isDirty()),
      tabs: [
        { id: "account", label: sw("tab.account"), content: () => account(customer, who) },
        { id: "documents", label: sw("tab.documents"), content: () => documents(customer, who) },
        { id: "statement", label: sw("tab.statement"), content: () => statement(customer, who) },
        { id: "details", label: sw("tab.details"), content: () => details(customer, edit, { router, who }) },
        ...(may("platform.audit.list") ? [{ id: "history", label: sw("tab.history"), content: () => history(`customer/${customer.id}`) }] : []),
      ],
    }),
  );
}

/** @param {any} customer */
function merged(customer) {
  return h(
    "p",
    { class: "notice" },
    h("a", { href: `/customers/${customer.mergedIntoId}` }, sw("customer.merged_into")),
    may("ledger.customer.merge")
      ? button({
        label: sw("customer.undo_merge"),
        kind: "quiet",
        onClick: async () => {
          await call(ledger("UndoMerge"), { fromId: customer.id }, { intent: crypto.randomUUID() });
          changed(`customer/${customer.id}`);
        },
      })
      : null,
  );
}

/** @param {any} customer @param {import("../app/session.js").Who} who */
function account(customer, who) {
  const items = read(ledger("ListOpenItems"), { customerId: customer.id, pageSize: 500 });
  return answered(items, (data) => {
    const rows = data.items ?? [];
    const balance = read(ledger("GetBalance"), { customerId: customer.id });
    return h(
      "div",
      null,
      answered(
        balance,
        (now) =>
          h(
            "div",
            { class: "tiles" },
            ...(now.balances?.length ? now.balances : [{ amount: "0", currency: who.tenant.baseCurrency }]).map((/** @type {any} */ money) =>
              h(
                "div",
                { class: "tile" },
                h("span", { class: "tile-label" }, sw("customer.balance")),
                h("span", { class: "tile-value figures" }, () => formatAmount(money, locale.value)),
                h("span", { class: "tile-note soft" }, money.currency),
              )
            ),
          ),
      ),
      ...ages(rows, who.businessDate).map((one) =>
        ageingBar({ title: () => s("home.ageing_of", { text: one.currency }), marks: () => one.marks(customer.id) })
      ),
      block(sw("customer.open_items"), [table({
        label: sw("customer.open_items"),
        empty: sw("customer.nothing_open"),
        rows,
        columns: [
          { label: sw("column.document"), cell: (/** @type {any} */ row) => h("a", { href: `/documents/${row.documentId}` }, row.number) },
          { label: sw("column.kind"), cell: (row) => kindText(row.kind) },
          { label: sw("column.issued"), cell: (row) => dayText(row.issuedOn) },
          { label: sw("column.due"), cell: (row) => dayText(row.dueOn) },
          {
            label: sw("column.state"),
            cell: (row) => stateBadge(minorOf(row.open) < 0n ? "credit" : row.dueOn < who.businessDate ? "overdue" : "open"),
          },
          { label: sw("column.amount"), amount: true, cell: (row) => amount(row.amount) },
          { label: sw("column.open"), amount: true, cell: (row) => amount(row.open) },
        ],
      })]),
    );
  });
}

/** Of items, by currency, in classes of thirty days. @param {any[]} items @param {string} today */
function ages(items, today) {
  const edges = [1, 31, 61, 91];
  const currencies = [...new Set(items.map((one) => one.open.currency))].sort();
  return currencies.map((currency) => ({
    currency,
    /** @param {string} id */
    marks: (id) =>
      [0, ...edges].map((_, at) => {
        const minor = items.filter((one) => one.open.currency === currency && minorOf(one.open) > 0n && classOf(one.dueOn, today, edges) === at)
          .reduce((sum, one) => sum + minorOf(one.open), 0n);
        const money = { currency, amount: decimal(minor, currency) };
        return {
          label: at === 0
            ? s("ageing.not_due")
            : at === edges.length
            ? s("ageing.over", { count: edges[at - 1] - 1 })
            : `${edges[at - 1]}–${edges[at] - 1}`,
          size: Number(minor),
          shown: formatAmount(money, locale.value),
          href: `/documents?customer=${id}&state=OPEN`,
        };
      }),
  }));
}

/** @param {bigint} minor @param {string} currency */
function decimal(minor, currency) {
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const text = String(minor).padStart(digits + 1, "0");
  return digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text;
}

/** @param {string} due @param {string} today @param {number[]} edges */
function classOf(due, today, edges) {
  const late = Math.round((Date.parse(today) - Date.parse(due)) / 86_400_000);
  return edges.filter((edge) => late >= edge).length;
}

/** @param {any} customer @param {import("../app/session.js").Who} who */
function documents(customer, who) {
  const answer = read(ledger("ListDocuments"), { customerId: customer.id, pageSize: 200 });
  return answered(answer, (data) =>
    table({
      label: sw("tab.documents"),
      empty: sw("customer.no_documents"),
      rows: data.documents ?? [],
      columns: [
        { label: sw("column.number"), cell: (/** @type {any} */ row) => h("a", { href: `/documents/${row.document.id}` }, row.document.number) },
        { label: sw("column.kind"), cell: (row) => kindText(row.document.kind) },
        { label: sw("column.issued"), cell: (row) => dayText(row.document.issuedOn) },
        { label: sw("column.due"), cell: (row) => dayText(row.document.dueOn) },
        { label: sw("column.state"), cell: (row) => stateBadge(stateOf(row, who.businessDate)) },
        { label: sw("column.amount"), amount: true, cell: (row) => amount(row.document.amount) },
        { label: sw("column.open"), amount: true, cell: (row) => amount(row.open) },
      ],
    }));
}

/** @param {any} customer @param {import("../app/session.js").Who} who */
function statement(customer, who) {
  const answer = read(ledger("GetStatement"), { customerId: customer.id, from: addMonths(who.businessDate, -12) });
  return answered(answer, (data) =>
    h(
      "div",
      null,
      (data.accounts ?? []).length ? null : h("p", { class: "soft block-empty" }, sw("customer.no_documents")),
      ...(data.accounts ?? []).map((/** @type {any} */ one) =>
        block(() => `${s("tab.statement")} · ${one.closing.currency}`, [
          h("p", { class: "soft" }, () => s("statement.opening", { text: moneyText(one.opening), day: dayText(data.from) })),
          table({
            label: sw("tab.statement"),
            empty: sw("customer.no_documents"),
            rows: one.lines ?? [],
            columns: [
              { label: sw("column.day"), cell: (/** @type {any} */ row) => dayText(row.on) },
              { label: sw("column.kind"), cell: (row) => kindText(row.kind) },
              {
                label: sw("column.number"),
                cell: (row) => row.documentId ? h("a", { href: `/documents/${row.documentId}` }, row.number) : row.number ?? "",
              },
              { label: sw("column.amount"), amount: true, cell: (row) => amount(row.amount) },
              { label: sw("column.balance"), amount: true, cell: (row) => amount(row.balance) },
            ],
          }),
        ])
      ),
    ));
}

/** @param {any} customer @param {Editing} edit @param {Pick<Context, "router" | "who">} context */
function details(customer, edit, context) {
  const { editing } = edit;
  onEnd(() => (editing.value = false));
  const own = Object.entries(customer.custom ?? {});
  return h("div", null, () =>
    editing.value ? editor(customer, edit, context) : h(
      "div",
      null,
      facts([
        [sw("column.number"), () => customer.number],
        [sw("column.name"), () => customer.name],
        [sw("column.profile"), () => customer.postingProfile ?? ""],
        [sw("customer.payer"), () => customer.payerId ? h("a", { href: `/customers/${customer.payerId}` }, sw("customer.payer_open")) : null],
        ...(customer.names ?? []).map((/** @type {any} */ one) => /** @type {[string, () => string]} */ ([one.kind, () => one.name])),
        ...(customer.identifiers ?? []).map((/** @type {any} */ one) => /** @type {[() => string, () => string]} */ ([() =>
          named("scheme", one.scheme), () => one.value])
        ),
        ...own.map(([name, value]) => /** @type {[string, () => string]} */ ([name, () =>
          typeof value === "object" && value && "amount" in value ? moneyText(/** @type {any} */ (value)) : String(value)])
        ),
        [sw("column.changed"), () =>
          instantText(customer.recordedAt)],
      ]),
      may("ledger.customer.update") && !customer.mergedIntoId
        ? button({ label: sw("do.edit"), icon: "edit", onClick: () => (editing.value = true) })
        : null,
    ));
}

/** @param {any} customer @param {Editing} edit @param {Pick<Context, "router" | "who">} context */
function editor(customer, { editing, version, typed }, { router, who }) {
  const method = ledger("UpdateCustomer");
  const place = h("div", { class: "page-narrow" });
  const mask = "number,name,postingProfile,names,identifiers,custom";
  const done = () => void (editing.value = false);
  formsOf(method, place, (forms) => {
    const made = sharedForm({
      description: described(customerFields, forms, who),
      request: { customer, updateMask: mask },
      check: checkWith(method),
      version: customer.version,
      known: version,
      latest: async () => {
        const now = await call(ledger("GetCustomer"), { id: customer.id });
        return {
          request: { customer: now, updateMask: mask },
          version: now.version,
          at: now.recordedAt,
          by: await lastAt(`customer/${customer.id}`),
        };
      },
      submit: async (request, { intent }) => {
        const saved = await call(method, request, { intent });
        changed(`customer/${customer.id}`);
        toast({ text: sw("done.saved") });
        done();
        return saved;
      },
      submitLabel: sw("do.save"),
      cancel: done,
      guard: router.guard,
      mayLeave: () => confirm(s("form.leave")),
    });
    typed.isDirty = () => made.dirty.peek();
    return made.element;
  });
  return place;
}

/** @param {any} customer */
async function merge(customer) {
  const into = signal(/** @type {import("../parts/combobox.js").Choice | null} */ (null));
  const reason = signal("");
  await ask({
    title: sw("customer.merge_title"),
    content: () => [
      h("p", null, () => s("customer.merge_help", { text: customer.name })),
      field({ label: sw("customer.merge_into"), required: () => true, input: (tie) => combobox({ tie, value: into, load: customerChoices }) }),
      field({ label: sw("column.reason"), input: (tie) => textInput({ tie, value: reason, maxlength: 200 }) }),
    ],
    confirm: sw("customer.merge"),
    work: async () => {
      const to = into.peek();
      if (!to) throw new Error(s("customer.merge_into"));
      await call(ledger("MergeCustomers"), { fromId: customer.id, intoId: to.value, reason: reason.peek() }, { intent: crypto.randomUUID() });
      changed(`customer/${customer.id}`);
      toast({ text: sw("customer.merged"), link: { label: to.label, href: `/customers/${to.value}` } });
    },
  });
}

/** Who was the last to change something, where one may know. @param {string} resource @returns {Promise<string>} */
async function lastAt(resource) {
  if (!may("platform.audit.list")) return "";
  const found = await call(platform("AuditService", "ListCalls"), { resource, pageSize: 1 }).catch(() => ({}));
  return found.calls?.[0]?.principal ?? "";
}

/** Who did what to a thing. @param {string} resource */
export function history(resource) {
  const answer = read(platform("AuditService", "ListCalls"), { resource, pageSize: 100 }, { topics: [resource.split("/")[0]] });
  return answered(answer, (data) =>
    table({
      label: sw("tab.history"),
      empty: sw("history.none"),
      rows: data.calls ?? [],
      columns: [
        { label: sw("column.when"), cell: (/** @type {any} */ row) => instantText(row.calledAt) },
        { label: sw("column.who"), cell: (row) => row.principal },
        { label: sw("column.what"), cell: (row) => row.title || row.method.split("/").pop() },
        { label: sw("column.via"), cell: (row) => row.via ?? "" },
      ],
    }));
}
