// Home: what is owed, how old it is, what waits for somebody; every number leads to its rows.
import { books, ledger, platform, read } from "../app/server.js";
import { may } from "../app/session.js";
import { s, sw } from "../app/words.js";
import { ageingBar, barChart } from "../parts/chart.js";
import { button } from "../parts/button.js";
import { icon } from "../parts/icon.js";
import { h } from "../runtime/h.js";
import { derived } from "../runtime/signal.js";
import { addMonths, endOfMonth } from "../values/date.js";
import { formatAmount, formatMoney, minorOf, moneyOf, sums } from "../values/money.js";
import { formatNumber } from "../values/number.js";
import { locale } from "../words/words.js";
import { casesOf, casesThatWait, tasksOf } from "./approvals.js";
import { answered, block, pageHead, wholeList } from "./common.js";

/** @typedef {import("../values/money.js").Money} Money */

const ageingAsked = { byCustomer: true, pageSize: 1000 };

/** @param {import("../app/console.js").Context} context */
export function homePage({ who }) {
  const ageing = may("ledger.ageing.get") ? read(ledger("GetAgeing"), ageingAsked, { topics: ["customer", "import"] }) : null;
  return h(
    "div",
    { class: "page" },
    pageHead({
      title: () => s(greeting(), { name: who.person?.name ?? who.principal }),
      detail: () =>
        `${who.tenant.name} · ${new Intl.DateTimeFormat(locale.value, { dateStyle: "full" }).format(new Date(`${who.businessDate}T12:00:00`))}`,
      actions: [
        ...(may("ledger.invoice.post") ? [button({ label: sw("do.invoice"), icon: "add", kind: "primary", href: "/documents/new/invoice" })] : []),
        ...(may("ledger.receipt.post") ? [button({ label: sw("do.receipt"), icon: "cash", href: "/documents/new/receipt" })] : []),
      ],
    }),
    indicators(),
    ageing ? answered(ageing, (data) => figures(data, who)) : null,
    waiting(who),
  );
}

function greeting() {
  const hour = new Date().getHours();
  return hour < 11 ? "home.morning" : hour < 18 ? "home.day" : "home.evening";
}

/** Days sales outstanding and what was collected, of the last three months. */
function indicators() {
  if (!may("ledger.indicator.get")) return null;
  const answer = read(books("GetIndicators"), {}, { topics: ["customer", "import"] });
  const data = derived(() => answer.state.value.data);
  /** @param {import("../app/words.js").Key} label @param {(now: any) => string} value @param {(now: any) => string} note @param {string} href */
  const tile = (label, value, note, href) =>
    h(
      "a",
      { class: "tile", href },
      h("span", { class: "tile-label" }, sw(label)),
      h("span", { class: "tile-value figures" }, () => data.value ? value(data.value) || "—" : "…"),
      h("span", { class: "tile-note soft" }, () => data.value ? note(data.value) : ""),
    );
  /** @param {string} text */
  const days = (text) => text ? s("home.days", { text: formatNumber(text, locale.value, 1) }) : "";
  return h(
    "div",
    { class: "tiles" },
    tile(
      "home.receivable",
      (now) => formatAmount(now.closing, locale.value),
      (now) => s("home.before_unapplied", { text: now.closing.currency }),
      "/ageing",
    ),
    tile("home.overdue", (now) => formatAmount(overdue(now), locale.value), (now) => share(overdue(now), now.closing), "/ageing"),
    tile("home.dso", (now) => days(now.dso), (now) => s("home.dso_best", { text: days(now.bestPossibleDso) || "—" }), "/ageing"),
    tile("home.cei", (now) => now.cei ? `${formatNumber(now.cei, locale.value, 1)} %` : "", () => s("home.three_months"), "/documents?kind=receipt"),
  );
}

/** @param {any} now @returns {Money} */
const overdue = (now) => moneyOf(minorOf(now.closing) - minorOf(now.closingCurrent), now.closing.currency);

/** @param {Money} part @param {Money} whole */
function share(part, whole) {
  const all = minorOf(whole);
  if (all <= 0n) return whole.currency;
  return s("home.share", { text: formatNumber(String(Number(minorOf(part) * 1000n / all) / 10), locale.value, 1) });
}

