// What a form can be about: the methods that write, with their fields as the server describes them, and real ones to try a draft on.
import { call, ledger, platform } from "../../app/server.js";
import { CallError } from "../../client/connect.js";
import { described } from "../company_form.js";
import { customerChoices, moneyText, s, sw } from "../common.js";
import { isObject, listOf, textOfValue } from "./design_draft.js";

/** @typedef {import("../../runtime/h.js").Text} Text */
/** @typedef {import("../../parts/form/state.js").FormField} FormField */
/** @typedef {Record<string, any>} Schema */
/** `name` as documents have it, `json` as requests have it, both below `at`. @typedef {{name: string, json: string, field: FormField, isUsual: boolean}} MethodField */
/** `request` as it is sent, `shown` with the names of what is looked up. @typedef {{label: string, detail: string, request: any, shown: any}} Example */

export const recordMethod = platform("RecordService", "CreateRecord");
/** How many real ones a draft is tried on. */
export const examplesMax = 20;

/** What people know these fields by, in the order in which the screens have them. @type {Record<string, Text>} */
const labels = {
  customer_id: sw("column.customer"),
  number: sw("column.number"),
  name: sw("column.name"),
  kind: sw("column.kind"),
  issued_on: sw("column.issued"),
  received_on: sw("enter.received_on"),
  due_on: sw("column.due"),
  amount: sw("column.amount"),
  tax: sw("column.tax"),
  bank_text: sw("document.bank_text"),
  account: sw("enter.account"),
  reason: sw("column.reason"),
  payer_id: sw("customer.payer"),
  names: sw("customer.names"),
  identifiers: sw("customer.identifiers"),
  "terms.net_days": sw("enter.net_days"),
  "terms.discount_percent": sw("enter.discount_percent"),
  "terms.discount_days": sw("enter.discount_days"),
  taxes: sw("enter.taxes"),
  rate_percent: sw("column.tax_rate"),
  net: sw("column.net"),
  instalments: sw("document.instalments"),
  external_id: sw("column.external"),
  posting_profile: sw("column.profile"),
  posted_on: sw("enter.posted_on"),
  exchange_rate: sw("enter.rate"),
};
/** Below the rest of a form. */
const more = new Set([
  "external_id",
  "posting_profile",
  "posted_on",
  "exchange_rate",
  "terms.net_days",
  "terms.discount_percent",
  "terms.discount_days",
  "taxes",
  "instalments",
]);
/** Remit's own: nobody gives them. */
const made = new Set(
  "id version recordedAt recordedBy reversedBy reverses baseAmount unapplied allocations mergedIntoId custom paid closed stateNote".split(" "),
);

/** The methods that forms are commonly about. @type {{method: string, at: string, label: Text, needs?: string[]}[]} */
export const usualMethods = [
  { method: ledger("PostInvoice"), at: "invoice", label: sw("kind.invoice"), needs: ["customer_id", "issued_on", "amount"] },
  { method: ledger("PostReceipt"), at: "receipt", label: sw("kind.receipt"), needs: ["customer_id", "received_on", "amount"] },
  { method: ledger("PostDocument"), at: "document", label: sw("design.other_documents"), needs: ["kind", "customer_id", "issued_on"] },
  { method: ledger("CreateCustomer"), at: "customer", label: sw("page.customer_new"), needs: ["number", "name"] },
  { method: ledger("UpdateCustomer"), at: "customer", label: sw("design.customer_change") },
];

/** @type {Promise<Schema> | null} */
let asked = null;
/** The server's description of its methods, asked for once. @returns {Promise<Schema>} */
export function loadMethods() {
  asked ??= fetch("/openapi.json").then((answer) => {
    if (!answer.ok) throw new CallError("unavailable", `HTTP ${answer.status}`, { status: answer.status });
    return answer.json();
  });
  asked.catch(() => (asked = null));
  return asked;
}

/** @param {Schema} api @param {Schema | undefined} schema @returns {Schema} */
const followed = (api, schema) => schema?.$ref ? api.components.schemas[schema.$ref.split("/").pop()] ?? {} : schema ?? {};

