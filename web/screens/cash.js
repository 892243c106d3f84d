// Cash: what was paid and settles nothing yet, beside what its payer owes. Suggested, shown, changed, posted, taken back; by keyboard alone if one likes.
import { call, changed, ledger, read } from "../app/server.js";
import { button } from "../parts/button.js";
import { badge } from "../parts/badge.js";
import { alone } from "../parts/field.js";
import { textInput } from "../parts/inputs.js";
import { emptyState } from "../parts/states.js";
import { toast } from "../parts/toast.js";
import { moneyInput } from "../parts/typed.js";
import { h } from "../runtime/h.js";
import { shortcuts } from "../runtime/keys.js";
import { batch, derived, freeScope, onEnd, signal, untracked } from "../runtime/signal.js";
import { minorOf, moneyOf } from "../values/money.js";
import { amount, answered, answeredOnce, dayText, facts, kindText, moneyText, pageHead, s, sentence, sw } from "./common.js";

/** @typedef {import("../values/money.js").Money} Money */
/** @typedef {import("../runtime/signal.js").Writable<Money | null>} Cell */
/** @typedef {{item: any, amount: Cell, discount: Cell, writeOff: Cell, note: string}} Line */

/** @param {import("../app/console.js").Context} context */
export function cashPage(context) {
  const { router } = context;
  const { customer } = router.place.peek().query;
  const credits = read(ledger("ListDocuments"), {
    state: "OPEN",
    kinds: ["receipt", "credit_note", "opening", "adjustment"],
    customerId: customer ?? "",
    pageSize: 500,
  }, { topics: ["customer", "import"] });
  const rows = derived(() => (credits.state.value.data?.documents ?? []).filter((/** @type {any} */ one) => one.open && minorOf(one.open) < 0n));
  const chosenId = router.query("credit");
  const chosen = derived(() => rows.value.find((/** @type {any} */ one) => one.document.id === chosenId.value) ?? rows.value[0] ?? null);
  const isNone = derived(() => !rows.value.length);
  const id = derived(() => chosen.value?.document.id ?? "");

  /** @param {number} by */
  function step(by) {
    const at = rows.peek().findIndex((/** @type {any} */ one) => one.document.id === id.peek());
    const next = rows.peek()[Math.min(Math.max(at + by, 0), rows.peek().length - 1)];
    if (next) chosenId.value = next.document.id;
    queueMicrotask(() => document.querySelector(".cash-credit[aria-selected=true]")?.scrollIntoView({ block: "nearest" }));
  }
  const takeBack = /** @type {TakeBack} */ ({ last: null });
  shortcuts([
    { keys: "u", label: sw("do.undo"), run: () => void takeBackLast(takeBack) },
    { keys: "ArrowDown", label: sw("cash.keys"), run: () => step(1) },
    { keys: "ArrowUp", label: sw("cash.keys"), run: () => step(-1) },
  ]);
  return h(
    "div",
    { class: "page page-full" },
    pageHead({ title: sw("page.cash"), detail: sw("cash.keys") }),
    answeredOnce(credits, () =>
      h(
        "div",
        { class: "cash" },
        h(
          "div",
          {
            class: "cash-list",
            role: "listbox",
            tabindex: 0,
            aria: { label: sw("cash.credits"), activedescendant: () => id.value ? `credit-${id.value}` : null },
          },
          () => rows.value.map((/** @type {any} */ one) => creditRow(one, () => id.value, () => (chosenId.value = one.document.id))),
        ),
        h("div", { class: "cash-work" }, () => {
          if (isNone.value) return emptyState({ title: sw("cash.nothing"), help: sw("cash.nothing_help"), icon: "cash" });
          const now = id.value;
          return now ? untracked(() => workspace(chosen.peek(), context, takeBack)) : emptyState({ title: sw("page.cash"), help: sw("cash.choose") });
        }),
      )),
  );
}

/** @param {any} one @param {() => string} chosen @param {() => void} choose */
function creditRow(one, chosen, choose) {
  const isChosen = () => chosen() === one.document.id;
  return h(
    "div",
    {
      class: "cash-credit",
      role: "option",
      id: `credit-${one.document.id}`,
      aria: { selected: () => String(isChosen()) },
      on: { click: choose },
    },
    h(
      "div",
      { class: "cash-credit-line" },
      h("span", { class: "cash-credit-name" }, one.customerName ?? ""),
      amount(moneyOf(-minorOf(one.open), one.open.currency)),
    ),
    h(
      "div",
      { class: "cash-credit-line small soft" },
      h("span", null, () => `${kindText(one.document.kind)} ${one.document.number}`),
      h("span", null, () => dayText(one.document.issuedOn)),
    ),
    one.document.bankText ? h("div", { class: "cash-credit-text small soft" }, one.document.bankText) : null,
  );
}

/** The last allocation that was made here can be taken back. @typedef {{last: (() => Promise<void>) | null}} TakeBack */
/** @param {TakeBack} takeBack */
async function takeBackLast(takeBack) {
  if (!takeBack.last) return;
  try {
    await takeBack.last();
    toast({ text: sw("done.undone") });
  } catch (error) {
    toast({ text: sentence(error), tone: "bad" });
  }
}

