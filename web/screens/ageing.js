// How old what is owed is: as at any day, as known at any instant, by customer or payer; every number leads to its items.
import { ledger, read } from "../app/server.js";
import { ageingBar } from "../parts/chart.js";
import { alone } from "../parts/field.js";
import { arraySource, grid, viewInURL } from "../parts/grid.js";
import { selectInput } from "../parts/inputs.js";
import { emptyState } from "../parts/states.js";
import { h } from "../runtime/h.js";
import { derived } from "../runtime/signal.js";
import { formatAmount, minorOf } from "../values/money.js";
import { locale } from "../words/words.js";
import { answered, dayText, dayTool, pageHead, s, sw, wholeList } from "./common.js";

/** @param {import("../app/console.js").Context} context */
export function ageingPage({ router }) {
  const by = router.query("by");
  const basis = router.query("basis");
  const asOf = router.query("as_of");
  const known = router.query("known_at");
  const currency = router.query("currency");
  const request = derived(() => ({
    pageSize: 1000,
    asOf: asOf.value,
    basis: basis.value === "document" ? "DOCUMENT_DATE" : "DUE_DATE",
    ...(by.value === "payer" ? { byPayer: true } : { byCustomer: true }),
    ...(known.value ? { knownAt: `${known.value}T23:59:59Z` } : {}),
  }));
  return h(
    "div",
    { class: "page page-full" },
    pageHead({ title: sw("page.ageing") }),
    h(
      "div",
      { class: "tools" },
      dayTool(asOf, sw("ageing.as_of")),
      dayTool(known, sw("ageing.known_at")),
      h(
        "div",
        { class: "tool-select" },
        selectInput({
          tie: alone(sw("ageing.by_customer")),
          value: by,
          options: () => [{ value: "", label: sw("ageing.by_customer") }, { value: "payer", label: sw("ageing.by_payer") }],
        }),
      ),
      h(
        "div",
        { class: "tool-select" },
        selectInput({
          tie: alone(sw("ageing.by_due")),
          value: basis,
          options: () => [{ value: "", label: sw("ageing.by_due") }, { value: "document", label: sw("ageing.by_document") }],
        }),
      ),
    ),
    () => {
      const answer = read(ledger("GetAgeing"), request.value, { topics: ["customer", "import"] });
      return answered(answer, (data) => view(data, request.peek(), currency.peek(), router));
    },
  );
}

/** @param {any} data @param {object} request @param {string} wanted a currency @param {import("../app/console.js").Router} router */
function view(data, request, wanted, router) {
  /** @type {any[]} */
  const totals = data.totals ?? [];
  if (!totals.length) return emptyState({ title: sw("ageing.none"), help: sw("ageing.none_help"), icon: "chart" });
  const all = wholeList(ledger("GetAgeing"), request, data, "customers");
  const rows = derived(() => all.rows.value.filter((/** @type {any} */ one) => !wanted || one.currency === wanted));
  const own = columns(data);
  return h(
    "div",
    { class: "page-rest" },
    h("p", { class: "soft small", role: "status" }, () =>
      [
        `${s("ageing.as_of")} ${dayText(data.asOf)}`,
        ...(all.state.value === "done"
          ? []
          : [s(all.state.value === "loading" ? "ageing.more_come" : "ageing.not_all", { count: all.rows.value.length })]),
      ].join(" · ")),
    ...totals.map((line) =>
      ageingBar({
        title: () => s("home.ageing_of", { text: line.currency }),
        marks: () =>
          line.buckets.map((/** @type {any} */ money, /** @type {number} */ i) => ({
            label: bucketText(data.edges, i),
            size: Math.max(0, Number(minorOf(money))),
            shown: formatAmount(money, locale.value),
            href: `/ageing?currency=${line.currency}`,
          })),
      })
    ),
    grid({
      label: sw("page.ageing"),
      columns: own,
      source: arraySource(rows, own),
      rowId: (row) => `${row.customerId} ${row.currency}`,
      selectable: true,
      view: viewInURL(router.query("view")),
      onOpen: (row) => router.go(`/customers/${row.customerId}`),
      fileName: "ageing",
    }).element,
  );
}

/** @param {number[]} edges @param {number} at */
const bucketText = (edges, at) =>
  at === 0 ? s("ageing.not_due") : at === edges.length ? s("ageing.over", { count: edges[at - 1] - 1 }) : `${edges[at - 1]}–${edges[at] - 1}`;

/** @param {any} data @returns {import("../parts/grid/column.js").Column<any>[]} */
function columns(data) {
  return [
    {
      id: "number",
      label: sw("column.number"),
      type: "text",
      width: 110,
      value: (row) => row.customerNumber,
      href: (row) => `/customers/${row.customerId}`,
    },
    { id: "customer", label: sw("column.customer"), type: "text", width: 240, value: (row) => row.customerName },
    { id: "currency", label: sw("column.currency"), type: "text", width: 90, value: (row) => row.currency },
    ...Array.from({ length: data.edges.length + 1 }, (_, i) => /** @type {import("../parts/grid/column.js").Column<any>} */ ({
      id: `bucket${i}`,
      label: () => bucketText(data.edges, i),
      type: "money",
      width: 130,
      sum: true,
      value: (row) => row.buckets[i],
      href: (row) => `/customers/${row.customerId}`,
    })),
    { id: "credits", label: sw("ageing.credits"), type: "money", width: 130, sum: true, value: (row) => row.credits },
    { id: "balance", label: sw("column.balance"), type: "money", width: 140, sum: true, value: (row) => row.balance },
  ];
}