/** @param {Schema} api @param {string} method */
const requestOf = (api, method) => followed(api, api.paths[`/${method}`]?.post?.requestBody?.content?.["application/json"]?.schema);

/** All that change something. @param {Schema} api */
export const writes = (api) =>
  Object.keys(api.paths).map((path) => path.slice(1)).filter((method) => !/\/(Get|List|Find|Check|Preview|Propose|Plan|Try|Fold|WhoAmI)/.test(method))
    .sort();

/** Where the content of a request is, if it is one thing: "invoice". @param {Schema} api @param {string} method */
export function contentOf(api, method) {
  const known = usualMethods.find((one) => one.method === method);
  if (known) return known.at;
  const messages = Object.entries(requestOf(api, method).properties ?? {}).filter(([, one]) => one.$ref && !isMoney(one));
  return messages.length === 1 ? snake(messages[0][0]) : "";
}

/** @param {Schema} schema */
const isMoney = (schema) => /\.Money$/.test(schema.$ref ?? "");
/** @param {string} name */
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The method's own fields that a form may speak of. @param {Schema} api @param {string} method @param {string} at @param {string} currency @returns {MethodField[]} */
export function fieldsOf(api, method, at, currency) {
  let schema = requestOf(api, method);
  for (const part of at ? at.split(".") : []) {
    schema = followed(
      api,
      Object.entries(schema.properties ?? {}).find(([name]) => snake(name) === part)?.[1],
    );
  }
  const prefix = at ? `${camel(at)}.` : "";
  const needs = usualMethods.find((one) => one.method === method)?.needs ?? [];
  const found = below(api, schema, "", prefix, currency, 0).map((one) =>
    needs.includes(one.name) ? { ...one, field: { ...one.field, required: true } } : one
  );
  const rank = Object.keys(labels);
  const order = (/** @type {MethodField} */ one) => rank.includes(one.name) ? rank.indexOf(one.name) : rank.length;
  return found.sort((a, b) => order(a) - order(b));
}

/** @param {string} name */
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/** @param {Schema} api @param {Schema} schema @param {string} name @param {string} json @param {string} currency @param {number} depth @returns {MethodField[]} */
function below(api, schema, name, json, currency, depth) {
  return Object.entries(schema.properties ?? {}).flatMap(([key, one]) => {
    if (made.has(key)) return [];
    const own = name + snake(key);
    const inner = followed(api, one);
    if (inner.type === "object" && !isMoney(one)) {
      return depth < 2 && inner.properties ? below(api, inner, `${own}.`, `${json}${key}.`, currency, depth + 1) : [];
    }
    const field = drawn(api, own, `${json}${key}`, one, currency);
    return [{ name: own, json: key, field, isUsual: Object.hasOwn(labels, own) && own !== "instalments" }];
  });
}

/** @param {Schema} api @param {string} name @param {string} json @param {Schema} schema @param {string} currency @returns {FormField} */
function drawn(api, name, json, schema, currency) {
  const field = { name: json, label: labels[name] ?? name };
  if (isMoney(schema)) return { ...field, type: "money", currency };
  if (name === "customer_id" || name === "payer_id") return { ...field, type: "lookup", load: customerChoices };
  if (schema.type === "array") {
    const item = followed(api, schema.items);
    const columns = Object.entries(item.properties ?? {}).filter(([key]) => !made.has(key)).map(([key, one]) =>
      drawn(api, snake(key), key, one, currency)
    );
    return columns.length ? { ...field, type: "lines", columns } : { ...field, type: "longtext" };
  }
  if (schema.type === "boolean") return { ...field, type: "yesno" };
  if (schema.type === "integer") return { ...field, type: "number" };
  if (/_percent$/.test(name)) return { ...field, type: "number", decimals: 2 };
  return { ...field, type: /(^|[._])on$/.test(name) ? "date" : "text" };
}