/** @param {any} credit @param {import("../app/console.js").Context} context @param {TakeBack} takeBack */
function workspace(credit, { who }, takeBack) {
  const history = read(ledger("GetDocument"), { id: credit.document.id });
  const items = read(ledger("ListOpenItems"), { customerId: credit.document.customerId, pageSize: 500 });
  return answered(history, (found) =>
    answered(items, (open) => {
      const item = (found.items ?? []).find((/** @type {any} */ one) => minorOf(one.open) < 0n);
      if (!item) return emptyState({ title: sw("cash.nothing"), help: sw("cash.nothing_help") });
      const debits = (open.items ?? []).filter((/** @type {any} */ one) => minorOf(one.open) > 0n && one.open.currency === item.open.currency);
      return allocation(found.document, item, debits, who, takeBack);
    }));
}

/** @param {any} document @param {any} item the credit @param {any[]} debits @param {import("../app/session.js").Who} who @param {TakeBack} takeBack */
function allocation(document, item, debits, who, takeBack) {
  const { currency } = item.open;
  const has = -minorOf(item.open);
  const text = `${document.bankText ?? ""} ${document.externalId ?? ""}`;
  /** @type {Line[]} */
  const lines = debits.map((debit) => ({ item: debit, amount: cell(), discount: cell(), writeOff: cell(), note: noteOf(debit, has, text) }))
    .sort((a, b) => Number(!a.note) - Number(!b.note));
  const reason = signal("");
  const used = derived(() => lines.reduce((sum, line) => sum + minor(line.amount), 0n));
  const left = derived(() => has - used.value);
  const isWrittenOff = derived(() => lines.some((line) => minor(line.writeOff) !== 0n));
  const problem = signal("");

  function clear() {
    batch(() => lines.forEach((line) => (line.amount.value = line.discount.value = line.writeOff.value = null)));
  }
  async function suggest() {
    problem.value = "";
    const exact = lines.filter((line) => line.note && minorOf(line.item.open) <= has);
    const first = lines.find((line) => line.note === "cash.exact") ?? (exact.length === 1 ? exact[0] : null);
    clear();
    if (first) return void (first.amount.value = first.item.open);
    try {
      const named = lines.filter((line) => line.note === "cash.in_text").map((line) => ({ itemId: line.item.id }));
      const plan = await call(ledger("Allocate"), {
        method: named.length ? "LISTED" : "OLDEST",
        customerId: document.customerId,
        credits: [{ itemId: item.id }],
        debits: named,
        takeDiscount: true,
        dryRun: true,
      });
      batch(() => {
        for (const { line } of plan.allocations ?? []) {
          const mine = lines.find((one) => one.item.id === line.debit.itemId);
          if (!mine) continue;
          mine.amount.value = line.amount;
          mine.discount.value = line.discount ?? null;
        }
      });
    } catch (error) {
      problem.value = sentence(error);
    }
  }
  async function post() {
    problem.value = "";
    if (left.peek() < 0n) return void (problem.value = s("cash.too_much"));
    if (isWrittenOff.peek() && !reason.peek().trim()) return void (problem.value = s("cash.reason_needed"));
    const told = lines.filter((line) => minor(line.amount) || minor(line.discount) || minor(line.writeOff));
    if (!told.length) return suggest();
    try {
      const done = await call(ledger("Allocate"), {
        method: "TOLD",
        lines: told.map((line) => ({
          debit: { itemId: line.item.id, expectedOpen: line.item.open },
          credit: { itemId: item.id, expectedOpen: item.open },
          amount: line.amount.peek() ?? moneyOf(0n, currency),
          discount: line.discount.peek() ?? undefined,
          writeOff: line.writeOff.peek() ?? undefined,
          reason: minor(line.writeOff) ? reason.peek() : undefined,
        })),
      }, { intent: crypto.randomUUID() });
      const sum = moneyOf(used.peek(), currency);
      takeBack.last = async () => {
        takeBack.last = null;
        for (const one of done.allocations ?? []) await call(ledger("UndoAllocation"), { id: one.id }, { intent: crypto.randomUUID() });
        changed(`customer/${document.customerId}`);
      };
      toast({ text: () => s("cash.allocated", { text: moneyText(sum) }), undo: takeBack.last });
      changed(`customer/${document.customerId}`);
    } catch (error) {
      problem.value = sentence(error);
    }
  }
  shortcuts([
    { keys: "Enter", label: sw("cash.suggest"), run: ({ target }) => ownEnter(target) || void suggest() },
    { keys: "mod+Enter", label: sw("cash.post"), run: () => void post() },
  ]);
  return h(
    "div",
    { class: "allocation" },
    facts([
      [sw("column.customer"), () => h("a", { href: `/customers/${document.customerId}` }, item.customerName)],
      [sw("column.document"), () => h("a", { href: `/documents/${document.id}` }, document.number)],
      [sw("column.day"), () => dayText(document.issuedOn)],
      [sw("column.amount"), () => amount(document.amount)],
      [sw("document.bank_text"), () => document.bankText ?? ""],
    ]),
    lines.length ? linesTable(lines, currency, who.businessDate) : h("p", { class: "soft block-empty" }, sw("cash.no_debits")),
    h(
      "div",
      { class: "allocation-reason", hidden: () => !isWrittenOff.value },
      h("label", { class: "small" }, sw("cash.reason")),
      textInput({ tie: alone(sw("cash.reason")), value: reason, maxlength: 300 }),
    ),
    h("p", { class: "form-problems", role: "alert", hidden: () => !problem.value }, () => problem.value),
    h(
      "div",
      { class: "allocation-foot" },
      h(
        "span",
        null,
        sw("cash.left"),
        " ",
        h("strong", { class: () => left.value < 0n ? "bad" : "" }, () => moneyText(moneyOf(left.value, currency))),
      ),
      lines.length ? button({ label: sw("cash.suggest"), icon: "approve", keys: "Enter", onClick: suggest }) : null,
      lines.length
        ? button({
          label: sw("cash.post"),
          kind: "primary",
          keys: "mod+Enter",
          onClick: post,
          disabled: () => used.value === 0n && !isWrittenOff.value,
        })
        : null,
    ),
  );
}

