// The trial balance: what each account began with, what was debited and credited, and what that makes.
import { books, read } from "../../app/server.js";
import { badge } from "../../parts/badge.js";
import { button } from "../../parts/button.js";
import { h } from "../../runtime/h.js";
import { scope } from "../../runtime/signal.js";
import { minorOf } from "../../values/money.js";
import { csvLine } from "../../values/table.js";
import { amount, answered, dayText, dayTool, pageHead, s, sw } from "../common.js";
import { named } from "../../app/words.js";
import { save } from "./common.js";

/** @typedef {import("../../values/money.js").Money} Money */
/** @typedef {{account?: {code: string, name: string, role: string}, opening: Money, debits: Money, credits: Money, closing: Money, currencies?: Line[]}} Line */
const sides = /** @type {const} */ (["opening", "debits", "credits", "closing"]);

/** @param {import("./common.js").Context} context */
export function balancePage({ router }) {
  const from = router.query("from");
  const to = router.query("to");
  return h(
    "div",
    { class: "page" },
    pageHead({ title: sw("page.balance"), detail: sw("balance.detail") }),
    h("div", { class: "tools" }, dayTool(from, sw("documents.from")), dayTool(to, sw("documents.to"))),
    // Another question is another answer: the one before is not kept current any more.
    () => {
      const request = { from: from.value, to: to.value };
      return scope(() => answered(read(books("GetTrialBalance"), request, { topics: ["customer", "document", "import"] }), balanceView)).value;
    },
  );
}

/** @param {{from: string, to: string, lines?: Line[], total: Line}} data */
function balanceView(data) {
  const lines = data.lines ?? [];
  if (!lines.length) return h("p", { class: "soft block-empty" }, sw("balance.none"));
  const difference = minorOf(data.total.debits) - minorOf(data.total.credits);
  const holds = difference === 0n && minorOf(data.total.opening) === 0n && minorOf(data.total.closing) === 0n;
  return h(
    "div",
    { class: "panel" },
    h(
      "div",
      { class: "panel-actions" },
      badge({ label: sw(holds ? "balance.holds" : "balance.does_not_hold"), tone: holds ? "good" : "bad", icon: holds ? "check" : "alert" }),
      h("span", { class: "soft" }, () => `${dayText(data.from)} – ${dayText(data.to)}`),
      button({
        label: sw("admin.csv"),
        icon: "download",
        kind: "quiet",
        onClick: () => save(csvOf(data), `trial-balance-${data.to}.csv`, "text/csv;charset=utf-8"),
      }),
    ),
    h(
      "div",
      { class: "table-frame", tabindex: 0, role: "group", aria: { label: sw("page.balance") } },
      h(
        "table",
        { class: "table" },
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            h("th", { scope: "col" }, sw("balance.account")),
            h("th", { scope: "col" }, sw("column.name")),
            h("th", { scope: "col" }, sw("balance.role")),
            sides.map((side) => h("th", { scope: "col", class: "cell-amount" }, sw(`balance.${side}`))),
          ),
        ),
        h("tbody", null, lines.flatMap(rowsOf)),
        h(
          "tfoot",
          null,
          h(
            "tr",
            { class: "row-total" },
            h("th", { scope: "row", colspan: "3" }, sw("balance.total")),
            sides.map((side) => h("td", { class: "cell-amount" }, amount(data.total[side]))),
          ),
        ),
      ),
    ),
  );
}

/** An account, and below it the same in other currencies. @param {Line} line */
function rowsOf(line) {
  const others = (line.currencies ?? []).map((one) =>
    h(
      "tr",
      { class: "row-part" },
      h("td", null),
      h("td", { class: "soft", colspan: "2" }, () => s("balance.in_currency", { text: one.closing.currency })),
      sides.map((side) => h("td", { class: "cell-amount soft" }, amount(one[side]))),
    )
  );
  return [
    h(
      "tr",
      null,
      h("td", null, h("code", null, line.account?.code ?? "")),
      h("td", null, line.account?.name ?? ""),
      h("td", { class: "soft" }, () => named("role", line.account?.role ?? "")),
      sides.map((side) => h("td", { class: "cell-amount" }, amount(line[side]))),
    ),
    ...others,
  ];
}

/** @param {{lines?: Line[], total: Line}} data */
function csvOf({ lines = [], total }) {
  const head = [s("balance.account"), s("column.name"), ...sides.map((side) => s(`balance.${side}`)), s("column.currency")];
  const row = (
    /** @type {Line} */ line,
  ) => [line.account?.code ?? s("balance.total"), line.account?.name ?? "", ...sides.map((side) => line[side].amount), line.closing.currency];
  return "\uFEFF" + [head, ...lines.map(row), row(total)].map(csvLine).join("");
}