/** A draft as the server would give it. @param {any} value @param {string} at @returns {import("../../parts/form/document.js").FormDocument} */
function formDocument(value, at) {
  const said = (/** @type {any} */ text) => isObject(text) ? text : text ? { any: textOfValue(text) } : undefined;
  return {
    at,
    fields: listOf(value.fields).filter((one) => isObject(one) && one.name).map((one) => ({
      name: textOfValue(one.name),
      type: one.type ? `FIELD_TYPE_${textOfValue(one.type).toUpperCase()}` : undefined,
      label: said(one.label),
      help: said(one.help),
      group: textOfValue(one.group) || undefined,
      required: textOfValue(one.required),
      compute: textOfValue(one.compute),
      oneOf: listOf(one.one_of).map(textOfValue),
      scale: Number(one.scale) || undefined,
      reference: textOfValue(one.reference) || undefined,
    })),
  };
}

/**
 * The form as people will see it: what the screens have, and what else the draft speaks of.
 * @param {MethodField[]} fields @param {any} value @param {string} at @param {import("../../app/session.js").Who} who
 */
export function drawnForm(fields, value, at, who) {
  const spoken = new Set(listOf(value.fields).map((one) => textOfValue(one?.name)));
  const seen = fields.filter((one) => one.isUsual || spoken.has(one.name) || [...spoken].some((name) => name.startsWith(`${one.name}.`)));
  const [first, rest] = [seen.filter((one) => !more.has(one.name)), seen.filter((one) => more.has(one.name))];
  const sections = [
    { fields: first.map((one) => one.field) },
    ...(rest.length ? [{ title: sw("enter.more"), fields: rest.map((one) => one.field) }] : []),
  ];
  return described({ sections }, [formDocument(value, at)], who);
}

/** Real ones, the last first. @param {string} method @param {string} at @param {string} kind of a record @param {MethodField[]} fields @returns {Promise<Example[]>} */
export async function examplesOf(method, at, kind, fields) {
  if (method === recordMethod) {
    const found = await call(platform("RecordService", "ListRecords"), { kind, pageSize: examplesMax }).catch((error) => {
      // A kind that is not applied yet has none.
      if (error instanceof CallError && error.code === "not_found") return {};
      throw error;
    });
    return (found.records ?? []).map((/** @type {any} */ { id, custom = {} }) => {
      const request = { record: { kind, id, custom } };
      return { label: id, detail: Object.values(custom).filter((one) => typeof one === "string").slice(0, 2).join(" · "), request, shown: request };
    });
  }
  const kinds = {
    [ledger("PostInvoice")]: ["invoice"],
    [ledger("PostReceipt")]: ["receipt"],
    [ledger("PostDocument")]: ["credit_note", "debit_note", "write_off", "refund", "adjustment", "opening"],
  }[method];
  const takes = new Set(fields.map((one) => one.field.name.split(".")[1]));
  const taken = (/** @type {any} */ content) => Object.fromEntries(Object.entries(content).filter(([name]) => takes.has(name) || name === "custom"));
  const named = (/** @type {any} */ content, /** @type {string} */ label) => ({
    ...content,
    ...(content.customerId ? { customerId: { value: content.customerId, label } } : {}),
  });
  if (kinds) {
    const { documents = [] } = await call(ledger("ListDocuments"), { kinds, pageSize: examplesMax });
    return documents.map((/** @type {any} */ { document, customerName = "" }) => {
      const content = taken(method === ledger("PostReceipt") ? { ...document, receivedOn: document.issuedOn } : document);
      return {
        label: document.number ?? document.id,
        detail: `${customerName} · ${moneyText(document.amount)}`,
        request: { [at]: content },
        shown: { [at]: named(content, customerName) },
      };
    });
  }
  if (/\/(Create|Update)Customer$/.test(method)) {
    const { customers = [] } = await call(ledger("ListCustomers"), { pageSize: examplesMax });
    return customers.map((/** @type {any} */ one) => {
      const request = { [at]: taken(one) };
      return { label: one.name, detail: one.number ?? "", request, shown: request };
    });
  }
  return [];
}

/** What a field is called: as the document says, else as the screens do. @param {any} said @param {MethodField[]} fields @param {string} language "en" or "zh" */
export function fieldLabel(said, fields, language) {
  const label = isObject(said?.label) ? said.label[language] || said.label.any || Object.values(said.label)[0] : said?.label;
  const known = fields.find((one) => one.name === said?.name)?.field.label;
  return textOfValue(label) || (typeof known === "function" ? known() : known) || textOfValue(said?.name) || s("design.unnamed");
}
