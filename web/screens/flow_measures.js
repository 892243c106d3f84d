// Where cases wait, and for how long: a flow with what came to each of its steps.
import { read } from "../app/server.js";
import { flowGraph } from "../parts/flow_graph.js";
import { alone } from "../parts/field.js";
import { selectInput } from "../parts/inputs.js";
import { emptyState } from "../parts/states.js";
import { h } from "../runtime/h.js";
import { derived, signal } from "../runtime/signal.js";
import { locale } from "../words/words.js";
import { named } from "../app/words.js";
import { answered, instantText, s, sw, table } from "./common.js";
import { stepName } from "./case_way.js";

/** @param {string} method */
export const flowsOf = (method) => `remit.workflow.v1.FlowService/${method}`;

const spans = [7, 30, 90, 365];

/** "3 h", "2 d": as long as people say it. @param {unknown} seconds */
export function spanText(seconds) {
  const all = Number(seconds ?? 0);
  const [amount, unit] = all < 90
    ? [all, "second"]
    : all < 5400
    ? [all / 60, "minute"]
    : all < 129_600
    ? [all / 3600, "hour"]
    : [all / 86_400, "day"];
  return new Intl.NumberFormat(locale.value, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: amount < 10 ? 1 : 0 }).format(
    amount,
  );
}

/** @param {import("../app/console.js").Router} router */
export function flowMeasures(router) {
  const flow = router.query("flow");
  const days = router.query("days");
  return answered(read(flowsOf("ListFlows"), {}), ({ flows = [] }) => {
    if (!flows.length) return emptyState({ title: sw("flows.none"), help: sw("flows.none_help"), icon: "approve" });
    const now = derived(() => flows.some((/** @type {any} */ one) => one.name === flow.value) ? flow.value : flows[0].name);
    const name = {
      peek: () => now.peek(),
      get value() {
        return now.value;
      },
      set value(next) {
        flow.value = next;
      },
    };
    const span = {
      peek: () => days.peek() || "90",
      get value() {
        return days.value || "90";
      },
      set value(next) {
        days.value = next;
      },
    };
    return h(
      "div",
      null,
      h(
        "div",
        { class: "approval-tools" },
        h(
          "div",
          { class: "tool-select" },
          selectInput({
            tie: alone(sw("approvals.flow")),
            value: name,
            options: () => flows.map((/** @type {any} */ one) => ({ value: one.name, label: one.title || one.name })),
          }),
        ),
        h(
          "div",
          { class: "tool-select" },
          selectInput({
            tie: alone(sw("flows.span")),
            value: span,
            options: () => spans.map((one) => ({ value: String(one), label: () => s("flows.days", { count: one }) })),
          }),
        ),
      ),
      () => [answered(read(flowsOf("MeasureSteps"), { flow: now.value, days: Number(span.value) }, { topics: ["case"] }), measured)],
    );
  });
}

/** @param {any} data of MeasureSteps */
function measured({ definition, steps = [] }) {
  const chosen = signal("");
  const of = (/** @type {string} */ name) => steps.find((/** @type {any} */ one) => one.step === name) ?? {};
  const most = Math.max(0, ...steps.map((/** @type {any} */ one) => Number(one.waiting ?? 0)));
  const slowest = Math.max(0, ...steps.map((/** @type {any} */ one) => Number(one.slowSeconds ?? 0)));
  return h(
    "div",
    null,
    flowGraph({
      label: sw("flows.measures"),
      steps: () => definition?.steps ?? [],
      name: stepName,
      kind: (kind) => named("step_kind", kind),
      mark: (name) => {
        const { waiting = 0, came = 0, medianSeconds = 0, slowSeconds = 0 } = of(name);
        const isSlow = most > 0 && Number(waiting) === most || slowest > 0 && Number(slowSeconds) === slowest;
        const text = Number(waiting)
          ? s("flows.waiting", { count: Number(waiting) })
          : Number(came)
          ? s("flows.passed", { count: Number(came), text: spanText(medianSeconds) })
          : "";
        return { tone: isSlow ? "slow" : Number(waiting) ? "now" : Number(came) ? "past" : "", text };
      },
      chosen: () => chosen.value,
      choose: (name) => (chosen.value = chosen.peek() === name ? "" : name),
    }),
    table({
      label: sw("flows.measures"),
      empty: sw("flows.none"),
      rows: steps,
      columns: [
        { label: sw("approvals.step"), cell: (row) => row.title || row.step },
        { label: sw("flows.came"), amount: true, cell: (row) => String(row.came ?? 0) },
        { label: sw("flows.waits"), amount: true, cell: (row) => String(row.waiting ?? 0) },
        { label: sw("flows.oldest"), cell: (row) => h("span", null, () => row.oldestAt ? instantText(row.oldestAt) : "") },
        {
          label: sw("flows.median"),
          amount: true,
          cell: (row) => h("span", null, () => Number(row.came ?? 0) > Number(row.waiting ?? 0) ? spanText(row.medianSeconds) : ""),
        },
        {
          label: sw("flows.slow"),
          amount: true,
          cell: (row) => h("span", null, () => Number(row.came ?? 0) > Number(row.waiting ?? 0) ? spanText(row.slowSeconds) : ""),
        },
        { label: sw("flows.late"), amount: true, cell: (row) => String(row.late ?? 0) },
        { label: sw("flows.rejected"), amount: true, cell: (row) => String(row.rejected ?? 0) },
        { label: sw("flows.returned"), amount: true, cell: (row) => String(row.returned ?? 0) },
        { label: sw("flows.failed"), amount: true, cell: (row) => String(row.failed ?? 0) },
      ],
    }),
  );
}
