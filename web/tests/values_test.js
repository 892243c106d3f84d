import { compareMoney, formatAmount, formatMoney, minorOf, moneyOf, parseMoney, sums } from "../values/money.js";
import { formatNumber, parseNumber } from "../values/number.js";
import { addDays, addMonths, daysBetween, endOfMonth, formatDay, isDay, orderOf, parseDay } from "../values/date.js";
import { refused, same } from "./expect.js";

/** @param {string} text @param {string} [currency] @param {string} [locale] */
function money(text, currency = "EUR", locale = "en") {
  const read = parseMoney(text, { currency, locale });
  if ("problem" in read) return read.problem.key.replace("value.", "");
  return `${read.money.amount}${read.note ? " rounded" : read.tell ? " told" : ""}`;
}

Deno.test("Amounts as people type them", () => {
  /** @type {[string, string][]} */
  const cases = [
    ["1234.56", "1234.56"],
    ["1,234.56", "1234.56"],
    ["1.234,56", "1234.56"],
    ["1 234,56", "1234.56"],
    ["1'234.56", "1234.56"],
    ["1\u00a0234\u202f567,89", "1234567.89"],
    ["1,234,567", "1234567.00"],
    ["1.234.567", "1234567.00"],
    ["1,5", "1.50"],
    [".5", "0.50"],
    ["5.", "5.00"],
    ["１，２３４．５６", "1234.56"],
    ["-12", "-12.00"],
    ["−12", "-12.00"],
    ["+12", "12.00"],
    ["007", "7.00"],
    ["0", "0.00"],
    ["(1,234.00)", "-1234.00 told"],
    ["（1,234.00）", "-1234.00 told"],
    ["1,234.00-", "-1234.00 told"],
    ["1.234,00 -", "-1234.00 told"],
    ["3.5万", "35000.00 told"],
    ["2亿", "200000000.00 told"],
    ["1亿2000万", "120000000.00 told"],
    ["3千万", "30000000.00 told"],
    ["3.5k", "3500.00 told"],
    ["12*4.5", "54.00 told"],
    ["100-3", "97.00 told"],
    ["(1+2)*3", "9.00 told"],
    ["100/3", "33.33 rounded"],
    ["200/3", "66.67 rounded"],
    ["-200/3", "-66.67 rounded"],
    ["12 × 4,5", "54.00 told"],
    ["1/3*3", "1.00 told"],
    ["0.1+0.2", "0.30 told"],
    ["2*-3", "-6.00 told"],
    ["--3", "3.00 told"],
    ["12*4.555", "54.66 told"],
    ["1.005", "1005.00 told"],
    ["0.005", "0.01 rounded"],
    ["12.3456", "12.35 rounded"],
    ["1,234", "1234.00"],
    ["€ 12", "12.00"],
    ["12 EUR", "12.00"],
    ["EUR12.50", "12.50"],
    ["(€ 5)", "-5.00 told"],
  ];
  for (const [text, wanted] of cases) same(money(text), wanted, text);
});

Deno.test("What is no amount is refused with a reason", () => {
  const cases = {
    "": "empty",
    "  ": "empty",
    abc: "not_a_number",
    "1,23.45": "not_a_number",
    "1,2,3": "not_a_number",
    "12 34": "not_a_number",
    "1..2": "not_a_number",
    "1.2.3": "not_a_number",
    ".": "not_a_number",
    ",": "not_a_number",
    "5/0": "by_zero",
    "5/(1-1)": "by_zero",
    "(1+2": "bracket",
    "1+2)": "not_a_number",
    "1+": "not_a_number",
    "*2": "not_a_number",
    "100-3%": "percent",
    "3万5": "not_a_number",
    "3万5亿": "not_a_number",
    "万": "not_a_number",
    "12 USD": "other_currency",
    "¥12": "other_currency",
    "12 元": "other_currency",
    "1e5": "not_a_number",
    NaN: "not_a_number",
    Infinity: "not_a_number",
    "0x10": "not_a_number",
    "1,234.567,8": "not_a_number",
    "99999999999999999999": "too_large",
    "9亿亿亿": "too_large",
    [`1${"0".repeat(50)}`]: "too_long",
    ["9".repeat(5000)]: "too_long",
    ["(".repeat(5000)]: "too_long",
    ["(".repeat(190)]: "not_a_number",
  };
  for (const [text, wanted] of Object.entries(cases)) same(money(text), wanted, text.slice(0, 40));
});

