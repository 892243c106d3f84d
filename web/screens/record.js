// One record of a company's own: its fields, what it was, and what can be done with it.
import { call, changed, read } from "../app/server.js";
import { may } from "../app/session.js";
import { badge } from "../parts/badge.js";
import { button } from "../parts/button.js";
import { tabs } from "../parts/tabs.js";
import { toast } from "../parts/toast.js";
import { h, textOf } from "../runtime/h.js";
import { onEnd, signal } from "../runtime/signal.js";
import { askReason } from "./admin/common.js";
import { beginIn, checkWith, valueText } from "./company_form.js";
import { sharedForm } from "./conflict.js";
import { fieldsOf, recordDescription, recordHref, records, withKind } from "./records.js";
import { answered, facts, holding, instantText, leaveAsked, pageHead, s, sw, table } from "./common.js";

/** @typedef {import("../app/console.js").Context} Context */
/** @typedef {import("../app/kinds.js").RecordKind} RecordKind */
/** @typedef {import("../parts/form/state.js").FormField} FormField */

/** @param {Context} context */
export function recordPage(context) {
  const { kind: name, id } = context.params;
  const answer = read(records("GetRecord"), { kind: name, id }, { topics: ["record"] });
  const editing = signal(false);
  const typed = { isDirty: () => false };
  const version = () => answer.state.value.data?.version;
  return withKind(name, (kind) => answered(holding(answer, editing), (record) => recordView(record, kind, context, { editing, version, typed })));
}

/** @typedef {{editing: import("../runtime/signal.js").Writable<boolean>, typed: {isDirty: () => boolean}, version: () => string | undefined}} Editing */
/** @param {any} record @param {RecordKind | null} kind @param {Context} context @param {Editing} edit */
function recordView(record, kind, context, edit) {
  const title = () => kind?.title() ?? record.kind;
  const fields = fieldsOf(kind, context.who, [record]);
  return h(
    "div",
    { class: "page" },
    pageHead({
      title: () => `${title()} ${record.id}`,
      actions: actionsOf(record, title),
      back: { href: recordHref(record.kind), label: title },
    }),
    tabs({
      label: title,
      chosen: leaveAsked(context.router.query("tab"), () => edit.editing.peek() && edit.typed.isDirty()),
      tabs: [
        { id: "details", label: sw("tab.details"), content: () => details(record, kind, fields, context, edit) },
        { id: "versions", label: sw("tab.versions"), content: () => versions(record, fields) },
      ],
    }),
  );
}

/** @param {any} record @param {() => string} title */
function actionsOf(record, title) {
  const what = record.closed ? "reopen" : "close";
  if (!may(`platform.record.${what}`)) return [];
  /** @type {any} */
  const label = sw(`record.${/** @type {"close"} */ (what)}`);
  return [button({
    label,
    icon: record.closed ? "undo" : "lock",
    onClick: () =>
      askReason({
        title: () => `${textOf(label)}: ${title()} ${record.id}`,
        help: sw(record.closed ? "record.reopen_help" : "record.close_help"),
        confirm: label,
        work: async (reason, options) => {
          const { kind, id, version } = record;
          await call(records(record.closed ? "ReopenRecord" : "CloseRecord"), { kind, id, version, reason }, options);
          changed(`record/${kind}`);
          toast({ text: () => s(record.closed ? "record.reopened_now" : "record.closed_now", { text: `${title()} ${id}` }) });
        },
      }),
  })];
}

/** @param {FormField} field @param {any} record */
const valueOf = (field, record) => record.custom?.[field.name.replace(/^record\.custom\./, "")];

/** @param {FormField} field @param {any} record @returns {Node | string} */
function shown(field, record) {
  const value = valueOf(field, record);
  const text = valueText(field, value);
  return field.reference && text ? h("a", { href: recordHref(field.reference, value) }, text) : text;
}