/** On a link or a button Enter is what it is everywhere. @param {EventTarget | null} target */
function ownEnter(target) {
  const own = target instanceof Element ? target.closest("a[href], button") : null;
  if (own instanceof HTMLElement) own.click();
  return !!own;
}

/** @returns {Cell} */
const cell = () => signal(/** @type {Money | null} */ (null));
/** @param {Cell} value */
const minor = (value) => value.value ? minorOf(value.value) : 0n;

/** Why an item is likely meant: its number stands in the bank's text, or its amount is the same. @param {any} debit @param {bigint} has @param {string} text */
function noteOf(debit, has, text) {
  const plain = (/** @type {string} */ one) => one.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  if (plain(debit.number).length >= 4 && plain(text).includes(plain(debit.number))) return "cash.in_text";
  return minorOf(debit.open) === has ? "cash.exact" : "";
}

const firstRows = 30;
const rowsAFrame = 40;

/**
 * Fills a place with an element of each thing: the first at once, the others frame by frame, so that nobody waits for what is below the edge.
 * @template {HTMLElement} P, T
 * @param {P} place @param {T[]} all @param {(one: T) => Node} make
 */
function inParts(place, all, make) {
  const ends = /** @type {(() => void)[]} */ ([]);
  let frame = 0;
  /** @param {number} from @param {number} to */
  function add(from, to) {
    const made = freeScope(() => all.slice(from, to).map(make));
    ends.push(made.end);
    place.append(...made.value);
    if (to < all.length) frame = requestAnimationFrame(() => add(to, to + rowsAFrame));
  }
  add(0, firstRows);
  onEnd(() => {
    cancelAnimationFrame(frame);
    for (const end of ends) end();
  });
  return place;
}

/** @param {Line[]} lines @param {string} currency @param {string} today */
function linesTable(lines, currency, today) {
  /** @param {Cell} value @param {import("../app/words.js").Key} label @param {any} item */
  const input = (value, label, item) =>
    h("td", { class: "cell-input" }, moneyInput({ tie: alone(() => `${s(label)} ${item.number}`), value, currency: () => currency }));
  return h(
    "div",
    { class: "table-frame", tabindex: 0, role: "group", aria: { label: sw("cash.debits") } },
    h(
      "table",
      { class: "table allocation-table" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          h("th", { scope: "col" }, sw("column.document")),
          h("th", { scope: "col" }, sw("column.due")),
          h("th", { scope: "col", class: "cell-amount" }, sw("column.open")),
          h("th", { scope: "col", class: "cell-amount" }, sw("cash.amount")),
          h("th", { scope: "col", class: "cell-amount" }, sw("cash.discount")),
          h("th", { scope: "col", class: "cell-amount" }, sw("cash.write_off")),
        ),
      ),
      inParts(h("tbody", null), lines, (line) => {
        const { item } = line;
        const fill = () => (line.amount.value = minor(line.amount) ? null : item.open);
        return h(
          "tr",
          null,
          h(
            "td",
            null,
            h("a", { href: `/documents/${item.documentId}` }, item.number),
            line.note ? [" ", badge({ label: () => s(/** @type {"cash.exact"} */ (line.note)), tone: "good" })] : null,
          ),
          h("td", { class: item.dueOn < today ? "bad" : "" }, () => dayText(item.dueOn)),
          h(
            "td",
            { class: "cell-amount" },
            h("button", { class: "link", type: "button", title: () => s("cash.amount"), on: { click: fill } }, amount(item.open)),
          ),
          input(line.amount, "cash.amount", item),
          input(line.discount, "cash.discount", item),
          input(line.writeOff, "cash.write_off", item),
        );
      }),
    ),
  );
}
