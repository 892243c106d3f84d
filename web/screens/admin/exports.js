// The journal for the general ledger: each export takes what was recorded since the last.
import { books, read } from "../../app/server.js";
import { may } from "../../app/session.js";
import { newIntent } from "../../client/connect.js";
import { button } from "../../parts/button.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { signal } from "../../runtime/signal.js";
import { formatNumber } from "../../values/number.js";
import { locale } from "../../words/words.js";
import { amount, answered, instantText, pageHead, s, sentence, sw, table } from "../common.js";
import { save, stream } from "./common.js";

export function exportsPage() {
  const list = read(books("ListJournalExports"), { pageSize: 1000 });
  /** Of the one that is being made; the same while it is tried again. */
  const intent = signal(newIntent());
  const mayMake = may("ledger.journal.export");
  const count = (/** @type {string | undefined} */ text) => formatNumber(text ?? "0", locale.value);

  /** @param {number} number 0: a new one */
  async function make(number) {
    /** @type {Uint8Array[]} */
    const parts = [];
    /** @type {any} */
    let result = {};
    try {
      await stream(books("ExportJournal"), { number }, {
        intent: number ? newIntent() : intent.peek(),
        onMessage: (update) => {
          if (update.csv) parts.push(Uint8Array.from(atob(update.csv), (sign) => sign.charCodeAt(0)));
          else if (update.result) result = update.result;
        },
      });
    } catch (error) {
      return void toast({ text: sentence(error), tone: "bad" });
    }
    intent.value = newIntent();
    if (!result.number) return void toast({ text: sw("exports.nothing_new"), tone: "info" });
    save(joined(parts), `journal-${result.number}.csv`, "text/csv;charset=utf-8");
    if (number) return;
    list.refresh();
    toast({ text: () => s("exports.made", { number: result.number, count: Number(result.entries) }) });
  }

  return h(
    "div",
    { class: "page" },
    pageHead({
      title: sw("page.exports"),
      detail: () => {
        const waiting = list.state.value.data?.documentsWaiting;
        return waiting && waiting !== "0" ? s("exports.waiting", { text: count(waiting) }) : s("exports.detail");
      },
      actions: mayMake ? [button({ label: sw("exports.new"), icon: "download", kind: "primary", onClick: () => make(0) })] : [],
    }),
    answered(list, (data) =>
      table({
        label: sw("page.exports"),
        empty: sw("exports.none"),
        rows: data.exports ?? [],
        columns: [
          { label: sw("exports.number"), cell: (row) => String(row.number) },
          { label: sw("exports.until"), cell: (row) => instantText(row.until) },
          { label: sw("page.documents"), amount: true, cell: (row) => count(row.documents) },
          { label: sw("exports.entries"), amount: true, cell: (row) => `${count(row.firstEntry)} – ${count(row.lastEntry)}` },
          { label: sw("column.amount"), amount: true, cell: (row) => amount(row.baseTotal) },
          { label: sw("column.who"), cell: (row) => row.recordedBy ?? "" },
          { label: sw("column.when"), cell: (row) => instantText(row.recordedAt) },
          { label: "SHA-256", cell: (row) => h("code", { title: row.sha256 }, (row.sha256 ?? "").slice(0, 10)) },
          ...(mayMake
            ? [{
              label: "",
              cell: (/** @type {any} */ row) =>
                button({
                  label: sw("exports.again"),
                  icon: "download",
                  kind: "quiet",
                  iconOnly: true,
                  onClick: () => make(row.number),
                }),
            }]
            : []),
        ],
      })),
  );
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