/** @param {any} record @param {RecordKind | null} kind @param {FormField[]} fields @param {Context} context @param {Editing} edit */
function details(record, kind, fields, context, edit) {
  const { editing } = edit;
  onEnd(() => (editing.value = false));
  return h("div", null, () =>
    editing.value && kind ? editor(record, kind, context, edit) : h(
      "div",
      { class: "panel" },
      facts([
        [sw("column.number"), () => record.id],
        [sw("column.state"), () => badge({ label: sw(record.closed ? "record.closed" : "record.open"), tone: record.closed ? "neutral" : "info" })],
        [sw("column.reason"), () => record.stateNote ?? ""],
        ...fields.map((field) => /** @type {[import("../runtime/h.js").Text, () => Node | string]} */ ([field.label, () => shown(field, record)])),
        [sw("column.changed"), () => `${instantText(record.recordedAt)} · ${record.recordedBy ?? ""}`],
      ]),
      kind && !record.closed && may("platform.record.update")
        ? h("div", null, button({ label: sw("do.edit"), icon: "edit", onClick: () => (editing.value = true) }))
        : null,
    ));
}

/** @param {any} record @param {RecordKind} kind @param {Context} context @param {Editing} edit */
function editor(record, kind, { router, who }, { editing, version, typed }) {
  const method = records("UpdateRecord");
  const { id } = record;
  const done = () => void (editing.value = false);
  const made = sharedForm({
    description: recordDescription(kind, who),
    request: { record },
    check: checkWith(method),
    version: record.version,
    known: version,
    latest: async () => {
      const now = await call(records("GetRecord"), { kind: kind.name, id });
      return { request: { record: now }, version: now.version, by: now.recordedBy, at: now.recordedAt };
    },
    submit: async (request, { intent }) => {
      await call(method, request, { intent });
      changed(`record/${kind.name}`);
      toast({ text: sw("done.saved") });
      done();
    },
    submitLabel: sw("do.save"),
    cancel: done,
    guard: router.guard,
    mayLeave: () => confirm(s("form.leave")),
  });
  typed.isDirty = () => made.dirty.peek();
  return beginIn(made.element);
}

/** What it was, the last first, each with what changed. @param {any} record @param {FormField[]} fields */
function versions(record, fields) {
  const answer = read(records("ListRecordVersions"), { kind: record.kind, id: record.id, pageSize: 200 }, { topics: ["record"] });
  return answered(answer, ({ versions: all = [] }) =>
    table({
      label: sw("tab.versions"),
      empty: sw("history.none"),
      rows: all.map((/** @type {any} */ now, /** @type {number} */ i) => ({ now, before: all[i + 1] })),
      columns: [
        { label: sw("record.version"), amount: true, cell: (row) => row.now.version },
        { label: sw("column.when"), cell: (row) => h("span", { class: "whole" }, instantText(row.now.recordedAt)) },
        { label: sw("column.who"), cell: (row) => row.now.recordedBy ?? "" },
        { label: sw("record.changes"), cell: (row) => changesOf(row, fields) },
      ],
    }));
}

/** @param {{now: any, before: any}} versions @param {FormField[]} fields */
function changesOf({ now, before }, fields) {
  if (Number(now.version) === 1) return s("record.made");
  if (!before) return "";
  if (now.closed !== before.closed) {
    const text = s(now.closed ? "record.was_closed" : "record.was_reopened");
    return now.stateNote ? `${text} · ${now.stateNote}` : text;
  }
  const rows = fields.map((field) => ({ field, old: valueText(field, valueOf(field, before)), text: valueText(field, valueOf(field, now)) }))
    .filter(({ old, text }) => old !== text);
  return h(
    "dl",
    { class: "change-fields" },
    rows.flatMap(({ field, old, text }) => [
      h("dt", null, () => textOf(field.label)),
      h("dd", null, old ? h("del", null, old) : null, text ? h("ins", null, text) : null),
    ]),
  );
}
