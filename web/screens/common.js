// What several screens show in the same way.
import { call, ledger } from "../app/server.js";
import { named, s, sw } from "../app/words.js";
import { badge } from "../parts/badge.js";
import { alone } from "../parts/field.js";
import { errorState, loadingState } from "../parts/states.js";
import { dateInput } from "../parts/typed.js";
import { h, textOf } from "../runtime/h.js";
import { derived, onEnd, signal, untracked } from "../runtime/signal.js";
import { formatDay } from "../values/date.js";
import { formatAmount, formatMoney, minorOf } from "../values/money.js";
import { locale } from "../words/words.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/** @typedef {import("../values/money.js").Money} Money */
/** @typedef {{state: {readonly value: import("../client/cache.js").Answer}, refresh: () => void}} Asked */

/** The head of a page: what it is, and what can be done there. @param {{title: Text, detail?: Text, actions?: Node[], back?: {href: string, label: Text}}} options */
export function pageHead({ title, detail, actions = [], back }) {
  return h(
    "header",
    { class: "page-head" },
    h(
      "div",
      { class: "page-titles" },
      back ? h("a", { class: "page-back small", href: back.href }, () => `‹ ${textOf(back.label)}`) : null,
      h("h1", { class: "page-title" }, () => textOf(title)),
      detail ? h("p", { class: "page-detail soft" }, () => textOf(detail)) : null,
    ),
    actions.length ? h("div", { class: "page-actions" }, actions) : null,
  );
}

/** Names and values beside each other; without a value a name is left out. @param {[Text, () => Node | string | null | undefined][]} rows */
export function facts(rows) {
  return h(
    "dl",
    { class: "facts" },
    rows.map(([label, value]) => {
      const now = derived(value);
      return h("div", { class: "fact", hidden: () => !now.value }, h("dt", null, () => textOf(label)), h("dd", null, () => now.value ?? ""));
    }),
  );
}

/**
 * What an answer makes, once it is there; loading and failure are said.
 * @param {Asked} answer
 * @param {(data: any) => Node} make called again when the answer is another
 */
export function answered(answer, make) {
  const phase = derived(() => answer.state.value.data ? "data" : answer.state.value.error ? "error" : "loading");
  const data = derived(() => answer.state.value.data);
  return h("div", { class: "answered", aria: { busy: () => answer.state.value.loading || null } }, () => {
    if (phase.value === "loading") return loadingState();
    if (phase.value === "error") return errorState({ error: answer.state.value.error ?? new Error(), retry: answer.refresh });
    return make(data.value);
  });
}

/**
 * Like `answered`, but made once: what is made reads the answers that follow itself, and what one types in it stays.
 * @param {Asked} answer
 * @param {(data: {readonly value: any}) => Node} make
 */
export function answeredOnce(answer, make) {
  const data = derived(() => answer.state.value.data);
  const first = derived(() => data.value ? true : null);
  return answered({ ...answer, state: derived(() => ({ ...answer.state.value, data: first.value })) }, () => untracked(() => make(data)));
}

/** The same answer as long as something is held: what comes meanwhile is shown afterwards. @param {Asked} answer @param {{readonly value: boolean}} held @returns {Asked} */
export function holding({ state, refresh }, held) {
  /** @type {any} */
  let kept = null;
  return {
    refresh,
    state: derived(() => {
      const now = state.value;
      if (!held.value || !kept) kept = now.data;
      return { ...now, data: kept };
    }),
  };
}

/**
 * A value of the query that changes only if a person would not lose what they typed, or does not mind.
 * @param {import("../runtime/signal.js").Writable<string>} query @param {() => boolean} isDirty
 */
export const leaveAsked = (query, isDirty) => ({
  get value() {
    return query.value;
  },
  set value(next) {
    if (next === query.peek() || !isDirty() || confirm(s("form.leave"))) query.value = next;
  },
  peek: () => query.peek(),
});

/** "1,234.50 EUR" where it is not nothing. @param {Money | null | undefined} money */
export const moneyText = (money) => money ? formatMoney(money, locale.value) : "";

/** A number with its currency behind it, in small. @param {Money | null | undefined} money @param {string} [href] */
export function amount(money, href) {
  if (!money) return h("span", { class: "amount" }, "—");
  const sign = minorOf(money) < 0n ? " amount-negative" : "";
  const parts = [
    h("span", { class: "figures" }, () => formatAmount(money, locale.value)),
    h("span", { class: "amount-currency soft" }, money.currency),
  ];
  return href ? h("a", { class: `amount${sign}`, href }, parts) : h("span", { class: `amount${sign}` }, parts);
}

