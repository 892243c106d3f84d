// Days as ISO texts ("2026-12-31"), and what people type for them.
import { halfWidth } from "./number.js";

/** @typedef {import("./number.js").Saying} Saying */
/** @typedef {"ymd" | "dmy" | "mdy"} Order */
/** @typedef {{day: string, tell: boolean} | {problem: Saying}} Reading `tell`: it could be meant otherwise, or was not a date */

const textMax = 60;
const dayMs = 86_400_000;
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const otherMonths = { mär: 3, maerz: 3, mai: 5, okt: 10, dez: 12 };

/** The day, or null where there is none such. @param {number} year @param {number} month @param {number} day */
export function dayOf(year, month, day) {
  if (year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** @param {number} year @param {number} month */
const daysIn = (year, month) => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** @param {string} day @returns {[number, number, number]} */
const parts = (day) => /** @type {[number, number, number]} */ (day.split("-").map(Number));

/** @param {string} text */
export function isDay(text) {
  return /^\d{4}-\d\d-\d\d$/.test(text) && dayOf(...parts(text)) !== null;
}

/** @param {string} day @param {number} count */
export function addDays(day, count) {
  return new Date(Date.parse(day) + count * dayMs).toISOString().slice(0, 10);
}

/** The same day of another month, or its last. @param {string} day @param {number} count */
export function addMonths(day, count) {
  const [year, month, date] = parts(day);
  const at = year * 12 + month - 1 + count;
  const [toYear, toMonth] = [Math.floor(at / 12), at % 12 + 1];
  return `${toYear}-${String(toMonth).padStart(2, "0")}-${String(Math.min(date, daysIn(toYear, toMonth))).padStart(2, "0")}`;
}

/** @param {string} day */
export function endOfMonth(day) {
  const [year, month] = parts(day);
  return `${day.slice(0, 8)}${daysIn(year, month)}`;
}

/** From one day to another. @param {string} from @param {string} to */
export function daysBetween(from, to) {
  return (Date.parse(to) - Date.parse(from)) / dayMs;
}

/** Today where this browser is. */
export function localToday() {
  const now = new Date();
  return /** @type {string} */ (dayOf(now.getFullYear(), now.getMonth() + 1, now.getDate()));
}

/** In which order a country writes a day. @param {string} locale @returns {Order} */
export function orderOf(locale) {
  const order = new Intl.DateTimeFormat(locale).formatToParts(0).map((part) => part.type[0]).filter((sign) => "ymd".includes(sign)).join("");
  return order === "ymd" || order === "mdy" ? order : "dmy";
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();
/**
 * For people; "short" has always the same width.
 * @param {string} day
 * @param {string} locale
 * @param {"short" | "long"} [length]
 */
export function formatDay(day, locale, length = "short") {
  const key = `${locale} ${length}`;
  let format = formats.get(key);
  if (!format) {
    /** @type {Intl.DateTimeFormatOptions} */
    const long = { dateStyle: "full", timeZone: "UTC" };
    format = new Intl.DateTimeFormat(locale, length === "long" ? long : { year: "numeric", month: "2-digit", day: "2-digit", timeZone: "UTC" });
    formats.set(key, format);
  }
  // An address may say anything.
  const at = Date.parse(day);
  return Number.isNaN(at) ? day : format.format(at);
}

/** Words for days, from today. @type {Record<string, (today: string) => string>} */
const words = Object.fromEntries(
  /** @type {[string, (today: string) => string][]} */ ([
    ["t today 今天 今日 heute", (today) => today],
    ["y yesterday 昨天 gestern", (today) => addDays(today, -1)],
    ["tomorrow 明天 morgen", (today) => addDays(today, 1)],
    ["后天", (today) => addDays(today, 2)],
    ["eom 月底 月末 本月底 ultimo", endOfMonth],
    ["bom 月初 本月初", (today) => `${today.slice(0, 8)}01`],
    ["下月底 下月末 下个月底 eonm", (today) => endOfMonth(addMonths(today, 1))],
    ["上月底 上月末 上个月底 eolm", (today) => endOfMonth(addMonths(today, -1))],
    ["eoq 季末 季度末", (today) => endOfMonth(addMonths(`${today.slice(0, 8)}01`, (12 - Number(today.slice(5, 7))) % 3))],
    ["eoy 年底 年末", (today) => `${today.slice(0, 5)}12-31`],
  ]).flatMap(([names, give]) => names.split(" ").map((name) => [name, give])),
);

/**
 * What was typed as a day.
 * @param {string} typed
 * @param {{today: string, order: Order}} how
 * @returns {Reading}
 */
export function parseDay(typed, { today, order }) {
  if (typed.length > textMax) return { problem: { key: "value.too_long", params: { max: textMax } } };
  const text = halfWidth(typed).trim().toLowerCase();
  if (!text) return { problem: { key: "value.empty" } };
  if (Object.hasOwn(words, text)) return { day: words[text](today), tell: true };
  const found = relative(text, today) ?? chinese(text, today) ?? written(text, today, order) ?? digitsOnly(text, today, order);
  return found ?? { problem: { key: "value.not_a_day", params: { text: typed.slice(0, 30) } } };
}

/** +7, -3, +2w, +1m. @param {string} text @param {string} today @returns {Reading | null} */
function relative(text, today) {
  const found = /^([+-])\s*(\d{1,4})\s*(d|天|日|w|周|星期|m|月|个月|y|年)?$/.exec(text);
  if (!found) return null;
  const count = Number(found[2]) * (found[1] === "-" ? -1 : 1);
  const unit = found[3] ?? "d";
  if (/^[m月个]/.test(unit)) return inRange(addMonths(today, count));
  if (/^[y年]/.test(unit)) return inRange(addMonths(today, count * 12));
  return inRange(addDays(today, /^[w周星]/.test(unit) ? count * 7 : count));
}

/** @param {string} day @returns {Reading} */
const inRange = (day) => isDay(day) && dayOf(...parts(day)) ? { day, tell: true } : { problem: { key: "value.not_a_day", params: { text: day } } };

/** 2026年12月31日, 12月31日, 12月底. @param {string} text @param {string} today @returns {Reading | null} */
function chinese(text, today) {
  const found = /^(?:(\d{2}|\d{4})\s*年\s*)?(\d{1,2})\s*月\s*(?:(\d{1,2})\s*[日号]?|([底末]))$/.exec(text);
  if (!found) return null;
  const year = found[1] ? fullYear(found[1]) : Number(today.slice(0, 4));
  const month = Number(found[2]);
  if (found[4] && (month < 1 || month > 12)) return null;
  return given(dayOf(year, month, found[4] ? daysIn(year, month) : Number(found[3])), !found[1] || !!found[4]);
}

/** @param {string | null} day @param {boolean} tell @returns {Reading | null} */
const given = (day, tell) => day ? { day, tell } : null;

/** @param {string} text */
const fullYear = (text) => text.length === 2 ? 2000 + Number(text) : Number(text);

/** With points, strokes or the name of a month between. @param {string} text @param {string} today @param {Order} order @returns {Reading | null} */
function written(text, today, order) {
  const named = /^(?:(\d{1,2})\.?\s+)?([a-zäö]{3,})\.?\s*(?:(\d{1,2}),?)?(?:\s+(\d{4}))?$/.exec(text);
  if (named) {
    const month = months.indexOf(named[2].slice(0, 3)) + 1 || Object.entries(otherMonths).find(([name]) => named[2].startsWith(name))?.[1] || 0;
    return given(dayOf(Number(named[4] ?? today.slice(0, 4)), month, Number(named[1] ?? named[3] ?? 0)), !named[4]);
  }
  const [a, b, c, ...rest] = text.replace(/\.$/, "").split(/\s*[./-]\s*|\s+/);
  if (rest.length || b === undefined || ![a, b, c ?? "1"].every((part) => /^(\d{1,2}|\d{4})$/.test(part))) return null;
  if (c === undefined) return ordered(today.slice(0, 4), a, b, text.includes(".") ? "dmy" : order, true);
  if (a.length === 4) return ordered(a, b, c, "ymd", false);
  if (c.length === 4) return ordered(c, a, b, text.includes(".") ? "dmy" : order === "ymd" ? "mdy" : order, false);
  return order === "ymd" && !text.includes(".") ? ordered(a, b, c, "ymd", true) : ordered(c, a, b, text.includes(".") ? "dmy" : order, true);
}

/**
 * Two numbers that are month and day in the order of the country, or in the other where only that is a day; told where both could be.
 * @param {string} year @param {string} first @param {string} second @param {Order} order @param {boolean} tell
 * @returns {Reading | null}
 */
function ordered(year, first, second, order, tell) {
  const full = fullYear(year);
  const [a, b] = [Number(first), Number(second)];
  const usual = order === "dmy" ? dayOf(full, b, a) : dayOf(full, a, b);
  const other = order === "ymd" ? null : order === "dmy" ? dayOf(full, a, b) : dayOf(full, b, a);
  const isSure = usual && (order === "ymd" || !other || other === usual);
  return given(usual ?? other, tell || !isSure);
}

/** 20261231, 261231, 1231, 31. @param {string} text @param {string} today @param {Order} order @returns {Reading | null} */
function digitsOnly(text, today, order) {
  if (!/^(\d{1,2}|\d{4}|\d{6}|\d{8})$/.test(text)) return null;
  const pair = (/** @type {number} */ at) => text.slice(at, at + 2);
  if (text.length <= 2) return given(dayOf(Number(today.slice(0, 4)), Number(today.slice(5, 7)), Number(text)), true);
  if (text.length === 4) return ordered(today.slice(0, 4), pair(0), pair(2), order, true);
  if (text.length === 6) return order === "ymd" ? ordered(pair(0), pair(2), pair(4), "ymd", true) : ordered(pair(4), pair(0), pair(2), order, true);
  const iso = dayOf(Number(text.slice(0, 4)), Number(pair(4)), Number(pair(6)));
  return iso ? { day: iso, tell: false } : ordered(text.slice(4), pair(0), pair(2), order, true);
}
