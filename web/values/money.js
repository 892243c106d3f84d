// Amounts: a decimal text and an ISO 4217 currency. Sums are whole numbers of minor units; no amount is ever a float.
import { decimalText, formatNumber, halfWidth, readNumber, scaled, textMax } from "./number.js";

/** @typedef {import("./number.js").Saying} Saying */
/** @typedef {{amount: string, currency: string}} Money */

/** ISO 4217, where it is not two: the tables of browsers differ from it. */
const digits = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
  3: "BHD IQD JOD KWD LYD OMR TND",
  4: "CLF UYW",
};
/** @type {Map<string, number>} */
const digitsBy = new Map(Object.entries(digits).flatMap(([count, codes]) => codes.split(" ").map((code) => [code, Number(count)])));

/** As the server keeps them. */
const minorMax = 9_223_372_036_854_775_807n;

/** @param {string} currency */
export function digitsOf(currency) {
  return digitsBy.get(currency) ?? 2;
}

/**
 * "1234.5" of EUR: 123450n. Throws where the text is no amount of the currency.
 * @param {Money} money
 */
export function minorOf({ amount, currency }) {
  const count = digitsOf(currency);
  const found = amount.length <= 60 && /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount);
  const part = found ? (found[3] ?? "").replace(/0+$/, "") : "";
  if (!found || part.length > count) throw new Error(`no amount of ${currency}: ${amount.slice(0, 40)}`);
  const value = BigInt(found[2] + part.padEnd(count, "0"));
  return found[1] ? -value : value;
}

/** @param {bigint} minor @param {string} currency @returns {Money} */
export function moneyOf(minor, currency) {
  return { amount: decimalText(minor, digitsOf(currency)), currency };
}

/**
 * The sum of each currency, in the order in which they come.
 * @param {Iterable<Money | null | undefined>} amounts
 * @returns {Money[]}
 */
export function sums(amounts) {
  /** @type {Map<string, bigint>} */
  const by = new Map();
  for (const money of amounts) if (money) by.set(money.currency, (by.get(money.currency) ?? 0n) + minorOf(money));
  return [...by].map(([currency, minor]) => moneyOf(minor, currency));
}

/** For sorting; of two currencies by their code. @param {Money} a @param {Money} b */
export function compareMoney(a, b) {
  if (a.currency !== b.currency) return a.currency < b.currency ? -1 : 1;
  const [x, y] = [minorOf(a), minorOf(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** "1,234.50". @param {Money} money @param {string} locale */
export function formatAmount({ amount, currency }, locale) {
  return formatNumber(amount, locale, digitsOf(currency));
}

/** "CNY 1,234.50": codes, since ¥ is of two countries and $ of many. @param {Money} money @param {string} locale */
export function formatMoney(money, locale) {
  return `${money.currency}\u00a0${formatAmount(money, locale)}`;
}

/** Signs and names that people write at an amount, and the currencies they may stand for. @type {[RegExp, string][]} */
const names = [[/[¥￥]/, "CNY JPY"], [/元|人民币|rmb/i, "CNY"], [/€/, "EUR"], [/\$/, "USD HKD SGD AUD CAD TWD NZD MXN"], [/£/, "GBP"]];

/**
 * What was typed as an amount of the currency; `tell`: what was understood should be shown, with `note` where there is more to say.
 * @param {string} typed
 * @param {{currency: string, locale: string}} how
 * @returns {{money: Money, tell: boolean, note?: Saying} | {problem: Saying}}
 */
export function parseMoney(typed, { currency, locale }) {
  if (typed.length > textMax) return { problem: { key: "value.too_long", params: { max: textMax } } };
  const bare = withoutCurrency(halfWidth(typed), currency);
  if (typeof bare !== "string") return bare;
  const count = digitsOf(currency);
  const read = readNumber(bare, { locale, decimals: count });
  if ("problem" in read) return read;
  const { units, exact } = scaled(read.value, count);
  if (units > minorMax || units < -minorMax) return { problem: { key: "value.too_large" } };
  const money = moneyOf(units, currency);
  return exact ? { money, tell: read.tell } : { money, tell: true, note: { key: "value.rounded", params: { digits: count } } };
}

/** @param {string} text @param {string} currency @returns {string | {problem: Saying}} */
function withoutCurrency(text, currency) {
  const code = /^\s*([a-z]{3})\s*(?=[-(\d.])|(?<=[\d)])\s*([a-z]{3})\s*$/i.exec(text);
  const named = code ? (code[1] ?? code[2]).toUpperCase().replace("RMB", "CNY") : names.find(([sign]) => sign.test(text))?.[1];
  if (!named) return text;
  if (!named.split(" ").includes(currency)) return { problem: { key: "value.other_currency", params: { currency, named: named.split(" ")[0] } } };
  return code ? text.replace(code[0], "") : text.replace(/[¥￥€$£]|元|人民币|rmb/i, "");
}
