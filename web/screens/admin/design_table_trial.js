// Values to try in a decision table, and its tests.
import { call, platform } from "../../app/server.js";
import { who } from "../../app/session.js";
import { CallError } from "../../client/connect.js";
import { button } from "../../parts/button.js";
import { alone, field } from "../../parts/field.js";
import { icon } from "../../parts/icon.js";
import { selectInput, textInput } from "../../parts/inputs.js";
import { toast } from "../../parts/toast.js";
import { dateInput, moneyInput, numberInput } from "../../parts/typed.js";
import { h } from "../../runtime/h.js";
import { derived, effect, scope, signal, untracked } from "../../runtime/signal.js";
import { s, sentence, sw } from "../common.js";
import { freeName, isObject, listOf, textOfValue } from "./design_draft.js";
import { designHead } from "./design_list.js";

/** @typedef {import("./design_table.js").Column} Column */
/** @typedef {{rows: number[], gives: Record<string, any>[]}} Outcome */
/** @typedef {{draft: import("./design_draft.js").Draft, columns: {readonly value: Column[], peek(): Column[]}, outcome: import("./design_draft.js").Writable<Outcome | null>}} Table */

/** Values to try, and what the table gives for them. @param {Table} table */
export function tryPart(table) {
  const { draft } = table;
  const failure = signal("");
  /** @type {Map<string, import("./design_draft.js").Writable<any>>} */
  const values = new Map();
  const given = derived(() => JSON.stringify(table.columns.value.filter((one) => one.list === "given")));
  const valueOf = (/** @type {Column} */ column) => values.get(`${column.name} ${column.type}`) ?? keep(column);
  const keep = (/** @type {Column} */ column) => {
    const made = signal(/^(string|timestamp|duration)/.test(column.type) || column.type.startsWith("bool") ? "" : null);
    values.set(`${column.name} ${column.type}`, made);
    return made;
  };
  // What was found holds for the table as it was.
  effect(() => {
    draft.text.value;
    untracked(() => (table.outcome.value = null));
  });
  const asked = () => {
    const columns = table.columns.peek().filter((one) => one.list === "given");
    return Object.fromEntries(columns.flatMap((column) => {
      const value = sent(column.type, valueOf(column).peek());
      return value === undefined ? [] : [[column.name, value]];
    }));
  };
  const run = async () => {
    failure.value = "";
    try {
      const reply = await call(platform("FormService", "TryRule"), {
        name: textOfValue(draft.at(["name"])),
        given: asked(),
        documents: draft.documents(),
      });
      const wrong = (reply.findings ?? []).filter((/** @type {any} */ one) => !one.isWarning && !/^tests\[/.test(one.field ?? ""));
      if (wrong.length) throw new Error(s("design.preview_waits", { count: wrong.length }));
      table.outcome.value = { rows: reply.rows ?? [], gives: reply.gives ?? [] };
    } catch (error) {
      table.outcome.value = null;
      failure.value = error instanceof CallError && error.violations[0] ? error.violations[0].message : sentence(error);
    }
  };
  const keepTest = () => {
    const { gives } = /** @type {Outcome} */ (table.outcome.peek());
    const outcome = table.outcome.peek();
    const tests = listOf(draft.at(["tests"]));
    const name = freeName("test", tests.map((one) => textOfValue(one?.name)));
    draft.insert(["tests"], tests.length, { name, given: asked(), ...(gives[0] ? { want: gives[0] } : {}) });
    table.outcome.value = outcome;
    toast({ text: () => s("design.test_kept", { text: name }) });
  };
  const form = h(
    "form",
    {
      class: "design-try",
      novalidate: true,
      on: {
        submit: (event) => {
          event.preventDefault();
          void run();
        },
      },
    },
    h("div", { class: "design-properties" }, () => {
      const columns = /** @type {Column[]} */ (JSON.parse(given.value));
      return untracked(() =>
        scope(() =>
          columns.map((column) =>
            field({
              label: column.label || column.name,
              hint: column.label ? column.name : undefined,
              input: (tie) => tried(tie, column, valueOf(column)),
            })
          )
        ).value
      );
    }),
    h("div", { class: "panel-actions" }, button({ label: sw("design.try"), type: "submit", icon: "check" })),
  );
  return h(
    "section",
    { class: "design-panel" },
    designHead(sw("design.try_values"), []),
    h("p", { class: "soft small" }, sw("design.try_values_help")),
    form,
    h("p", { class: "field-error", role: "alert", hidden: () => !failure.value }, () => failure.value),
    h("div", { role: "status" }, () => table.outcome.value ? told(table, table.outcome.value, keepTest) : []),
  );
}

/** @param {Table} table @param {Outcome} outcome @param {() => void} keepTest */
function told(table, { rows, gives }, keepTest) {
  const labels = new Map(table.columns.peek().map((one) => [one.name, one.label || one.name]));
  return [
    h(
      "p",
      { class: "design-outcome" },
      icon(rows.length ? "approve" : "info"),
      h("span", null, rows.length ? s("design.rows_hold", { count: rows.length, text: rows.join(", ") }) : s("design.no_row_holds")),
    ),
    ...gives.map((one) =>
      h(
        "dl",
        { class: "facts" },
        Object.entries(one).map(([name, value]) =>
          h("div", { class: "fact" }, h("dt", null, labels.get(name) ?? name), h("dd", { class: "figures" }, textOfValue(value)))
        ),
      )
    ),
    button({ label: sw("design.keep_test"), icon: "bookmark", onClick: keepTest }),
  ];
}

/** The tests beside the table, with what came of them. @param {Table} table */
export function testsPart(table) {
  const { draft } = table;
  const tests = derived(() => listOf(draft.at(["tests"])));
  const shape = derived(() => JSON.stringify([tests.value.length, table.columns.value]));
  return h(
    "section",
    { class: "design-panel" },
    designHead(sw("design.tests"), []),
    h("p", { class: "soft small" }, sw("design.tests_help")),
    () => {
      shape.value;
      return untracked(() =>
        tests.value.length ? scope(() => testTable(table, tests.value.length)).value : h("p", { class: "soft" }, sw("design.no_tests"))
      );
    },
  );
}

/** @param {Table} table @param {number} count */
function testTable(table, count) {
  const { draft } = table;
  const columns = table.columns.peek();
  const cell = (/** @type {number} */ i, /** @type {"given" | "want"} */ part, /** @type {Column} */ column) => {
    const path = ["tests", i, part, column.name];
    const value = {
      get value() {
        return textOfValue(draft.at(path));
      },
      /** @param {string} next */
      set value(next) {
        draft.set(path, next === "" ? "" : testValue(column.type, next));
      },
      peek: () => untracked(() => value.value),
    };
    return h(
      "td",
      null,
      textInput({ tie: alone(() => s("design.cell", { text: column.label || column.name, number: i + 1 })), value, maxlength: 400 }),
    );
  };
  return h(
    "div",
    { class: "table-frame", tabindex: 0, role: "group", aria: { label: sw("design.tests") } },
    h(
      "table",
      { class: "table design-tests" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          h("th", { scope: "col" }, sw("column.state")),
          h("th", { scope: "col" }, sw("column.name")),
          columns.map((one) => h("th", { scope: "col", class: `design-${one.list}` }, one.label || one.name)),
          h("th", null, h("span", { class: "unseen" }, sw("config.remove"))),
        ),
      ),
      h(
        "tbody",
        null,
        Array.from({ length: count }, (_, i) => {
          const wrong = derived(() => draft.message(`tests[${i}]`));
          const name = {
            get value() {
              return textOfValue(draft.at(["tests", i, "name"]));
            },
            /** @param {string} next */
            set value(next) {
              draft.set(["tests", i, "name"], next);
            },
            peek: () => untracked(() => name.value),
          };
          return h(
            "tr",
            { class: () => wrong.value ? "design-test-bad" : "" },
            h(
              "td",
              { class: "design-test-state" },
              () => [
                icon(wrong.value ? "alert" : "approve", wrong.value ? "design-refuses" : "design-passes"),
                h("span", null, wrong.value || s("design.passes")),
              ],
            ),
            h(
              "td",
              null,
              textInput({ tie: alone(() => s("design.cell", { text: s("column.name"), number: i + 1 })), value: name, maxlength: 200 }),
            ),
            columns.map((one) => cell(i, one.list === "given" ? "given" : "want", one)),
            h(
              "td",
              null,
              button({
                label: () => s("design.remove_value", { text: untracked(() => name.value) }),
                icon: "trash",
                kind: "quiet",
                iconOnly: true,
                onClick: () => draft.remove(["tests", i]),
              }),
            ),
          );
        }),
      ),
    ),
  );
}

