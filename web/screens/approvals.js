// Approvals: what waits for one's decision, what one asked for, and all that one may see.
import { call, read } from "../app/server.js";
import { may } from "../app/session.js";
import { CallError } from "../client/connect.js";
import { badge } from "../parts/badge.js";
import { button } from "../parts/button.js";
import { alone } from "../parts/field.js";
import { selectInput } from "../parts/inputs.js";
import { menuButton } from "../parts/menu.js";
import { emptyState } from "../parts/states.js";
import { tabs } from "../parts/tabs.js";
import { h } from "../runtime/h.js";
import { derived, signal } from "../runtime/signal.js";
import { flowMeasures, flowsOf } from "./flow_measures.js";
import { startable } from "./flow_start.js";
import { amount, answered, instantText, pageHead, sentence, sw, table } from "./common.js";
import { named } from "../app/words.js";

/** @param {string} method */
export const casesOf = (method) => `remit.workflow.v1.CaseService/${method}`;
/** @param {string} method */
export const tasksOf = (method) => `remit.workflow.v1.TaskService/${method}`;
/** @param {string} id */
export const caseHref = (id) => `/approvals/${id}`;

const states = ["RUNNING", "RETURNED", "BLOCKED", "DONE", "REJECTED", "WITHDRAWN", "STOPPED"];
/** @type {Record<string, import("../parts/badge.js").Tone>} */
const tones = { RUNNING: "info", RETURNED: "warn", BLOCKED: "bad", DONE: "good", REJECTED: "bad" };

/** @param {string} state of a case */
export const caseBadge = (state) => badge({ label: () => named("case_state", state), tone: tones[state] ?? "neutral" });

/** @param {string | undefined} instant */
export const isPast = (instant) => !!instant && new Date(instant).getTime() < Date.now();

/** When it is due; what is late says so. @param {string | undefined} instant @param {boolean} [isOpen] */
export function dueText(instant, isOpen = true) {
  if (!instant) return h("span", null);
  return h(
    "span",
    { class: "due" },
    h("span", null, () => instantText(instant)),
    isOpen && isPast(instant) ? badge({ label: sw("approvals.late"), tone: "bad" }) : null,
  );
}

/** Ctrl+Enter in what is written in a dialog confirms it. @param {(Node | null)[]} content @returns {Node} */
export function sendByKeys(content) {
  return h("div", {
    class: "dialog-fields",
    on: {
      keydown: (event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        event.stopPropagation();
        /** @type {HTMLElement} */ (event.currentTarget).closest("form")?.requestSubmit();
      },
    },
  }, content);
}

/** A refusal of cases and tasks in plain words. @param {unknown} error @returns {Error} */
export function plainly(error) {
  if (!(error instanceof CallError)) return error instanceof Error ? error : new Error(String(error));
  const text = named("case_problem", error.reason);
  if (text === error.reason) return error;
  // Who was first is in the server's sentence.
  return new Error(error.reason === "TASK_CLOSED" ? `${text} ${sentence(error)}` : text);
}

/** Once each case: who has two seats in a step looks at it once. @param {any} data of ListTasks @returns {any[]} */
export function casesThatWait(data) {
  /** @type {any[]} */
  const items = data?.items ?? [];
  return items.filter((one, i) => items.findIndex((other) => other.caseFile.id === one.caseFile.id) === i);
}

/** @param {import("../app/console.js").Context} context */
export function approvalsPage({ router, who }) {
  const all = [
    ...(may("workflow.task.list") ? [{ id: "mine", label: sw("approvals.mine"), count: () => waiting.value || null, content: mine }] : []),
    ...(may("workflow.case.list")
      ? [
        { id: "asked", label: sw("approvals.asked"), content: () => asked(who.person?.login ?? who.principal) },
        { id: "all", label: sw("approvals.all"), content: () => everything(router) },
      ]
      : []),
    ...(may("workflow.flow.measure") && may("workflow.flow.list")
      ? [{ id: "flows", label: sw("approvals.flows"), content: () => flowMeasures(router) }]
      : []),
  ];
  const tasks = may("workflow.task.list") ? read(tasksOf("ListTasks"), { pageSize: 100 }, { topics: ["case"] }) : null;
  const waiting = derived(() => casesThatWait(tasks?.state.value.data).length);
  return h(
    "div",
    { class: "page" },
    pageHead({ title: sw("page.approvals"), actions: starting(router) }),
    tabs({ label: sw("page.approvals"), chosen: router.query("tab"), tabs: all }),
  );
}

/** What persons start. @param {import("../app/console.js").Router} router */
function starting(router) {
  if (!may("workflow.case.start") || !may("workflow.flow.list")) return [];
  const flows = read(flowsOf("ListFlows"), {});
  return [h(
    "span",
    { hidden: () => !startable(flows.state.value.data).length },
    menuButton({
      label: sw("flows.start"),
      icon: "add",
      caret: true,
      align: "end",
      items: () =>
        startable(flows.state.peek().data).map((one) => ({
          label: () => one.title || one.name,
          run: () => router.go(`/approvals/start/${encodeURIComponent(one.name)}`),
        })),
    }),
  )];
}

