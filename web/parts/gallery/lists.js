// The grid, of rows at hand and of pages, and the drawer beside it.
import { h } from "../../runtime/h.js";
import { batch, derived, signal } from "../../runtime/signal.js";
import { CallError } from "../../client/connect.js";
import { formatDay } from "../../values/date.js";
import { formatMoney } from "../../values/money.js";
import { locale } from "../../words/words.js";
import { badge } from "../badge.js";
import { button } from "../button.js";
import { ask } from "../dialog.js";
import { drawer } from "../drawer.js";
import { arraySource, grid, pageSource, viewInURL } from "../grid.js";
import { sorted } from "../grid/column.js";
import { fits } from "../grid/filter.js";
import { emptyState } from "../states.js";
import { toast } from "../toast.js";
import { localViews, savedViews } from "../views.js";
import { customers, invoices } from "./data.js";
import { g, gw } from "./words.js";

/** @typedef {import("./data.js").Invoice} Invoice */
/** @typedef {import("../grid/column.js").Column<Invoice>} InvoiceColumn */

/** @type {[string, import("../badge.js").Tone][]} */
export const statuses = [["not_due", "neutral"], ["overdue", "bad"], ["partly", "info"], ["promised", "warn"], ["disputed", "warn"], [
  "paid",
  "good",
]];

let all = /** @type {Invoice[] | null} */ (null);
const hundredThousand = () => all ??= invoices(100_000);

/** @param {(row: Invoice, change: Partial<Invoice>) => Promise<void>} save @returns {InvoiceColumn[]} */
function columns(save) {
  return [
    { id: "number", label: gw("number"), type: "text", width: 150, value: (row) => row.number },
    { id: "customer", label: gw("customer"), type: "text", width: 250, value: (row) => row.customer },
    {
      id: "status",
      label: gw("status"),
      type: "choice",
      width: 130,
      value: (row) => row.status,
      options: statuses.map(([value, tone]) => ({ value, tone, label: gw(/** @type {any} */ (value)) })),
    },
    { id: "issued", label: gw("issued"), type: "date", width: 110, value: (row) => row.issued },
    { id: "due", label: gw("due"), type: "date", width: 120, value: (row) => row.due, edit: { save: (row, due) => save(row, { due }) } },
    { id: "days", label: gw("days"), type: "number", width: 110, value: (row) => row.days },
    { id: "amount", label: gw("amount"), type: "money", width: 150, value: (row) => row.amount, sum: true },
    {
      id: "open",
      label: gw("open"),
      type: "money",
      width: 150,
      value: (row) => row.open,
      sum: true,
      edit: { save: (row, open) => save(row, { open }) },
    },
    { id: "owner", label: gw("owner"), type: "text", width: 130, value: (row) => row.owner },
    { id: "note", label: gw("note"), type: "text", width: 220, value: (row) => row.note, edit: { save: (row, note) => save(row, { note }) } },
  ];
}

/** @param {import("../gallery.js").Router} router */
export function gridPart(router) {
  const rows = signal(hundredThousand());
  const own = columns(async (row, change) => {
    await new Promise((done) => setTimeout(done, 150));
    rows.value = rows.peek().map((one) => one.id === row.id ? { ...one, ...change } : one);
  });
  const query = router.query("view");
  const opened = signal(/** @type {Invoice | null} */ (null));
  const list = grid({
    label: gw("items"),
    columns: own,
    source: arraySource(rows, own),
    rowId: (row) => row.id,
    selectable: true,
    view: viewInURL(query),
    keep: router.keep("grid"),
    onOpen: (row) => (opened.value = row),
    onPaste: (pasted) => void preview(pasted, own),
    tools: [savedViews({ store: localViews("gallery.views"), query, standard: gw("all_items") })],
    fileName: "open-items",
  });
  return h("div", { class: "gallery-full" }, list.element, drawer({ item: opened, onClose: () => (opened.value = null), ...invoiceView }));
}

