// One import: its rows as they were, and those that wait for a person, whose cells are mended in place.
import { call, changed, platform, read } from "../../app/server.js";
import { may } from "../../app/session.js";
import { named } from "../../app/words.js";
import { newIntent } from "../../client/connect.js";
import { badge } from "../../parts/badge.js";
import { button } from "../../parts/button.js";
import { icon } from "../../parts/icon.js";
import { tabs } from "../../parts/tabs.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { onEnd, signal } from "../../runtime/signal.js";
import { answered, facts, instantText, pageHead, s, sentence, sw, table } from "../common.js";
import { askReason } from "./common.js";
import { progress } from "./file.js";
import { follow, toldOf } from "./import_source.js";

/** @param {string} name */
const imports = (name) => platform("ImportService", name);
const shownMax = 200;

/** @type {Record<string, import("../../parts/badge.js").Tone>} */
const tones = { WAITING: "info", TAKEN: "good", KNOWN: "neutral", REVIEW: "warn", LEFT: "neutral" };

/** @param {import("./common.js").Context} context */
export function importPage({ params, router }) {
  const { id } = params;
  const made = read(imports("GetImport"), { id }, { topics: ["import"] });
  const at = signal(/** @type {{done: number, all: number, text: string} | null} */ (null));
  const stop = new AbortController();
  onEnd(() => stop.abort());

  /** @param {boolean} review */
  async function resume(review) {
    try {
      toldOf(await follow(imports("ResumeImport"), { id, review }, { at, signal: stop.signal, intent: newIntent() }));
    } catch (error) {
      toast({ text: sentence(error), tone: "bad" });
    }
  }
  return h(
    "div",
    { class: "page" },
    pageHead({
      title: () => s("import.title", { text: id }),
      detail: () => made.state.value.data?.fileName ?? "",
      back: { href: "/imports", label: sw("page.imports") },
    }),
    answered(made, (data) =>
      h(
        "div",
        { class: "panel" },
        facts([
          [sw("import.by_source"), () => data.source],
          [sw("column.when"), () => `${instantText(data.importedAt)} · ${data.importedBy ?? ""}`],
          [sw("import.rows"), () => String(data.rows ?? 0)],
          [sw("import.taken"), () => String(data.taken ?? 0)],
          [sw("import.known"), () => String(data.known ?? 0)],
          [sw("import.left"), () => String(data.left ?? 0)],
        ]),
        may("platform.import.resume") && (data.waiting || data.review)
          ? h(
            "div",
            { class: "panel-actions" },
            data.waiting ? button({ label: sw("import.go_on"), icon: "refresh", kind: "primary", onClick: () => resume(false) }) : null,
            data.review ? button({ label: sw("import.try_all"), icon: "refresh", onClick: () => resume(true) }) : null,
          )
          : null,
        progress(at),
      )),
    tabs({
      label: sw("import.rows"),
      chosen: router.query("tab"),
      tabs: [
        { id: "review", label: sw("import.to_review"), count: () => made.state.value.data?.review ?? null, content: () => reviewed(id) },
        { id: "all", label: sw("import.all_rows"), content: () => allRows(id) },
      ],
    }),
  );
}

/** By name: cells come in no order. @param {any[]} rows */
const columnsOf = (rows) =>
  [...new Set(rows.flatMap((row) => Object.keys(row.cells ?? {})))].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));

/** @param {string} id */
function reviewed(id) {
  return answered(read(imports("ListImportRows"), { id, state: "REVIEW", pageSize: shownMax }, { topics: ["import"] }), (data) => {
    const rows = data.rows ?? [];
    if (!rows.length) return h("p", { class: "soft block-empty" }, sw("import.nothing_to_review"));
    const columns = columnsOf(rows);
    return h(
      "div",
      { class: "panel" },
      data.nextPageToken ? h("p", { class: "soft" }, () => s("import.first_rows", { count: shownMax })) : null,
      h("ul", { class: "reviews" }, rows.map((/** @type {any} */ row) => h("li", null, reviewRow(id, row, columns)))),
    );
  });
}

