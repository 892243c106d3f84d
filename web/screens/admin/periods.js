// Months of the books: open, closed softly, closed; who closed them and why.
import { books, call, changed, read } from "../../app/server.js";
import { may } from "../../app/session.js";
import { badge } from "../../parts/badge.js";
import { button } from "../../parts/button.js";
import { drawer } from "../../parts/drawer.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { addMonths, endOfMonth } from "../../values/date.js";
import { locale } from "../../words/words.js";
import { answered, dayText, instantText, pageHead, s, sw, table } from "../common.js";
import { named } from "../../app/words.js";
import { askReason, beside, openedBy } from "./common.js";

/** @typedef {{startsOn: string, endsOn: string, state: string, reason?: string, recordedBy?: string, recordedAt?: string, history?: any[]}} Period */
/** @typedef {"OPEN" | "SOFT_CLOSED" | "CLOSED"} State */

/** @type {Record<string, import("../../parts/badge.js").Tone>} */
const tones = { OPEN: "good", SOFT_CLOSED: "warn", CLOSED: "neutral" };

/** @param {import("./common.js").Context} context */
export function periodsPage({ router, who }) {
  const list = read(books("ListPeriods"), {}, { topics: ["period"] });
  const open = router.query("open");
  const found = (/** @type {string} */ id) => list.state.value.data?.periods?.find((/** @type {Period} */ one) => one.startsOn === id);
  return h(
    "div",
    { class: "page" },
    pageHead({ title: sw("page.periods"), detail: sw("periods.detail") }),
    beside(
      answered(list, (data) => periodsTable(rowsOf(data.periods ?? [], who.businessDate), who.businessDate)),
      drawer({
        ...openedBy(open),
        title: (id) => () => found(id) ? titleOf(found(id)) : dayText(id),
        content: (id) => answered(list, () => historyTable(found(id)?.history ?? [])),
      }),
    ),
  );
}

/**
 * The months of the last year and this one as they are, and periods of another shape; the newest first.
 * @param {Period[]} periods @param {string} today @returns {(Period & {known: boolean})[]}
 */
function rowsOf(periods, today) {
  const first = `${Number(today.slice(0, 4)) - 1}-01-01`;
  const months = Array.from({ length: 24 }, (_, i) => addMonths(first, i)).map((startsOn) => ({
    startsOn,
    endsOn: endOfMonth(startsOn),
    state: "OPEN",
    known: false,
  }));
  const free = months.filter((month) => !periods.some((one) => one.startsOn <= month.endsOn && month.startsOn <= one.endsOn));
  const rows = [...free, ...periods.map((one) => ({ ...one, known: true }))];
  return rows.sort((a, b) => a.startsOn < b.startsOn ? 1 : -1);
}

/** "November 2026" of a month, else its days. @param {Period} period */
function titleOf({ startsOn, endsOn }) {
  if (startsOn.endsWith("-01") && endsOn === endOfMonth(startsOn)) {
    return new Intl.DateTimeFormat(locale.value, { year: "numeric", month: "long", timeZone: "UTC" }).format(Date.parse(startsOn));
  }
  return `${dayText(startsOn)} – ${dayText(endsOn)}`;
}

/** @param {(Period & {known: boolean})[]} rows @param {string} today */
function periodsTable(rows, today) {
  return table({
    label: sw("page.periods"),
    empty: sw("periods.detail"),
    rows,
    columns: [
      {
        label: sw("periods.period"),
        cell: (row) =>
          row.known
            ? h("a", { class: "whole", href: `/ledger/periods?open=${row.startsOn}` }, () => titleOf(row))
            : h("span", { class: "whole" }, () => titleOf(row)),
      },
      {
        label: sw("column.state"),
        cell: (row) =>
          row.endsOn >= today && row.state === "OPEN"
            ? badge({ label: sw(row.startsOn > today ? "periods.future" : "periods.running"), tone: "info" })
            : stateBadge(row.state),
      },
      { label: sw("column.reason"), cell: (row) => row.reason ?? "" },
      { label: sw("column.who"), cell: (row) => row.recordedBy ?? "" },
      { label: sw("column.when"), cell: (row) => h("span", { class: "whole" }, instantText(row.recordedAt)) },
      ...(may("ledger.period.set")
        ? [{ label: sw("admin.do"), cell: (/** @type {Period} */ row) => h("span", { class: "cell-actions" }, stepsOf(row, today)) }]
        : []),
    ],
  });
}

/** @param {string} state */
const stateBadge = (state) =>
  badge({ label: () => named("period", state), tone: tones[state] ?? "neutral", icon: state === "CLOSED" ? "lock" : undefined });

/** What can be made of it. @param {Period} period @param {string} today */
function stepsOf(period, today) {
  // What ends after today is not closed.
  if (period.endsOn > today && period.state === "OPEN") return [];
  /** @type {[State, import("../../app/words.js").Key, boolean][]} */
  const all = [
    ["CLOSED", "periods.close", period.state !== "CLOSED"],
    ["SOFT_CLOSED", "periods.soft_close", period.state === "OPEN"],
    [
      "OPEN",
      "periods.reopen",
      period.state === "CLOSED"
        ? may("ledger.period.reopen")
        : period.state === "SOFT_CLOSED" && (may("ledger.period.reopen") || may("ledger.period.post_soft_closed")),
    ],
  ];
  return all.filter(([, , can]) => can).map(([state, label]) =>
    button({ label: sw(label), kind: "quiet", onClick: () => set(period, state, label) })
  );
}

/** @param {Period} period @param {State} state @param {import("../../app/words.js").Key} label */
function set(period, state, label) {
  return askReason({
    title: () => `${s(label)}: ${titleOf(period)}`,
    help: sw(state === "CLOSED" ? "periods.close_help" : state === "OPEN" ? "periods.reopen_help" : "periods.soft_close_help"),
    confirm: sw(label),
    danger: state === "OPEN",
    required: state === "OPEN" && period.state === "CLOSED",
    work: async (reason, options) => {
      await call(books("SetPeriod"), { period: { startsOn: period.startsOn, endsOn: period.endsOn, state, reason } }, options);
      changed("period/");
      toast({ text: () => s("periods.done", { text: titleOf(period), state: named("period", state) }) });
    },
  });
}

/** @param {any[]} rows the last first */
function historyTable(rows) {
  return table({
    label: sw("tab.history"),
    empty: sw("history.none"),
    rows,
    columns: [
      { label: sw("column.state"), cell: (row) => stateBadge(row.state) },
      { label: sw("column.reason"), cell: (row) => row.reason ?? "" },
      { label: sw("column.who"), cell: (row) => row.recordedBy ?? "" },
      { label: sw("column.when"), cell: (row) => instantText(row.recordedAt) },
    ],
  });
}