/** @param {any} data @param {import("../app/session.js").Who} who */
function figures(data, who) {
  // The company's own currency first.
  /** @type {any[]} */
  const totals = (data.totals ?? []).toSorted((/** @type {any} */ a, /** @type {any} */ b) =>
    Number(b.currency === who.tenant.baseCurrency) - Number(a.currency === who.tenant.baseCurrency)
  );
  /** @param {number} at */
  const bucket = (at) =>
    at === 0
      ? s("ageing.not_due")
      : at === data.edges.length
      ? s("ageing.over", { count: data.edges[at - 1] - 1 })
      : `${data.edges[at - 1]}–${data.edges[at] - 1}`;
  const base = who.tenant.baseCurrency;
  const worstCurrency = totals.some((one) => one.currency === base) ? base : totals[0]?.currency ?? base;
  const all = wholeList(ledger("GetAgeing"), ageingAsked, data, "customers");
  const worst = derived(() =>
    all.rows.value
      .filter((/** @type {any} */ one) => one.currency === worstCurrency)
      .map((/** @type {any} */ one) => ({ line: one, overdue: sums(one.buckets.slice(1))[0] }))
      .filter((/** @type {any} */ one) => one.overdue && minorOf(one.overdue) > 0n)
      .sort((/** @type {any} */ a, /** @type {any} */ b) => Number(minorOf(b.overdue) - minorOf(a.overdue)))
      .slice(0, 8)
  );
  return h(
    "div",
    { class: "columns" },
    h(
      "div",
      null,
      ...totals.map((line) =>
        ageingBar({
          title: () => s("home.ageing_of", { text: line.currency }),
          marks: () =>
            line.buckets.map((/** @type {Money} */ money, /** @type {number} */ i) => ({
              label: bucket(i),
              size: Number(minorOf(money)),
              shown: formatAmount(money, locale.value),
              href: `/ageing?currency=${line.currency}`,
            })),
        })
      ),
    ),
    barChart({
      title: sw("home.worst"),
      labels: sw("column.customer"),
      marks: () =>
        worst.value.map((/** @type {any} */ one) => ({
          label: one.line.customerName,
          size: Number(minorOf(one.overdue)),
          shown: formatMoney(one.overdue, locale.value),
          href: `/customers/${one.line.customerId}`,
        })),
    }),
  );
}

/** What waits for somebody. @param {import("../app/session.js").Who} who */
function waiting(who) {
  /** @type {Node[]} */
  const rows = [];
  /** @param {import("../parts/icon.js").IconName} name @param {{state: {readonly value: any}}} answer @param {(data: any) => string} said @param {string} href */
  const row = (name, answer, said, href) => {
    const text = derived(() => answer.state.value.data ? said(answer.state.value.data) : "");
    rows.push(
      h("li", { hidden: () => !text.value }, h("a", { class: "todo", href }, icon(name), h("span", null, () => text.value), icon("chevronRight"))),
    );
    return text;
  };
  /** @type {{readonly value: string}[]} */
  const texts = [];
  if (may("workflow.task.list")) {
    const tasks = read(tasksOf("ListTasks"), { pageSize: 100 }, { topics: ["case"] });
    texts.push(row("approve", tasks, (data) => {
      const count = casesThatWait(data).length;
      return count ? s("home.decisions", { count: data.nextPageToken ? `${count}+` : count }) : "";
    }, "/approvals"));
  }
  if (may("workflow.case.list")) {
    const mine = read(casesOf("ListCases"), { submitter: who.person?.login ?? who.principal, open: true, pageSize: 200 }, { topics: ["case"] });
    texts.push(row("undo", mine, (data) => {
      const count = (data.cases ?? []).filter((/** @type {any} */ one) => ["RETURNED", "BLOCKED"].includes(one.state)).length;
      return count ? s("home.mine_again", { count }) : "";
    }, "/approvals?tab=asked"));
  }
  if (may("ledger.document.list")) {
    const credits = read(ledger("ListDocuments"), { kinds: ["receipt", "credit_note"], state: "OPEN", pageSize: 1 }, {
      topics: ["customer", "import"],
    });
    texts.push(row("cash", credits, (data) => {
      const count = (data.totals ?? []).reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + Number(one.count), 0);
      return count ? s("home.unapplied", { count }) : "";
    }, "/cash"));
  }
  if (may("ledger.draft.list")) {
    const drafts = read(ledger("ListDrafts"), { pageSize: 100 }, { topics: ["draft"] });
    texts.push(row("edit", drafts, (data) => data.drafts?.length ? s("home.drafts", { count: data.drafts.length }) : "", "/drafts"));
  }
  if (may("platform.import.list")) {
    const imports = read(platform("ImportService", "ListImports"), { pageSize: 20 });
    texts.push(row("upload", imports, (data) => {
      const count = (data.imports ?? []).reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + Number(one.review ?? 0), 0);
      return count ? s("home.held", { count }) : "";
    }, "/imports"));
  }
  if (may("ledger.period.list")) {
    const periods = read(books("ListPeriods"), {}, { topics: ["period"] });
    const last = endOfMonth(addMonths(who.businessDate, -1));
    texts.push(row("lock", periods, (data) => {
      const closed = (data.periods ?? []).some((/** @type {any} */ one) => one.endsOn >= last && one.state !== "OPEN");
      return closed ? "" : s("home.period_open", {
        text: new Intl.DateTimeFormat(locale.value, { year: "numeric", month: "long" }).format(new Date(`${last}T12:00:00`)),
      });
    }, "/ledger/periods"));
  }
  if (!rows.length) return null;
  return block(sw("home.waiting"), [
    h("ul", { class: "todos" }, rows),
    h("p", { class: "soft block-empty", hidden: () => texts.some((one) => one.value) }, sw("home.nothing_waits")),
  ]);
}
