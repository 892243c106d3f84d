// What people read, in their language. Keys are checked: one that is not in the catalogue is an error of `deno check`.
import { derived, signal } from "../runtime/signal.js";
import { formatNumber } from "../values/number.js";
import { en } from "./en.js";
import { zhCN } from "./zh-CN.js";

/** @typedef {"en" | "zh-CN"} Language */
/** @typedef {string | {one: string, other: string}} Entry with `one` where a count of one is said otherwise */
/** @typedef {Record<string, string | number>} Params */
/** @typedef {import("../values/number.js").Saying} Saying */

/** @type {Record<Language, string>} */
export const languages = { en: "English", "zh-CN": "简体中文" };

export const language = signal(/** @type {Language} */ ("en"));
/** The country's way to write numbers and days where it is not the language's: "de-DE". */
export const region = signal("");
export const locale = derived(() => region.value || language.value);

/** @param {string} wanted as a browser or a company says it: "zh-Hans-CN" */
export function setLanguage(wanted) {
  language.value = /^zh\b/i.test(wanted) ? "zh-CN" : "en";
  if (typeof document !== "undefined") document.documentElement.lang = language.peek();
}

/**
 * A catalogue of its own, for what is loaded later. Gives the sentence of a key in the language of the moment.
 * @template {string} Key
 * @param {Record<Key, Entry>} english
 * @param {Record<Key, Entry>} chinese
 */
export function catalogue(english, chinese) {
  return (/** @type {Key} */ key, /** @type {Params} */ params = {}) => fill((language.value === "en" ? english : chinese)[key], params);
}

export const t = catalogue(en, zhCN);

/** @param {Saying} saying */
export function say({ key, params }) {
  return t(/** @type {keyof typeof en} */ (key), params);
}

/** A text that follows the language. @param {keyof typeof en} key @param {Params} [params] */
export function words(key, params) {
  return () => t(key, params);
}

/** @param {Entry} entry @param {Params} params */
function fill(entry, params) {
  const text = typeof entry === "string" ? entry : entry[Number(params.count) === 1 ? "one" : "other"];
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = params[name];
    return value === undefined ? whole : typeof value === "number" ? formatNumber(value, locale.value) : value;
  });
}