Deno.test("The country decides what one comma before three digits is, and it is said", () => {
  same([money("1,234", "EUR", "de"), money("1.234", "EUR", "de")], ["1234.00 told", "1234.00"]);
  same([money("1.234", "KWD", "en"), money("1,234", "KWD", "en"), money("1,234", "KWD", "de")], ["1.234 told", "1234.000", "1.234 told"]);
  same([money("12.5", "JPY"), money("1,234", "JPY"), money("¥1234", "JPY"), money("￥1,234.50", "CNY", "zh-CN"), money("12 元", "CNY")], [
    "13 rounded",
    "1234",
    "1234",
    "1234.50",
    "12.00",
  ]);
});

Deno.test("What is shown is read again as the same, in every locale, whatever the amount", () => {
  let seed = 7;
  const chance = () => (seed = seed * 48271 % 2147483647);
  for (let i = 0; i < 2000; i++) {
    const currency = ["EUR", "CNY", "JPY", "KWD"][chance() % 4];
    const minor = BigInt(chance()) * BigInt(chance() % 2 ? 1 : chance()) * (chance() % 3 ? 1n : -1n) / BigInt(10 ** (chance() % 9));
    const locale = ["en", "zh-CN", "de", "fr", "de-CH", "en-IN"][chance() % 5];
    const one = moneyOf(minor, currency);
    const read = parseMoney(formatAmount(one, locale), { currency, locale });
    same("money" in read && read.money, one, `${locale} ${formatAmount(one, locale)}`);
    same(minorOf(one), minor);
  }
});

Deno.test("Random signs never throw and never take long", () => {
  let seed = 11;
  const chance = (/** @type {number} */ below) => (seed = seed * 48271 % 2147483647) % below;
  const signs = "0123456789.,+-*/() 万亿€'%eE\u00a0\ud800（）".split("");
  const begun = performance.now();
  for (let i = 0; i < 20000; i++) {
    const text = Array.from({ length: chance(30) }, () => signs[chance(signs.length)]).join("");
    parseMoney(text, { currency: "EUR", locale: "en" });
    parseDay(text, { today: "2026-11-27", order: "dmy" });
  }
  parseMoney("9*".repeat(99) + "9", { currency: "EUR", locale: "en" });
  if (performance.now() - begun > 5000) throw new Error("too slow");
});

Deno.test("Sums are exact, a currency each", () => {
  const amounts = Array.from({ length: 1000 }, () => ({ amount: "0.10", currency: "EUR" }));
  same(sums([...amounts, { amount: "-5", currency: "JPY" }, null]), [{ amount: "100.00", currency: "EUR" }, { amount: "-5", currency: "JPY" }]);
  same(formatMoney({ amount: "12345678901234567.89", currency: "EUR" }, "en"), "EUR\u00a012,345,678,901,234,567.89");
  same(compareMoney({ amount: "10", currency: "EUR" }, { amount: "9.99", currency: "EUR" }), 1);
  same(minorOf({ amount: "1.5000", currency: "EUR" }), 150n);
});

Deno.test("What is no amount of the currency is none", async () => {
  for (const amount of ["", "1e3", "1.234", "1,0", " 1", "9".repeat(70)]) await refused(() => minorOf({ amount, currency: "EUR" }), /no amount/);
});

Deno.test("Numbers", () => {
  const number = (/** @type {string} */ text, decimals = 2) => {
    const read = parseNumber(text, { locale: "en", decimals });
    return "problem" in read ? read.problem.key : read.text;
  };
  same([number("1,234.50"), number("30", 0), number("2.5", 0), number("1e3"), number("3万", 0), number("0.10")], [
    "1234.5",
    "30",
    "3",
    "value.not_a_number",
    "30000",
    "0.1",
  ]);
  same([formatNumber("1234567.5", "de"), formatNumber(100000, "en"), formatNumber("19", "zh-CN", 2)], ["1.234.567,5", "100,000", "19.00"]);
});