/** @type {import("../drawer.js").DrawerView<Invoice>} */
const invoiceView = {
  title: (row) => row.number,
  subtitle: (row) => row.customer,
  actions: () => [button({ label: gw("reverse"), icon: "undo", kind: "quiet", iconOnly: true })],
  content: (row) => {
    const [, tone] = statuses.find(([status]) => status === row.status) ?? ["", "neutral"];
    return h(
      "div",
      null,
      h(
        "dl",
        { class: "gallery-facts" },
        h("dt", null, gw("status")),
        h("dd", null, badge({ label: gw(/** @type {any} */ (row.status)), tone: /** @type {any} */ (tone) })),
        h("dt", null, gw("amount")),
        h("dd", null, () => formatMoney(row.amount, locale.value)),
        h("dt", null, gw("open")),
        h("dd", null, () => formatMoney(row.open, locale.value)),
        h("dt", null, gw("due")),
        h("dd", null, () => formatDay(row.due, locale.value)),
        h("dt", null, gw("owner")),
        h("dd", null, row.owner),
      ),
    );
  },
};

/** @param {import("../grid.js").Pasted} pasted @param {InvoiceColumn[]} own */
async function preview({ cells, row, column }, own) {
  const label = own.find((one) => one.id === column)?.label;
  const taken = await ask({
    title: g("preview", { count: cells.length }),
    confirm: gw("import"),
    wide: true,
    content: () => [
      h("p", null, g("preview_text", { row: row + 1, column: typeof label === "function" ? label() : column })),
      h(
        "div",
        { class: "gallery-preview", tabindex: 0, role: "region", aria: { label: gw("details") } },
        h("table", null, h("tbody", null, cells.slice(0, 100).map((line) => h("tr", null, line.map((cell) => h("td", null, cell)))))),
      ),
    ],
  });
  if (taken) toast({ text: g("saved") });
}

/** @param {{query: (name: string) => {value: string, peek(): string}}} router */
export function pagesPart(router) {
  const state = router.query("state");
  const own = columns(() => Promise.resolve()).map((column) => ({ ...column, edit: undefined }));
  /** @type {[string, () => string][]} */
  const states = [["", gw("usual")], ["loading", gw("loading_forever")], ["empty", gw("empty")], ["error", gw("failing")]];
  const source = pageSource({
    load: async ({ offset, pageSize, sort, filters, signal: stop }) => {
      await new Promise((done) => setTimeout(done, state.peek() === "loading" ? 1e9 : 80));
      if (state.peek() === "error") throw new CallError("internal", g("this_fails"));
      if (state.peek() === "empty" || stop.aborted) return { rows: [], total: 0 };
      const wanted = sort.flatMap(({ column, down }) => own.filter((one) => one.id === column).map((one) => ({ column: one, down })));
      const rows = sorted(hundredThousand().slice(0, 5000).filter(fits(filters, own)), wanted);
      return { rows: rows.slice(offset, offset + pageSize), total: rows.length };
    },
  });
  const chosen = derived(() => state.value);
  const list = grid({
    label: gw("items"),
    columns: own,
    source,
    rowId: (row) => row.id,
    selectable: true,
    empty: emptyState({
      title: gw("none_title"),
      help: gw("none_text"),
      icon: "cash",
      actions: [button({ label: gw("import"), icon: "upload", kind: "primary" })],
    }),
    tools: states.map(([value, label]) =>
      button({
        label,
        kind: "quiet",
        pressed: () => chosen.value === value,
        onClick: () =>
          batch(() => {
            state.value = value;
            source.reload();
          }),
      })
    ),
  });
  return h("div", { class: "gallery-full" }, list.element);
}

/** By any part of the name, or initials. @param {string} query */
export function findCustomers(query) {
  const wanted = query.toLowerCase();
  return customers.map(([name, currency, initials], i) => ({ id: `D${1000 + i}`, name, currency, initials }))
    .filter((one) =>
      !wanted || one.name.toLowerCase().includes(wanted) || (one.initials && one.initials.startsWith(wanted)) || one.id.toLowerCase().includes(wanted)
    );
}
