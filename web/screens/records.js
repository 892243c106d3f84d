// A company's own records of a kind: contracts, complaints, whatever it keeps.
import { recordKinds } from "../app/kinds.js";
import { ask, call, changed, platform } from "../app/server.js";
import { may } from "../app/session.js";
import { button } from "../parts/button.js";
import { form } from "../parts/form.js";
import { grid, pageSource, viewInURL } from "../parts/grid.js";
import { selectInput } from "../parts/inputs.js";
import { alone } from "../parts/field.js";
import { emptyState, loadingState } from "../parts/states.js";
import { toast } from "../parts/toast.js";
import { h } from "../runtime/h.js";
import { untracked } from "../runtime/signal.js";
import { beginIn, checkWith, described, whenThere } from "./company_form.js";
import { follow } from "./customers.js";
import { pageHead, s, sw } from "./common.js";

/** @typedef {import("../app/console.js").Context} Context */
/** @typedef {import("../app/kinds.js").RecordKind} RecordKind */
/** @typedef {import("../parts/form/state.js").FormField} FormField */
/** @typedef {import("../parts/grid/column.js").Column<any>} Column */

/** @param {string} method */
export const records = (method) => platform("RecordService", method);
/** @param {string} kind @param {string} [id] */
export const recordHref = (kind, id) => id === undefined ? `/records/${kind}` : `/records/${kind}/${encodeURIComponent(id)}`;

/**
 * What is made of a kind as soon as it is known; null: it is not told to this person, or there is none.
 * @param {string} name @param {(kind: RecordKind | null) => Node} make
 */
export function withKind(name, make) {
  const { all, settled } = recordKinds();
  return h(
    "div",
    { class: "through" },
    () => settled.value ? untracked(() => make(all.value.find((one) => one.name === name) ?? null)) : loadingState(),
  );
}

/** @param {RecordKind} kind @param {Context["who"]} who @param {FormField[]} [first] @returns {import("../parts/form/state.js").FormDescription} */
export const recordDescription = (kind, who, first = []) => described({ sections: [{ fields: first }] }, [kind.form], who);

/** Its own fields, as far as they are known. @param {RecordKind | null} kind @param {Context["who"]} who @param {any[]} some records of it */
export function fieldsOf(kind, who, some) {
  if (kind) return recordDescription(kind, who).sections.flatMap((section) => section.fields);
  const names = [...new Set(some.flatMap((one) => Object.keys(one.custom ?? {})))].sort();
  return names.map((name) => /** @type {FormField} */ ({ name: `record.custom.${name}`, type: typeOf(some, name), label: name }));
}

/** Of what nobody told. @param {any[]} some @param {string} name @returns {FormField["type"]} */
function typeOf(some, name) {
  const value = some.find((one) => one.custom?.[name] !== undefined)?.custom[name];
  return typeof value === "object" ? "money" : typeof value === "boolean" ? "yesno" : "text";
}

/** @param {Context} context */
export function recordsPage(context) {
  const name = context.params.kind;
  return withKind(name, (kind) => {
    if (kind) return list(name, kind, fieldsOf(kind, context.who, []), context);
    const place = h("div", { class: "through" });
    const some = call(records("ListRecords"), { kind: name, pageSize: 100 });
    whenThere(place, some, (found) => list(name, null, fieldsOf(null, context.who, found.records ?? []), context));
    return place;
  });
}

/** @param {string} name @param {RecordKind | null} kind @param {FormField[]} fields @param {Context} context */
function list(name, kind, fields, { router }) {
  const title = () => kind?.title() ?? name;
  const state = router.query("state");
  const own = columns(name, fields);
  const source = pageSource({
    load: async ({ pageSize, pageToken, sort, filters, signal }) => {
      const [first] = sort;
      const filter = [
        ...(state.peek() ? [state.peek() === "closed" ? "it.closed" : "!it.closed"] : []),
        ...filters.flatMap((one) => celOf(one, fields)),
      ];
      const orderBy = first ? `${first.column}${first.down ? " desc" : ""}` : "";
      const found = await ask(records("ListRecords"), { kind: name, filter: filter.join(" && "), orderBy, pageSize, pageToken }, {
        topics: ["record", "import"],
        signal,
      });
      return { rows: found.records ?? [], nextPageToken: found.nextPageToken };
    },
  });
  follow(state, () => source.reload());
  const actions = kind && may("platform.record.create")
    ? () => [button({ label: () => s("record.new", { text: title() }), icon: "add", kind: "primary", href: `/new/${name}` })]
    : () => [];
  return h(
    "div",
    { class: "page page-full" },
    pageHead({ title, actions: actions() }),
    grid({
      label: title,
      columns: own,
      source,
      rowId: (row) => row.id,
      selectable: true,
      view: viewInURL(router.query("view")),
      keep: router.keep("records"),
      onOpen: (row) => router.go(recordHref(name, row.id)),
      tools: [
        h(
          "div",
          { class: "tool-select" },
          selectInput({
            tie: alone(sw("column.state")),
            value: state,
            empty: sw("record.all"),
            options: () => [{ value: "open", label: sw("record.open") }, { value: "closed", label: sw("record.closed") }],
          }),
        ),
      ],
      empty: emptyState({ title: sw("record.none"), help: sw("record.none_help"), icon: "table", actions: actions() }),
      fileName: name,
    }).element,
  );
}