/** @param {import("../../parts/field.js").Tie} tie @param {Column} column @param {import("./design_draft.js").Writable<any>} value */
function tried(tie, { type }, value) {
  const choices = choicesOf(type);
  const options = /^bool/.test(type) ? ["true", "false"] : choices;
  if (options.length) return selectInput({ tie, value, empty: "", options: () => options.map((one) => ({ value: one, label: one })) });
  if (/^int/.test(type)) return numberInput({ tie, value });
  if (/^decimal/.test(type)) return numberInput({ tie, value, decimals: 9 });
  if (/^date/.test(type)) return dateInput({ tie, value });
  if (/^money/.test(type)) return moneyInput({ tie, value, currency: () => who.peek()?.tenant.baseCurrency ?? "EUR" });
  return textInput({ tie, value });
}

/** As the table's tests have it. @param {string} type @param {any} value */
function sent(type, value) {
  if (value === "" || value === null || value === undefined) return /^string(?!\?)/.test(type) ? "" : undefined;
  if (isObject(value)) return `${value.amount} ${value.currency}`;
  return testValue(type, String(value));
}

/** A number where it is one and stays the same, true and false, else a text. @param {string} type @param {string} text */
function testValue(type, text) {
  if (/^(int|decimal)/.test(type) && String(Number(text)) === text) return Number(text);
  if (/^bool/.test(type) && /^(true|false)$/.test(text)) return text === "true";
  return text;
}

/** What a type can be: string in ['A', 'B']. @param {string} type */
export function choicesOf(type) {
  const list = /^string\??\s+in\s+\[(.*)\]$/.exec(type)?.[1];
  return list ? [...list.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, a, b]) => a ?? b) : [];
}