/** More of a list that goes on: pages that were asked for, each kept current. @param {string} method @param {object} request @param {(data: any, isFirst: boolean) => Node} make */
function paged(method, request, make) {
  const tokens = signal([""]);
  return h(
    "div",
    { class: "pages" },
    () =>
      tokens.value.map((pageToken, i) =>
        answered(read(method, { ...request, pageSize: 100, ...(pageToken ? { pageToken } : {}) }, { topics: ["case"] }), (data) => {
          const next = data.nextPageToken;
          const more = () => void (tokens.value = [...tokens.peek().slice(0, i + 1), next]);
          return h(
            "div",
            null,
            make(data, i === 0),
            next ? h("div", { hidden: () => tokens.value.length > i + 1 }, button({ label: sw("approvals.more"), onClick: more })) : null,
          );
        })
      ),
  );
}

function mine() {
  return paged(
    tasksOf("ListTasks"),
    {},
    (data, isFirst) =>
      !data.items?.length && isFirst
        ? emptyState({ title: sw("approvals.none_mine"), help: sw("approvals.none_mine_help"), icon: "approve" })
        : table({
          label: sw("approvals.mine"),
          empty: sw("approvals.none_mine"),
          rows: casesThatWait(data),
          columns: [
            { label: sw("approvals.what"), cell: (row) => h("a", { href: caseHref(row.caseFile.id) }, row.caseFile.summary) },
            { label: sw("approvals.amount"), amount: true, cell: (row) => row.caseFile.amount ? amount(row.caseFile.amount) : "" },
            { label: sw("approvals.step"), cell: (row) => row.title || row.step },
            { label: sw("approvals.submitter"), cell: (row) => row.caseFile.submitter },
            { label: sw("approvals.since"), cell: (row) => h("span", null, () => instantText(row.openedAt)) },
            { label: sw("approvals.due"), cell: (row) => dueText(row.dueAt) },
          ],
        }),
  );
}

/** @param {any[]} rows @param {import("../app/words.js").Key} label */
const casesTable = (rows, label) =>
  table({
    label: sw(label),
    empty: sw("approvals.none"),
    rows,
    columns: [
      { label: sw("approvals.what"), cell: (row) => h("a", { href: caseHref(row.id) }, row.summary) },
      { label: sw("approvals.amount"), amount: true, cell: (row) => row.amount ? amount(row.amount) : "" },
      { label: sw("column.state"), cell: (row) => caseBadge(row.state) },
      { label: sw("approvals.step"), cell: (row) => (row.visits ?? []).map((/** @type {any} */ one) => one.title || one.step).join(", ") },
      { label: sw("approvals.submitter"), cell: (row) => row.submitter },
      { label: sw("approvals.started"), cell: (row) => h("span", null, () => instantText(row.startedAt)) },
      { label: sw("approvals.due"), cell: (row) => dueText(row.visits?.[0]?.dueAt) },
    ],
  });

/** @param {string} submitter */
function asked(submitter) {
  return paged(
    casesOf("ListCases"),
    { submitter },
    ({ cases = [] }, isFirst) =>
      !cases.length && isFirst
        ? emptyState({ title: sw("approvals.none_asked"), help: sw("approvals.none_asked_help"), icon: "approve" })
        : casesTable(cases, "approvals.asked"),
  );
}

/** @param {import("../app/console.js").Router} router */
function everything(router) {
  const state = router.query("state");
  const flow = router.query("flow");
  const open = router.query("open");
  // The flows of the youngest cases; a flow of the address is always there.
  const known = read(casesOf("ListCases"), { pageSize: 1000 }, { topics: ["case"] });
  const flows = derived(() => {
    const names = (known.state.value.data?.cases ?? []).map((/** @type {any} */ one) => one.flow);
    return [...new Set([...names, ...(flow.value ? [flow.value] : [])])].sort();
  });
  const shown = derived(() => ({
    ...(state.value ? { state: state.value } : {}),
    ...(flow.value ? { flow: flow.value } : {}),
    ...(open.value ? { open: true } : {}),
  }));
  return h(
    "div",
    null,
    h(
      "div",
      { class: "approval-tools" },
      choice(
        state,
        sw("column.state"),
        sw("documents.all_states"),
        () => states.map((value) => ({ value, label: () => named("case_state", value) })),
      ),
      choice(flow, sw("approvals.flow"), sw("approvals.all_flows"), () => flows.value.map((value) => ({ value, label: value }))),
      choice(open, sw("approvals.only_open"), sw("approvals.any"), () => [{ value: "yes", label: sw("approvals.only_open") }]),
    ),
    h("div", null, () => list(shown.value)),
  );
}

/** @param {object} request */
const list = (request) =>
  paged(
    casesOf("ListCases"),
    request,
    ({ cases = [] }, isFirst) =>
      !cases.length && isFirst
        ? emptyState({ title: sw("approvals.none"), help: sw("approvals.none_help"), icon: "approve" })
        : casesTable(cases, "approvals.all"),
  );

/** @param {import("../runtime/signal.js").Writable<string>} value @param {import("../runtime/h.js").Text} label @param {import("../runtime/h.js").Text} empty @param {() => import("../parts/inputs.js").Option[]} options */
const choice = (value, label, empty, options) => h("div", { class: "tool-select" }, selectInput({ tie: alone(label), value, options, empty }));

/** What waits next for who is signed in; "" where nothing does. */
export async function nextOfMine() {
  if (!may("workflow.task.list")) return "";
  const { items = [] } = await call(tasksOf("ListTasks"), { pageSize: 1 }).catch(() => ({}));
  return items[0]?.caseFile?.id ?? "";
}