/** As the server sorts by them. @param {string} name of the kind @param {FormField[]} fields @returns {Column[]} */
function columns(name, fields) {
  return [
    { id: "id", label: sw("column.number"), type: "text", width: 150, value: (row) => row.id, href: (row) => recordHref(name, row.id) },
    ...fields.map((field) => columnOf(field)),
    {
      id: "closed",
      label: sw("column.state"),
      type: "choice",
      width: 90,
      fixed: true,
      value: (row) => row.closed ? "closed" : "open",
      options: [{ value: "open", label: sw("record.open"), tone: "info" }, { value: "closed", label: sw("record.closed"), tone: "neutral" }],
    },
    { id: "recorded_at", label: sw("column.changed"), type: "date", width: 110, fixed: true, value: (row) => row.recordedAt?.slice(0, 10) ?? "" },
    { id: "recorded_by", label: sw("column.by"), type: "text", width: 120, hidden: true, value: (row) => row.recordedBy ?? "" },
  ];
}

/** @param {FormField} field @returns {Column} */
function columnOf(field) {
  const id = field.name.replace(/^record\./, "");
  const own = id.replace(/^custom\./, "");
  const value = (/** @type {any} */ row) => row.custom?.[own];
  const { label, reference } = field;
  switch (field.type) {
    case "money":
      return { id, label, type: "money", width: 140, sum: true, value };
    case "date":
      return { id, label, type: "date", width: 110, value };
    case "number":
      return { id, label, type: "number", width: 110, decimals: field.decimals, value: (row) => value(row)?.toString() };
    case "yesno":
      return { id, label, type: "choice", width: 90, options: yesNo, value: (row) => String(value(row) ?? false) };
    case "choice":
      return { id, label, type: "choice", width: 120, options: field.options, value };
    default:
      return {
        id,
        label,
        type: "text",
        width: 170,
        value,
        href: reference ? (row) => value(row) ? recordHref(reference, value(row)) : "" : undefined,
      };
  }
}

const yesNo = [{ value: "true", label: sw("value.yes") }, { value: "false", label: sw("value.no") }];

/** A filter of the list as the server reads it. @param {import("../parts/grid/filter.js").Filter} filter @param {FormField[]} fields @returns {string[]} */
export function celOf({ column, op, value }, fields) {
  const [first = ""] = value;
  const text = JSON.stringify(first);
  if (column === "*") {
    const texts = [
      "it.id",
      ...fields.filter((field) => ["text", "lookup", "choice"].includes(field.type)).map((field) => field.name.replace("record", "it")),
    ];
    return [`(${texts.map((one) => `${one}.lowerAscii().contains(${text}.lowerAscii())`).join(" || ")})`];
  }
  const field = fields.find((one) => one.name === `record.${column}`);
  const path = `it.${column}`;
  if (op === "empty") return [field ? `!has(${path})` : `${path} == ""`];
  if (op === "contains") return [`${path}.lowerAscii().contains(${text}.lowerAscii())`];
  if (op === "one_of") {
    const any = field?.type === "yesno"
      ? value.map((one) => one === "true" ? path : `!(has(${path}) && ${path})`)
      : value.map((one) => `${path} == ${JSON.stringify(one)}`);
    return [`(${any.join(" || ")})`];
  }
  const sign = { is: "==", at_least: ">=", at_most: "<=" }[op];
  if (field?.type === "date") return [`${path} ${sign} date(${text})`];
  if (field?.type === "money") return [`${path}.amount ${sign} decimal(${text})`];
  if (field?.type === "number") return [`${path} ${sign} ${field.decimals ? `decimal(${text})` : Math.trunc(Number(first))}`];
  return [`${path} ${sign} ${text}`];
}

/** @param {Context} context */
export function newRecordPage({ router, who, params }) {
  const method = records("CreateRecord");
  return withKind(params.kind, (kind) => {
    if (!kind) return emptyState({ title: sw("page.missing"), help: sw("page.missing_help"), icon: "search" });
    const { name, title } = kind;
    const id = /** @type {FormField} */ ({ name: "record.id", type: "text", label: sw("column.number"), hint: sw("enter.number_hint") });
    const page = h(
      "div",
      { class: "page page-narrow" },
      pageHead({ title: () => s("record.new", { text: title() }), back: { href: recordHref(name), label: title } }),
      form({
        description: recordDescription(kind, who, [id]),
        request: { record: { kind: name } },
        check: checkWith(method),
        submit: async (request, { intent }) => {
          const made = await call(method, request, { intent });
          changed(`record/${name}`);
          toast({ text: () => s("record.kept", { text: `${title()} ${made.id}` }) });
          router.go(recordHref(name, made.id));
        },
        submitLabel: sw("do.save"),
        cancel: () => router.go(recordHref(name)),
        draftKey: `record.${name}`,
        guard: router.guard,
        mayLeave: () => confirm(s("form.leave")),
      }).element,
    );
    return beginIn(page);
  });
}
