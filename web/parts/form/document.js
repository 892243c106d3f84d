// A company's form documents over what a screen draws: other labels, own fields, closer choices.
import { language } from "../../words/words.js";
import { jsonPath } from "./paths.js";

/** @typedef {import("./state.js").FormField} FormField */
/** @typedef {{any?: string, en?: string, zh?: string, de?: string}} DocumentText */
/**
 * As FormService.GetForms gives it.
 * @typedef {{at?: string, fields?: {name: string, type?: string, label?: DocumentText, help?: DocumentText, group?: string, required?: string, compute?: string,
 *   oneOf?: string[], scale?: number, reference?: string}[]}} FormDocument
 */

/** @type {Record<string, FormField["type"]>} */
const types = {
  FIELD_TYPE_TEXT: "text",
  FIELD_TYPE_BOOL: "yesno",
  FIELD_TYPE_INT: "number",
  FIELD_TYPE_DECIMAL: "number",
  FIELD_TYPE_MONEY: "money",
  FIELD_TYPE_DATE: "date",
};

/**
 * The description with what a company's document says of it. Expressions stay with the server: what is hidden, required or wrong comes by its checks.
 * @param {import("./state.js").FormDescription} base
 * @param {FormDocument} document
 * @returns {import("./state.js").FormDescription}
 */
export function withDocument(base, document) {
  const sections = base.sections.map((section) => ({ ...section, fields: section.fields.map((field) => ({ ...field })) }));
  const last = sections.at(-1);
  for (const said of document.fields ?? []) {
    // One with a type is the company's own.
    const own = said.type && !said.name.startsWith("custom.") ? `custom.${said.name}` : said.name;
    const name = jsonPath(document.at ? `${document.at}.${own}` : own);
    const known = sections.flatMap((section) => section.fields).find((field) => field.name === name);
    const change = changeOf(said);
    if (known) Object.assign(known, change);
    else if (said.type) {
      placeOf(sections, said.group, last).fields.push({
        label: said.name,
        ...change,
        name,
        type: said.oneOf?.length ? "choice" : types[said.type] ?? "text",
      });
    }
  }
  return { sections };
}

/** @param {NonNullable<FormDocument["fields"]>[number]} said @returns {Partial<FormField>} */
function changeOf({ label, help, required, compute, oneOf, scale, reference }) {
  return {
    ...(label ? { label: () => inLanguage(label) } : {}),
    ...(help ? { hint: () => inLanguage(help) } : {}),
    ...(required === "true" ? { required: true } : {}),
    ...(compute ? { readonly: true } : {}),
    ...(oneOf?.length ? { options: oneOf.map((value) => ({ value, label: value })) } : {}),
    ...(scale ? { decimals: scale } : {}),
    ...(reference ? { reference } : {}),
  };
}

/**
 * The section of a group, which is made where there is none; without a group the last that a screen draws.
 * @param {import("./state.js").FormSection[]} sections
 * @param {string} [group]
 * @param {import("./state.js").FormSection} [last]
 */
function placeOf(sections, group, last) {
  const known = sections.find((section) => group && section.title === group) ?? (group ? undefined : last);
  if (known) return known;
  const made = { title: group, fields: [] };
  sections.push(made);
  return made;
}

/** A text of a document: one for all, or one for each language; "" where there is none. @param {DocumentText | string | null | undefined} text */
export function inLanguage(text) {
  if (!text || typeof text === "string") return text ?? "";
  return (language.value === "zh-CN" ? text.zh : text.en) || text.any || text.en || text.zh || text.de || "";
}