/** @param {string} text @param {import("../values/date.js").Order} [order] */
function day(text, order = "dmy") {
  const read = parseDay(text, { today: "2026-11-27", order });
  return "problem" in read ? read.problem.key.replace("value.", "") : read.day + (read.tell ? " told" : "");
}

Deno.test("Days as people type them", () => {
  const cases = {
    t: "2026-11-27 told",
    今天: "2026-11-27 told",
    "+7": "2026-12-04 told",
    "-3": "2026-11-24 told",
    "＋7": "2026-12-04 told",
    "+2w": "2026-12-11 told",
    "+1m": "2026-12-27 told",
    "+3个月": "2027-02-27 told",
    月底: "2026-11-30 told",
    eom: "2026-11-30 told",
    下月底: "2026-12-31 told",
    年底: "2026-12-31 told",
    eoq: "2026-12-31 told",
    "31.12.2026": "2026-12-31",
    "31.12.26": "2026-12-31 told",
    "31.12.": "2026-12-31 told",
    "2026/12/31": "2026-12-31",
    "2026-12-31": "2026-12-31",
    "2026-1-5": "2026-01-05",
    "2026年12月31日": "2026-12-31",
    "12月31日": "2026-12-31 told",
    "12月底": "2026-12-31 told",
    "26年2月底": "2026-02-28 told",
    "２０２６年１月５日": "2026-01-05",
    "20261231": "2026-12-31",
    "31122026": "2026-12-31 told",
    "31 Dec 2026": "2026-12-31",
    "Dec 31, 2026": "2026-12-31",
    "5. März 2026": "2026-03-05",
    "31 dez": "2026-12-31 told",
    "15": "2026-11-15 told",
    "12/31/2026": "2026-12-31 told",
    "05/06/2026": "2026-06-05 told",
    "05/05/2026": "2026-05-05",
  };
  for (const [text, wanted] of Object.entries(cases)) same(day(text), wanted, text);
});

Deno.test("The country decides about month and day", () => {
  same([day("05/06/2026", "mdy"), day("12/31/2026", "mdy"), day("31/12/2026", "mdy"), day("05.06.2026", "mdy")], [
    "2026-05-06 told",
    "2026-12-31",
    "2026-12-31 told",
    "2026-06-05 told",
  ]);
  same([day("1231", "ymd"), day("1231", "mdy"), day("3112", "dmy"), day("261231", "ymd"), day("311226", "dmy")], Array(5).fill("2026-12-31 told"));
  same([orderOf("zh-CN"), orderOf("en-US"), orderOf("de"), orderOf("en-GB")], ["ymd", "mdy", "dmy", "dmy"]);
});

Deno.test("What is no day is refused", () => {
  for (
    const text of [
      "30.2.2026",
      "2026-13-01",
      "29.2.2027",
      "0",
      "32",
      "abc",
      "2026",
      "1899-12-31",
      "+99999",
      "12月32日",
      "13月底",
      "1.2.3.4",
      "constructor",
      "1-1-1-1",
      "9".repeat(5000),
    ]
  ) {
    const read = day(text);
    if (read !== "not_a_day" && read !== "too_long") throw new Error(`${text} is ${read}`);
  }
  same(day(""), "empty");
});

Deno.test("Reckoning with days", () => {
  same([addDays("2024-02-28", 1), addDays("2026-01-01", -1), addMonths("2026-01-31", 1), addMonths("2026-03-31", -13), endOfMonth("2024-02-01")], [
    "2024-02-29",
    "2025-12-31",
    "2026-02-28",
    "2025-02-28",
    "2024-02-29",
  ]);
  same([daysBetween("2026-03-01", "2026-04-01"), isDay("2026-02-29"), isDay("x")], [31, false, false]);
  same([formatDay("2026-01-05", "de"), formatDay("2026-01-05", "zh-CN")], ["05.01.2026", "2026/01/05"]);
});
