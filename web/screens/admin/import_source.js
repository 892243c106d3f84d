// Files that a company's own document reads, row by row: the good ones are taken, the others wait for review.
import { call, changed, platform } from "../../app/server.js";
import { may } from "../../app/session.js";
import { CallError, newIntent } from "../../client/connect.js";
import { button } from "../../parts/button.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { onEnd, signal } from "../../runtime/signal.js";
import { s, sentence, sw, table } from "../common.js";
import { askFirst, stream } from "./common.js";
import { base64Of, progress } from "./file.js";

/** @param {string} name */
const imports = (name) => platform("ImportService", name);

/** @param {string} source @param {File} file @param {() => void} done */
export function sourceImport(source, file, done) {
  const checked = signal(/** @type {any} */ (null));
  const at = signal(/** @type {{done: number, all: number, text: string} | null} */ (null));
  const problem = signal("");
  const stop = new AbortController();
  onEnd(() => stop.abort());
  const intent = newIntent();

  async function check() {
    problem.value = "";
    try {
      checked.value = await call(imports("CheckFile"), { source, file: await base64Of(file) }, { timeoutMs: 600_000, signal: stop.signal });
    } catch (error) {
      checked.value = null;
      problem.value = sentence(error);
    }
  }

  /** @param {boolean} again */
  async function take(again) {
    problem.value = "";
    try {
      const last = await follow(imports("ImportFile"), { source, fileName: file.name, file: await base64Of(file), again }, {
        at,
        signal: stop.signal,
        intent: again ? newIntent() : intent,
      });
      toldOf(last);
      checked.value = null;
      done();
    } catch (error) {
      if (error instanceof CallError && error.reason === "FILE_IMPORTED") {
        return void askFirst({ title: sw("import.again_title"), help: sw("import.again_help"), confirm: sw("import.again"), work: () => take(true) });
      }
      problem.value = sentence(error);
    }
  }
  return h(
    "div",
    { class: "panel" },
    h(
      "div",
      { class: "panel-actions" },
      may("platform.import.check") ? button({ label: sw("import.check"), icon: "search", kind: "primary", onClick: check }) : null,
      button({
        label: sw("import.take"),
        icon: "upload",
        disabled: () => !checked.value && may("platform.import.check"),
        onClick: () => take(false),
      }),
    ),
    progress(at),
    h("p", { class: "form-problems", role: "alert", hidden: () => !problem.value }, () => problem.value),
    h("div", { aria: { live: "polite" } }, () => checked.value ? checkView(checked.value) : null),
  );
}

/**
 * Reads the updates of an import to its end; gives the last.
 * @param {string} method @param {object} request
 * @param {{at: import("../../runtime/signal.js").Writable<{done: number, all: number, text: string} | null>, signal?: AbortSignal, intent: string}} options
 */
export async function follow(method, request, { at, signal, intent }) {
  /** @type {any} */
  let last = {};
  try {
    await stream(method, request, {
      signal,
      intent,
      onMessage: (update) => {
        last = update;
        const { rows = 0, waiting = 0 } = update.import ?? {};
        at.value = { done: rows - waiting, all: rows, text: s("import.writing", { count: rows - waiting, all: rows }) };
      },
    });
  } finally {
    at.value = null;
  }
  for (const topic of ["import/", "customer/", "document/"]) changed(topic);
  return last;
}

/** @param {any} last */
export function toldOf({ import: made = {}, stopped }) {
  if (stopped) return toast({ text: stopped, tone: "bad" });
  const link = made.review ? { label: sw("import.review"), href: `/imports/${made.id}` } : undefined;
  return toast({
    text: () => s("import.source_done", { taken: made.taken ?? 0, review: made.review ?? 0 }),
    tone: made.review ? "info" : "good",
    link,
  });
}

/** @param {any} checked */
function checkView({ rows = 0, refused = 0, review = [], unused = [] }) {
  return h(
    "div",
    { class: "panel" },
    h("p", null, () => refused ? s("import.check_refused", { count: rows, refused }) : s("import.check_good", { count: rows })),
    unused.length ? h("p", { class: "soft" }, () => s("import.unused", { text: unused.join(", ") })) : null,
    refused ? problemsTable(review) : null,
  );
}

/** Each fault with its row. @param {any[]} rows */
function problemsTable(rows) {
  const faults = rows.flatMap((row) =>
    (row.problems ?? []).map((/** @type {any} */ one) => ({ ...one, line: row.line, value: row.cells?.[one.column] }))
  );
  return table({
    label: sw("import.issues"),
    empty: "",
    rows: faults,
    columns: [
      { label: sw("import.line"), amount: true, cell: (row) => String(row.line) },
      { label: sw("import.column"), cell: (row) => row.column || row.field || "" },
      { label: sw("column.value"), cell: (row) => row.value ?? "" },
      { label: sw("import.message"), cell: (row) => row.message },
    ],
  });
}
