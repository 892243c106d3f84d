// Exact numbers: what people type, with the separators of any country, units and small sums, as fractions of whole numbers. Never a float.

/** @typedef {{n: bigint, d: bigint}} Fraction */
/** @typedef {{key: string, params?: Record<string, string | number>}} Saying a sentence of the catalogue */
/** @typedef {{value: Fraction, tell: boolean} | {problem: Saying}} Reading `tell`: more than one reading, or more than a number, so that what was understood is to be shown */

export const textMax = 200;
const digitsMax = 40;

/** Full-width signs, and those of text processors, as those of a keyboard. */
const signs = {
  "，": ",",
  "．": ".",
  "（": "(",
  "）": ")",
  "＋": "+",
  "－": "-",
  "−": "-",
  "–": "-",
  "—": "-",
  "＊": "*",
  "×": "*",
  "／": "/",
  "÷": "/",
  "％": "%",
};

/** @type {Record<string, bigint>} */
const units = { 千: 1000n, 万: 10_000n, 萬: 10_000n, 亿: 100_000_000n, 億: 100_000_000n, k: 1000n, m: 1_000_000n };

/** @param {string} text */
export function halfWidth(text) {
  return text
    .replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/[，．（）＋－−–—＊×／÷％]/g, (sign) => /** @type {Record<string, string>} */ (signs)[sign])
    .replace(/[\u00a0\u2009\u202f\u3000\t]/g, " ");
}

/** @type {Map<string, string>} */
const marks = new Map();
/** The decimal mark of a locale: "." or ",". @param {string} locale */
export function decimalMark(locale) {
  let mark = marks.get(locale);
  if (!mark) {
    mark = new Intl.NumberFormat(locale).formatToParts(1.5).find((part) => part.type === "decimal")?.value === "," ? "," : ".";
    marks.set(locale, mark);
  }
  return mark;
}

class Refusal extends Error {
  /** @param {string} key @param {Record<string, string | number>} [params] */
  constructor(key, params) {
    super(key);
    this.saying = { key, params };
  }
}

/**
 * Reads a number or a small sum.
 * @param {string} typed
 * @param {{locale: string, decimals?: number}} how `decimals`: as many as can be kept; what has three where only two can be is a thousand
 * @returns {Reading}
 */
export function readNumber(typed, { locale, decimals = 6 }) {
  const text = halfWidth(typed).trim().toLowerCase();
  if (typed.length > textMax) return { problem: { key: "value.too_long", params: { max: textMax } } };
  if (!text) return { problem: { key: "value.empty" } };
  if (text.includes("%")) return { problem: { key: "value.percent" } };
  const accounting = /^\(([^()]+)\)$/.exec(text) ?? /^([^-+*/()]+)-$/.exec(text);
  const body = accounting && isNumber(accounting[1]) ? accounting[1] : text;
  try {
    const reader = new Reader(body, decimalMark(locale), decimals);
    const { n, d } = reader.all();
    return { value: body === text ? { n, d } : { n: -n, d }, tell: reader.tell || body !== text };
  } catch (error) {
    if (error instanceof Refusal) return { problem: error.saying };
    throw error;
  }
}

