// A document: what it says, what is open of it, what settled it, its journal and history; and what can be done with it.
import { call, changed, ledger, read } from "../app/server.js";
import { may } from "../app/session.js";
import { button } from "../parts/button.js";
import { ask } from "../parts/dialog.js";
import { field } from "../parts/field.js";
import { checkbox, textInput } from "../parts/inputs.js";
import { alone } from "../parts/field.js";
import { tabs } from "../parts/tabs.js";
import { toast } from "../parts/toast.js";
import { dateInput } from "../parts/typed.js";
import { h } from "../runtime/h.js";
import { signal } from "../runtime/signal.js";
import { minorOf } from "../values/money.js";
import { history } from "./customer.js";
import { amount, answered, block, dayText, facts, instantText, kindText, moneyText, pageHead, s, sentence, stateBadge, sw, table } from "./common.js";

/** @typedef {import("../app/console.js").Context} Context */

/** @param {Context} context */
export function documentPage(context) {
  const answer = read(ledger("GetDocument"), { id: context.params.id });
  return answered(answer, (found) => view(found, context));
}

/** @param {any} found @param {Context} context */
function view(found, { router, who }) {
  const { document } = found;
  const open = (found.items ?? []).filter((/** @type {any} */ one) => minorOf(one.open) !== 0n);
  const state = document.reversedBy
    ? "reversed"
    : document.kind === "reversal"
    ? "settled"
    : !open.length
    ? "settled"
    : minorOf(open[0].open) < 0n
    ? "credit"
    : open.some((/** @type {any} */ one) => one.dueOn < who.businessDate)
    ? "overdue"
    : "open";
  return h(
    "div",
    { class: "page" },
    pageHead({
      title: () => `${kindText(document.kind)} ${document.number}`,
      detail: () => found.items?.[0]?.customerName ?? "",
      actions: actions(found, open, router),
      back: { href: "/documents", label: sw("page.documents") },
    }),
    h(
      "div",
      { class: "document-head" },
      facts([
        [sw("column.state"), () => stateBadge(state)],
        [
          sw("column.customer"),
          () =>
            document.customerId ? h("a", { href: `/customers/${document.customerId}` }, found.items?.[0]?.customerName || document.customerId) : null,
        ],
        [sw("column.issued"), () => dayText(document.issuedOn)],
        [sw("column.due"), () => dayText(document.dueOn)],
        [sw("column.amount"), () => amount(document.amount)],
        [sw("column.tax"), () => document.tax ? amount(document.tax) : null],
        [sw("column.paid"), () => document.paid ? amount(document.paid) : null],
        [
          sw("document.base"),
          () =>
            document.baseAmount && document.baseAmount.currency !== document.amount.currency
              ? `${moneyText(document.baseAmount)} · ${document.exchangeRate}`
              : null,
        ],
        [sw("document.terms"), () => termsText(document.terms)],
        [sw("column.reason"), () => document.reason ?? ""],
        [sw("document.bank_text"), () => document.bankText ?? ""],
        [sw("column.external"), () => document.externalId ?? ""],
        [sw("column.profile"), () => document.postingProfile ?? ""],
        [sw("document.reverses"), () => document.reverses ? h("a", { href: `/documents/${document.reverses}` }, sw("do.open")) : null],
        [sw("document.reversed_by"), () => document.reversedBy ? h("a", { href: `/documents/${document.reversedBy}` }, sw("do.open")) : null],
        ...Object.entries(document.custom ?? {}).map((
          [name, value],
        ) => /** @type {[string, () => string]} */ ([
          name,
          () => typeof value === "object" && value && "amount" in value ? moneyText(/** @type {any} */ (value)) : String(value),
        ])),
        [sw("document.recorded"), () => `${document.recordedBy} · ${instantText(document.recordedAt)}`],
      ]),
    ),
    tabs({
      label: sw("page.document"),
      chosen: router.query("tab"),
      tabs: [
        { id: "settled", label: sw("tab.settled"), count: () => (found.allocations ?? []).length || null, content: () => settled(found) },
        { id: "journal", label: sw("tab.journal"), content: () => journal(found) },
        ...(may("platform.audit.list")
          ? [{
            id: "history",
            label: sw("tab.history"),
            content: () => history(`${document.kind === "invoice" || document.kind === "receipt" ? document.kind : "document"}/${document.id}`),
          }]
          : []),
      ],
    }),
  );
}

