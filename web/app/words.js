// What the screens say, in both languages.
import { catalogue } from "../words/words.js";
import { entries as work } from "./sentences.js";
import { entries as administration } from "./sentences_admin.js";

const entries = { ...work, ...administration };

/** @typedef {keyof typeof entries} Key */
/** @param {0 | 1} at */
const pick = (at) => /** @type {Record<Key, string>} */ (Object.fromEntries(Object.entries(entries).map(([key, both]) => [key, both[at]])));

/** The sentence of a key now. */
export const s = catalogue(pick(0), pick(1));

/** A text that follows the language. @param {Key} key @param {import("../words/words.js").Params} [params] */
export const sw = (key, params) => () => s(key, params);

/** The word for a value that the server has many of; itself where there is none. @param {string} group @param {string} value */
export const named = (group, value) => Object.hasOwn(entries, `${group}.${value}`) ? s(/** @type {Key} */ (`${group}.${value}`)) : value;
