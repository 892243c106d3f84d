// Series of numbers: what documents are called that come without a number.
import { books, call, read } from "../../app/server.js";
import { may } from "../../app/session.js";
import { button } from "../../parts/button.js";
import { drawer } from "../../parts/drawer.js";
import { emptyState } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { answered, kindText, pageHead, s, sw, table } from "../common.js";
import { askFirst, beside, openedBy, plainForm } from "./common.js";

const kinds = ["invoice", "receipt", "credit_note", "debit_note", "refund", "write_off", "adjustment", "opening", "reversal"];

/** @param {import("./common.js").Context} context */
export function numbersPage({ router, who }) {
  const open = router.query("open");
  const list = read(books("ListNumberSeries"), {});
  const close = () => void (open.value = "");
  const known = () => /** @type {any[]} */ (list.state.peek().data?.series ?? []);
  const add = () =>
    may("ledger.number_series.set")
      ? [button({ label: sw("numbers.new"), icon: "add", kind: "primary", onClick: () => void (open.value = "new") })]
      : [];
  const year = Number(who.businessDate.slice(0, 4));
  return h(
    "div",
    { class: "page" },
    pageHead({ title: sw("page.numbers"), detail: sw("numbers.detail"), actions: add() }),
    beside(
      answered(
        list,
        (data) =>
          data.series?.length
            ? seriesTable(data.series, year, list.refresh)
            : emptyState({ title: sw("numbers.none"), help: sw("numbers.none_help"), icon: "table", actions: add() }),
      ),
      drawer({
        ...openedBy(open),
        title: (id) => id === "new" ? sw("numbers.new") : () => kindText(id),
        content: (id) => seriesForm(known().find((one) => one.kind === id), () => (list.refresh(), close()), close),
      }),
    ),
  );
}

/** The number that comes next. @param {any} series @param {number} year */
function next({ pattern, digits = 0, counters = [] }, year) {
  const ofYear = pattern.includes("{year}") ? year : 0;
  const last = Number(counters.find((/** @type {any} */ one) => (one.year ?? 0) === ofYear)?.last ?? 0);
  return pattern.replace("{year}", String(year)).replace("{number}", String(last + 1).padStart(digits, "0"));
}

/** @param {any[]} rows @param {number} year @param {() => void} refresh */
function seriesTable(rows, year, refresh) {
  const maySet = may("ledger.number_series.set");
  return table({
    label: sw("page.numbers"),
    empty: sw("numbers.none"),
    rows,
    columns: [
      {
        label: sw("column.kind"),
        cell: (row) => maySet ? h("a", { href: `/ledger/numbers?open=${row.kind}` }, () => kindText(row.kind)) : kindText(row.kind),
      },
      { label: sw("numbers.pattern"), cell: (row) => h("code", null, row.pattern) },
      { label: sw("numbers.next"), cell: (row) => h("span", { class: "figures" }, next(row, year)) },
      {
        label: sw("numbers.given"),
        cell: (row) => (row.counters ?? []).map((/** @type {any} */ one) => one.year ? `${one.year}: ${one.last}` : one.last).join(" · "),
      },
      ...(maySet
        ? [{ label: "", cell: (/** @type {any} */ row) => button({ label: sw("numbers.end"), kind: "quiet", onClick: () => end(row, refresh) }) }]
        : []),
    ],
  });
}

/** @param {any} series undefined: a new one @param {() => void} done @param {() => void} cancel */
function seriesForm(series, done, cancel) {
  return plainForm({
    fields: [
      {
        name: "series.kind",
        type: "choice",
        label: sw("column.kind"),
        required: true,
        readonly: !!series,
        options: kinds.map((value) => ({ value, label: () => kindText(value) })),
        wide: true,
      },
      { name: "series.pattern", type: "text", label: sw("numbers.pattern"), hint: sw("numbers.pattern_hint"), required: true, wide: true },
      { name: "series.digits", type: "number", label: sw("numbers.digits"), hint: sw("numbers.digits_hint"), wide: true },
    ],
    request: {
      series: series
        ? { kind: series.kind, pattern: series.pattern, digits: series.digits }
        : { kind: "invoice", pattern: "RE-{year}-{number}", digits: 5 },
    },
    cancel,
    submit: async (request, { intent }) => {
      await call(books("SetNumberSeries"), request, { intent });
      toast({ text: sw("done.saved") });
      done();
    },
  });
}

/** @param {any} series @param {() => void} refresh */
function end(series, refresh) {
  return askFirst({
    title: () => s("numbers.end_title", { text: kindText(series.kind) }),
    help: sw("numbers.end_help"),
    confirm: sw("numbers.end"),
    danger: true,
    work: async (options) => {
      await call(books("SetNumberSeries"), { series: { kind: series.kind } }, options);
      refresh();
      toast({ text: sw("numbers.ended") });
    },
  });
}