/** @param {any} terms */
function termsText(terms) {
  if (!terms) return "";
  const net = s("document.net", { count: terms.netDays ?? 0 });
  return terms.discountPercent ? `${net}, ${s("document.discount", { text: terms.discountPercent, count: terms.discountDays ?? 0 })}` : net;
}

/** @param {any} found @param {any[]} open @param {Context["router"]} router */
function actions(found, open, router) {
  const { document } = found;
  const isOriginal = !document.reversedBy && document.kind !== "reversal";
  return [
    ...(open.length && may("ledger.allocation.create") && document.customerId
      ? [button({ label: sw("do.allocate"), icon: "link", kind: "primary", href: `/cash?customer=${document.customerId}` })]
      : []),
    ...(may("ledger.draft.save") && isOriginal ? [button({ label: sw("do.copy"), icon: "copy", onClick: () => copy(document, router) })] : []),
    ...(may("ledger.document.reverse") && isOriginal ? [button({ label: sw("do.reverse"), icon: "undo", onClick: () => reverse(found) })] : []),
    ...(may("ledger.document.reverse") && may("ledger.draft.save") && isOriginal
      ? [button({ label: sw("do.amend"), icon: "edit", kind: "quiet", onClick: () => reverse(found, router) })]
      : []),
  ];
}

/** @param {any} document @param {Context["router"]} router */
async function copy(document, router) {
  try {
    const draft = await call(ledger("CopyDocument"), { id: document.id }, { intent: crypto.randomUUID() });
    changed(`draft/${draft.id}`);
    router.go(`/drafts?draft=${draft.id}`);
  } catch (error) {
    toast({ text: sentence(error), tone: "bad" });
  }
}

/** Takes it back; with a router: into a draft that can be changed. @param {any} found @param {Context["router"]} [router] */
async function reverse(found, router) {
  const { document } = found;
  const reason = signal("");
  const day = signal(/** @type {string | null} */ (null));
  const settles = (found.allocations ?? []).filter((/** @type {any} */ one) => !one.isUndone && !one.reverses);
  const undo = signal(!!settles.length);
  let draft = "";
  const confirmed = await ask({
    title: () => s(router ? "document.amend_title" : "document.reverse_title", { text: document.number }),
    content: () => [
      h("p", null, sw(router ? "document.amend_help" : "document.reverse_help")),
      field({ label: sw("column.reason"), required: () => true, input: (tie) => textInput({ tie, value: reason, maxlength: 300 }) }),
      field({ label: sw("document.reverse_on"), hint: sw("document.reverse_on_hint"), input: (tie) => dateInput({ tie, value: day }) }),
      ...(settles.length
        ? [
          checkbox({
            tie: alone(sw("document.undo_allocations")),
            checked: undo,
            label: () => s("document.undo_allocations", { count: settles.length }),
          }),
        ]
        : []),
    ],
    confirm: sw(router ? "do.amend" : "do.reverse"),
    danger: true,
    work: async () => {
      const reversal = { id: document.id, reason: reason.peek(), effectiveOn: day.peek() ?? "", undoAllocations: undo.peek() };
      if (!reason.peek().trim()) throw new Error(s("document.reason_needed"));
      if (router) draft = (await call(ledger("AmendDocument"), { reversal }, { intent: crypto.randomUUID() })).draft.id;
      else await call(ledger("ReverseDocument"), reversal, { intent: crypto.randomUUID() });
    },
  });
  if (!confirmed) return;
  changed(`customer/${document.customerId}`);
  changed(`document/${document.id}`);
  toast({ text: () => s("done.reversed", { text: document.number }) });
  if (draft) router?.go(`/drafts?draft=${draft}`);
}

