// Exchange rates by source and day, and which of them documents take.
import { books, call } from "../../app/server.js";
import { may } from "../../app/session.js";
import { button } from "../../parts/button.js";
import { drawer } from "../../parts/drawer.js";
import { grid, pageSource } from "../../parts/grid.js";
import { emptyState } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { follow, searchBox } from "../customers.js";
import { instantText, pageHead, s, sw } from "../common.js";
import { openedBy, plainForm } from "./common.js";

/** @param {import("./common.js").Context} context */
export function ratesPage({ router, who }) {
  const query = { currency: router.query("currency"), source: router.query("source") };
  const open = router.query("open");
  const source = pageSource({
    load: async ({ pageSize, pageToken, signal }) => {
      const request = { currency: query.currency.peek().toUpperCase(), source: query.source.peek(), pageSize, pageToken };
      const found = await call(books("ListExchangeRates"), request, { signal });
      return { rows: found.rates ?? [], nextPageToken: found.nextPageToken };
    },
  });
  for (const value of Object.values(query)) follow(value, () => source.reload());
  const close = () => void (open.value = "");
  const add = () =>
    may("ledger.exchange_rate.save")
      ? [button({ label: sw("rates.add"), icon: "add", kind: "primary", onClick: () => void (open.value = "new") })]
      : [];
  const list = grid({
    label: sw("page.rates"),
    columns: [
      { id: "day", label: sw("column.day"), type: "date", width: 130, value: (row) => row.validOn, fixed: true },
      { id: "currency", label: sw("column.currency"), type: "text", width: 100, value: (row) => row.currency, fixed: true },
      { id: "rate", label: sw("enter.rate"), type: "text", width: 160, value: (row) => row.rate, fixed: true },
      { id: "source", label: sw("rates.source"), type: "text", width: 140, value: (row) => row.source, fixed: true },
      { id: "who", label: sw("column.who"), type: "text", width: 140, value: (row) => row.recordedBy ?? "", fixed: true },
      { id: "when", label: sw("column.when"), type: "text", width: 190, value: (row) => instantText(row.recordedAt), fixed: true },
    ],
    source,
    rowId: (row) => `${row.source} ${row.currency} ${row.validOn} ${row.recordedAt}`,
    tools: [searchBox(query.currency, sw("column.currency")), searchBox(query.source, sw("rates.source"))],
    empty: emptyState({ title: sw("rates.none"), help: sw("rates.none_help"), icon: "globe", actions: add() }),
    fileName: "exchange-rates",
  });
  const policy = may("ledger.exchange_rate.set_policy")
    ? [button({ label: sw("rates.policy"), icon: "settings", onClick: () => void (open.value = "policy") })]
    : [];
  return h(
    "div",
    { class: "page page-full" },
    pageHead({ title: sw("page.rates"), detail: () => s("rates.detail", { text: who.tenant.baseCurrency }), actions: [...policy, ...add()] }),
    list.element,
    drawer({
      ...openedBy(open),
      title: (id) => id === "policy" ? sw("rates.policy") : sw("rates.add"),
      content: (id) => id === "policy" ? policyForm(close) : ratesForm(who.businessDate, () => (source.reload(), close()), close),
    }),
  );
}

/** @param {string} today @param {() => void} done @param {() => void} cancel */
function ratesForm(today, done, cancel) {
  return plainForm({
    fields: [
      { name: "source", type: "text", label: sw("rates.source"), hint: sw("rates.source_hint"), required: true, wide: true },
      {
        name: "rates",
        type: "lines",
        label: sw("page.rates"),
        columns: [
          { name: "currency", type: "text", label: sw("column.currency"), required: true },
          { name: "validOn", type: "date", label: sw("column.day"), required: true },
          { name: "rate", type: "text", label: sw("enter.rate"), required: true },
        ],
      },
    ],
    request: { rates: [{ validOn: today }] },
    cancel,
    submit: async (request, { intent }) => {
      const rates = (request.rates ?? []).map((/** @type {any} */ one) => ({
        ...one,
        currency: one.currency.trim().toUpperCase(),
        rate: one.rate.trim(),
      }));
      const { saved } = await call(books("SaveExchangeRates"), { ...request, rates }, { intent });
      toast({ text: () => s("rates.saved", { count: saved ?? 0 }) });
      done();
    },
  });
}

/** @param {() => void} done */
function policyForm(done) {
  return h(
    "div",
    { class: "panel" },
    h("p", { class: "soft" }, sw("rates.policy_help")),
    plainForm({
      fields: [
        { name: "policy.source", type: "text", label: sw("rates.source"), hint: sw("rates.source_hint"), required: true, wide: true },
        { name: "policy.daysMax", type: "number", label: sw("rates.days_max"), hint: sw("rates.days_max_hint"), required: true, wide: true },
      ],
      request: { policy: { daysMax: 4 } },
      cancel: done,
      submit: async (request, { intent }) => {
        await call(books("SetRatePolicy"), request, { intent });
        toast({ text: sw("done.saved") });
        done();
      },
    }),
  );
}