/** @param {string | undefined} day */
export const dayText = (day) => day ? formatDay(day, locale.value) : "";

/** @param {string | undefined} instant RFC 3339 */
export function instantText(instant) {
  return instant ? new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "short" }).format(new Date(instant)) : "";
}

/** @param {string} kind of a document */
export const kindText = (kind) => named("kind", kind);

/** Where a document stands. @param {{open?: Money, document: {reversedBy?: string, dueOn?: string}}} listed @param {string} today */
export function stateOf(listed, today) {
  if (listed.document.reversedBy) return "reversed";
  if (!listed.open || minorOf(listed.open) === 0n) return "settled";
  if (minorOf(listed.open) < 0n) return "credit";
  return listed.document.dueOn && listed.document.dueOn < today ? "overdue" : "open";
}

/** @type {Record<string, import("../parts/badge.js").Tone>} */
export const stateTones = { open: "info", overdue: "bad", settled: "good", credit: "warn", reversed: "neutral" };

/** @param {string} state */
export const stateBadge = (state) => badge({ label: () => named("state", state), tone: stateTones[state] ?? "neutral" });

/**
 * All of a list of which the first page is there: the others are added as they come, until the screen is left.
 * @param {string} method @param {object} request @param {any} first @param {string} key of the list in an answer
 * @returns {{rows: import("../runtime/signal.js").Writable<any[]>, state: import("../runtime/signal.js").Writable<"loading" | "done" | "failed">}}
 */
export function wholeList(method, request, first, key) {
  const rows = signal(/** @type {any[]} */ (first[key] ?? []));
  const state = signal(/** @type {"loading" | "done" | "failed"} */ (first.nextPageToken ? "loading" : "done"));
  const stop = new AbortController();
  onEnd(() => stop.abort());
  const go = async () => {
    for (let pageToken = first.nextPageToken; pageToken;) {
      const next = await call(method, { ...request, pageToken }, { signal: stop.signal });
      rows.value = [...rows.peek(), ...next[key] ?? []];
      pageToken = next.nextPageToken;
    }
    state.value = "done";
  };
  go().catch(() => {
    if (!stop.signal.aborted) state.value = "failed";
  });
  return { rows, state };
}

/** Looks up customers for a combobox. @type {import("../parts/combobox.js").Load} */
export async function customerChoices(query, { signal }) {
  const found = await call(ledger("ListCustomers"), { search: query, pageSize: 20 }, { signal });
  return (found.customers ?? []).filter((/** @type {any} */ one) => !one.mergedIntoId)
    .map((/** @type {any} */ one) => ({ value: one.id, label: one.name, detail: one.number }));
}

/** A day of the query, above a list. @param {import("../runtime/signal.js").Writable<string>} value @param {Text} label */
export function dayTool(value, label) {
  const day = {
    get value() {
      return value.value || null;
    },
    set value(next) {
      value.value = next ?? "";
    },
    peek: () => value.peek() || null,
  };
  return h(
    "div",
    { class: "tool-day" },
    h("span", { class: "small soft", aria: { hidden: "true" } }, () => textOf(label)),
    dateInput({ tie: alone(label), value: day }),
  );
}

/** A block with a heading. @param {Text} title @param {(Node | null)[]} content @param {Node[]} [actions] */
export function block(title, content, actions = []) {
  return h(
    "section",
    { class: "block" },
    h("div", { class: "block-head" }, h("h2", { class: "block-title" }, () => textOf(title)), ...actions),
    ...content,
  );
}

/**
 * A plain table, for few rows.
 * @template Row
 * @param {{columns: {label: Text, amount?: boolean, cell: (row: Row) => Node | string}[], rows: Row[], empty: Text, label: Text}} options
 */
export function table({ columns, rows, empty, label }) {
  if (!rows.length) return h("p", { class: "soft block-empty" }, () => textOf(empty));
  return h(
    "div",
    { class: "table-frame", tabindex: 0, role: "group", aria: { label: () => textOf(label) } },
    h(
      "table",
      { class: "table" },
      h(
        "thead",
        null,
        h("tr", null, columns.map((column) => h("th", { scope: "col", class: column.amount ? "cell-amount" : "" }, () => textOf(column.label)))),
      ),
      h(
        "tbody",
        null,
        rows.map((row) => h("tr", null, columns.map((column) => h("td", { class: column.amount ? "cell-amount" : "" }, column.cell(row))))),
      ),
    ),
  );
}

/** What a write answered with an error says, for a toast. @param {unknown} error */
export const sentence = (error) => error instanceof Error ? error.message : String(error);

export { s, sw };