/** @param {any} found */
function settled(found) {
  return h(
    "div",
    null,
    (found.items ?? []).length > 1
      ? block(sw("document.instalments"), [table({
        label: sw("document.instalments"),
        empty: "",
        rows: found.items,
        columns: [
          { label: sw("column.due"), cell: (/** @type {any} */ row) => dayText(row.dueOn) },
          { label: sw("column.amount"), amount: true, cell: (row) => amount(row.amount) },
          { label: sw("column.open"), amount: true, cell: (row) => amount(row.open) },
        ],
      })])
      : null,
    table({
      label: sw("tab.settled"),
      empty: sw("document.nothing_settled"),
      rows: found.allocations ?? [],
      columns: [
        { label: sw("column.day"), cell: (/** @type {any} */ row) => dayText(row.effectiveOn) },
        {
          label: sw("document.other"),
          cell: (row) => row.line.debit?.number === found.document.number ? row.line.credit?.number ?? "" : row.line.debit?.number ?? "",
        },
        { label: sw("column.amount"), amount: true, cell: (row) => amount(row.line.amount) },
        { label: sw("column.discount"), amount: true, cell: (row) => row.line.discount ? amount(row.line.discount) : "" },
        { label: sw("column.bank_fee"), amount: true, cell: (row) => row.line.bankFee ? amount(row.line.bankFee) : "" },
        { label: sw("column.write_off"), amount: true, cell: (row) => row.line.writeOff ? amount(row.line.writeOff) : "" },
        { label: sw("column.by"), cell: (row) => row.recordedBy },
        {
          label: "",
          cell: (row) =>
            row.reverses
              ? sw("document.taken_back")()
              : row.isUndone
              ? sw("document.undone")()
              : may("ledger.allocation.undo")
              ? button({ label: sw("do.undo"), icon: "undo", kind: "quiet", onClick: () => undoAllocation(row, found.document) })
              : "",
        },
      ],
    }),
  );
}

/** @param {any} allocation @param {any} document */
export async function undoAllocation(allocation, document) {
  const reason = signal("");
  const confirmed = await ask({
    title: sw("document.undo_title"),
    content: () => [
      h("p", null, () => s("document.undo_help", { text: moneyText(allocation.line.amount) })),
      field({ label: sw("column.reason"), input: (tie) => textInput({ tie, value: reason, maxlength: 300 }) }),
    ],
    confirm: sw("do.undo"),
    work: () => call(ledger("UndoAllocation"), { id: allocation.id, reason: reason.peek() }, { intent: crypto.randomUUID() }),
  });
  if (!confirmed) return;
  changed(`customer/${document.customerId}`);
  toast({ text: sw("done.undone") });
}

/** @param {any} found */
function journal(found) {
  return h(
    "div",
    null,
    table({
      label: sw("tab.journal"),
      empty: sw("document.no_entries"),
      rows: found.entries ?? [],
      columns: [
        { label: sw("column.debit"), cell: (/** @type {any} */ row) => row.debit },
        { label: sw("column.credit"), cell: (row) => row.credit },
        { label: sw("column.amount"), amount: true, cell: (row) => amount(row.amount) },
        { label: sw("document.base"), amount: true, cell: (row) => amount(row.baseAmount) },
        { label: sw("column.tax_rate"), cell: (row) => row.taxRate ? `${row.taxRate} %` : "" },
      ],
    }),
    (found.taxes ?? []).length
      ? block(sw("column.tax"), [table({
        label: sw("column.tax"),
        empty: "",
        rows: found.taxes,
        columns: [
          { label: sw("column.tax_rate"), cell: (/** @type {any} */ row) => `${row.ratePercent} %` },
          { label: sw("column.net"), amount: true, cell: (row) => amount(row.net) },
          { label: sw("column.tax"), amount: true, cell: (row) => amount(row.tax) },
        ],
      })])
      : null,
  );
}