/** Without a sum in it. @param {string} text */
const isNumber = (text) => /^[\d.,'’ _千万萬亿億km]+$/.test(text);

/** A descent through + - * / and brackets. */
class Reader {
  /** @param {string} text @param {string} mark @param {number} decimals */
  constructor(text, mark, decimals) {
    this.text = text;
    this.mark = mark;
    this.decimals = decimals;
    this.at = 0;
    this.tell = false;
    this.isSum = !/^[-+]?[^-+*/()]+$/.test(text);
  }

  all() {
    const value = this.sum();
    if (this.at < this.text.length) throw this.notANumber();
    if (this.isSum) this.tell = true;
    return value;
  }

  notANumber() {
    return new Refusal("value.not_a_number", { text: this.text.slice(0, 30) });
  }

  peek() {
    while (this.text[this.at] === " ") this.at++;
    return this.text[this.at] ?? "";
  }

  /** @returns {Fraction} */
  sum() {
    let value = this.product();
    for (let sign = this.peek(); sign === "+" || sign === "-"; sign = this.peek()) {
      this.at++;
      const next = this.product();
      value = reduced({ n: sign === "+" ? value.n * next.d + next.n * value.d : value.n * next.d - next.n * value.d, d: value.d * next.d });
    }
    return value;
  }

  /** @returns {Fraction} */
  product() {
    let value = this.signed();
    for (let sign = this.peek(); sign === "*" || sign === "/"; sign = this.peek()) {
      this.at++;
      const next = this.signed();
      if (sign === "/" && next.n === 0n) throw new Refusal("value.by_zero");
      value = reduced(sign === "*" ? { n: value.n * next.n, d: value.d * next.d } : { n: value.n * next.d, d: value.d * next.n });
    }
    return value;
  }

  /** @returns {Fraction} */
  signed() {
    const sign = this.peek();
    if (sign !== "-" && sign !== "+") return this.single();
    this.at++;
    const value = this.signed();
    return sign === "-" ? { n: -value.n, d: value.d } : value;
  }

  /** @returns {Fraction} */
  single() {
    if (this.peek() !== "(") return this.withUnits();
    this.at++;
    const value = this.sum();
    if (this.peek() !== ")") throw new Refusal("value.bracket");
    this.at++;
    return value;
  }

  /** 1亿2000万: each part with a unit that is smaller than the one before. @returns {Fraction} */
  withUnits() {
    let value = { n: 0n, d: 1n };
    let last = 0n;
    do {
      const part = this.plain();
      let unit = 1n;
      for (let next = units[this.peek()]; next; next = units[this.peek()]) {
        unit *= next;
        this.at++;
      }
      if (last && (unit === 1n || unit >= last)) throw this.notANumber();
      if (unit > 1n) this.tell = true;
      value = reduced({ n: value.n * part.d + part.n * unit * value.d, d: value.d * part.d });
      last = unit;
    } while (last > 1n && /\d/.test(this.peek()));
    return value;
  }

  /** @returns {Fraction} */
  plain() {
    this.peek();
    const found = /^[\d.,'’_]+(?: \d{3}(?=\D|$)[\d.,]*)*/.exec(this.text.slice(this.at));
    if (!found) throw this.notANumber();
    this.at += found[0].length;
    const text = this.separated(found[0].replace(/(\d)[ '’_](?=\d{3}(?!\d))/g, "$1'"));
    const [whole, part = ""] = text.split(".");
    if (whole.length + part.length > digitsMax) throw new Refusal("value.too_long", { max: digitsMax });
    return reduced({ n: BigInt(whole + part), d: 10n ** BigInt(part.length) });
  }

  /** Digits with a point: which sign groups, which divides. @param {string} text */
  separated(text) {
    if (/[ ’_]/.test(text) || !/\d/.test(text)) throw this.notANumber();
    const points = text.split(".").length - 1;
    const commas = text.split(",").length - 1;
    const mark = points && commas
      ? (text.lastIndexOf(".") > text.lastIndexOf(",") ? "." : ",")
      : this.only(text, points ? "." : ",", points + commas);
    const at = mark ? text.lastIndexOf(mark) : -1;
    const whole = at < 0 ? text : text.slice(0, at);
    const part = at < 0 ? "" : text.slice(at + 1);
    const groups = whole.split(/[.,']/);
    const inGroups = groups.length === 1 || (groups[0].length >= 1 && groups[0].length <= 3 && groups.slice(1).every((group) => group.length === 3));
    const oneSign = new Set(whole.replace(/\d/g, "")).size <= 1 && !(mark && whole.includes(mark));
    if (!inGroups || !oneSign || !/^\d*$/.test(part)) throw this.notANumber();
    return `${groups.join("") || "0"}.${part}`;
  }

  /**
   * The decimal mark where one kind of sign is there: 1.234.567 has none; of 1,234 it depends.
   * @param {string} text @param {string} sign @param {number} count
   */
  only(text, sign, count) {
    if (count !== 1) return count ? "" : sign;
    const looksGrouped = /^[1-9]\d{0,2}[.,]\d{3}$/.test(text);
    if (!looksGrouped) return sign;
    if (this.mark !== sign) return "";
    if (this.isSum) return sign;
    this.tell = true;
    return this.decimals < 3 ? "" : sign;
  }
}

/** @param {Fraction} value @returns {Fraction} */
function reduced({ n, d }) {
  let [a, b] = [n < 0n ? -n : n, d < 0n ? -d : d];
  while (b) [a, b] = [b, a % b];
  const by = (a || 1n) * (d < 0n ? -1n : 1n);
  return { n: n / by, d: d / by };
}

/**
 * A fraction in units of 10^-decimals, half away from zero; whether something was lost.
 * @param {Fraction} value
 * @param {number} decimals
 */
export function scaled({ n, d }, decimals) {
  const scaledN = n * 10n ** BigInt(decimals);
  const whole = scaledN / d;
  const rest = scaledN % d;
  const up = 2n * (rest < 0n ? -rest : rest) >= d ? (n < 0n ? -1n : 1n) : 0n;
  return { units: whole + up, exact: rest === 0n };
}

/** 123450n of two decimals: "1234.50". @param {bigint} value @param {number} decimals */
export function decimalText(value, decimals) {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, "0");
  const text = decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits;
  return value < 0n ? `-${text}` : text;
}

/**
 * What was typed as a decimal text with up to `decimals` places.
 * @param {string} typed
 * @param {{locale: string, decimals: number}} how
 * @returns {{text: string, tell: boolean, rounded: boolean} | {problem: Saying}}
 */
export function parseNumber(typed, { locale, decimals }) {
  const read = readNumber(typed, { locale, decimals });
  if ("problem" in read) return read;
  const { units, exact } = scaled(read.value, decimals);
  if (units > 10n ** 18n || units < -(10n ** 18n)) return { problem: { key: "value.too_large" } };
  const text = decimalText(units, decimals);
  return { text: text.includes(".") ? text.replace(/\.?0+$/, "") : text, tell: read.tell || !exact, rounded: !exact };
}

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();
/**
 * A decimal text for people; exact, however long.
 * @param {string | number | bigint} value
 * @param {string} locale
 * @param {number} [decimals] exactly so many; absent: those it has
 */
export function formatNumber(value, locale, decimals) {
  const key = `${locale} ${decimals}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, { minimumFractionDigits: decimals ?? 0, maximumFractionDigits: decimals ?? 20 });
    formats.set(key, format);
  }
  // The engine takes decimal texts exactly; the types know only some of them.
  return format.format(/** @type {any} */ (value));
}