/** A row with its cells, and why it was refused. @param {string} id @param {any} row @param {string[]} columns */
function reviewRow(id, row, columns) {
  const cells = Object.fromEntries(columns.map((name) => [name, signal(row.cells?.[name] ?? "")]));
  const problems = row.problems ?? [];
  const wrong = new Set(problems.map((/** @type {any} */ one) => one.column));
  const intent = { key: newIntent(), of: "" };

  async function take() {
    const changes = Object.fromEntries(
      columns.filter((name) => cells[name].peek() !== (row.cells?.[name] ?? "")).map((name) => [name, cells[name].peek()]),
    );
    const of = JSON.stringify(changes);
    if (intent.of !== of) Object.assign(intent, { key: newIntent(), of });
    try {
      const { rows = [] } = await call(imports("AmendImportRow"), { id, line: row.line, cells: changes }, { intent: intent.key });
      const now = rows.find((/** @type {any} */ one) => one.line === row.line);
      for (const topic of ["import/", "customer/", "document/"]) changed(topic);
      if (now?.state === "REVIEW") toast({ text: now.problems?.[0]?.message ?? sw("import.still_refused"), tone: "bad" });
      else toast({ text: () => s("import.row_taken", { number: row.line }) });
    } catch (error) {
      toast({ text: sentence(error), tone: "bad" });
    }
  }
  const leave = () =>
    askReason({
      title: () => s("import.leave_title", { number: row.line }),
      help: sw("import.leave_help"),
      confirm: sw("import.leave"),
      danger: true,
      required: true,
      work: async (reason, options) => {
        await call(imports("DiscardImportRow"), { id, line: row.line, reason }, options);
        changed("import/");
        toast({ text: () => s("import.row_left", { number: row.line }) });
      },
    });
  return h(
    "form",
    {
      class: "review",
      aria: { label: () => s("import.row", { number: row.line }) },
      on: { submit: (event) => (event.preventDefault(), void take()) },
    },
    h(
      "div",
      { class: "review-head" },
      h("strong", null, () => s("import.row", { number: row.line })),
      h(
        "ul",
        { class: "findings" },
        problems.map((/** @type {any} */ one) =>
          h("li", { class: "finding-bad" }, icon("alert"), h("span", null, one.column ? `${one.column}: ${one.message}` : one.message))
        ),
      ),
    ),
    h(
      "div",
      { class: "review-cells" },
      columns.map((name) => {
        const input = h("input", {
          class: "input",
          type: "text",
          autocomplete: "off",
          spellcheck: "false",
          readonly: !may("platform.import.amend"),
          value: () => cells[name].value,
          aria: { invalid: wrong.has(name) ? "true" : null },
          on: { input: () => (cells[name].value = input.value) },
        });
        return h("label", { class: "review-cell" }, h("span", { class: "small soft" }, name), input);
      }),
    ),
    h(
      "div",
      { class: "panel-actions" },
      may("platform.import.amend") ? button({ label: sw("import.take_row"), icon: "check", onClick: take }) : null,
      may("platform.import.discard") ? button({ label: sw("import.leave"), kind: "quiet", onClick: leave }) : null,
    ),
  );
}

/** @param {string} id */
function allRows(id) {
  return answered(read(imports("ListImportRows"), { id, pageSize: 1000 }, { topics: ["import"] }), (data) => {
    const rows = data.rows ?? [];
    const columns = columnsOf(rows);
    return table({
      label: sw("import.all_rows"),
      empty: sw("import.none"),
      rows,
      columns: [
        { label: sw("import.line"), amount: true, cell: (/** @type {any} */ row) => String(row.line) },
        { label: sw("column.state"), cell: (row) => badge({ label: () => named("row", row.state), tone: tones[row.state] ?? "neutral" }) },
        { label: sw("import.result"), cell: (row) => resultOf(row) },
        ...columns.map((name) => ({ label: name, cell: (/** @type {any} */ row) => row.cells?.[name] ?? "" })),
      ],
    });
  });
}

/** @param {any} row */
function resultOf({ resource = "", note, problems = [] }) {
  const [kind, id] = resource.split("/");
  const page = kind === "document" ? "/documents/" : kind === "customer" ? "/customers/" : "";
  if (page && id) return h("a", { href: page + id }, sw("do.open"));
  return note || problems.map((/** @type {any} */ one) => one.message).join("; ") || resource;
}
