// A flow that is designed, tried: where a case would go, with what people would say at each step.
import { call, platform, read } from "../../app/server.js";
import { may } from "../../app/session.js";
import { badge } from "../../parts/badge.js";
import { alone, field } from "../../parts/field.js";
import { selectInput, textInput } from "../../parts/inputs.js";
import { h } from "../../runtime/h.js";
import { derived, effect, onEnd, signal, untracked } from "../../runtime/signal.js";
import { kindOf } from "../../values/flow.js";
import { named, s, sw } from "../../app/words.js";
import { caseBadge, casesOf } from "../approvals.js";
import { stepName } from "../case_way.js";
import { instantText, sentence } from "../common.js";
import { listOf, textOfValue } from "./design_draft.js";

/** @template T @typedef {import("../../runtime/signal.js").Writable<T>} Writable */
/** @typedef {{step: string, kind: string}} Answer */

const waitMs = 500;
/** What can be said of what a step does. @type {Record<string, string[]>} */
const answersOf = { approve: ["PASS", "REJECT", "RETURN", "LATE"], wait: ["PASS", "LATE"], call: ["PASS", "REJECT"], carry: ["PASS", "REJECT"] };

/**
 * @param {{draft: import("./design_draft.js").Draft, steps: () => any[], marks: Writable<Map<string, import("../../parts/flow_graph.js").Mark>>, gone: Writable<Set<string>>}} options
 */
export function flowTrial({ draft, steps, marks, gone }) {
  const name = () => textOfValue(draft.at(["name"]));
  const isByPerson = derived(() => !draft.at(["method"]) && !draft.at(["starts_on"]));
  const given = signal(/** @type {Record<string, string>} */ ({}));
  const names = derived(() => listOf(draft.at(["given"])).map((one) => textOfValue(one?.name)).filter(Boolean).join(" "));
  const chosen = signal("");
  const answers = signal(/** @type {Answer[]} */ ([]));
  const found = signal(/** @type {any} */ (null));
  const problem = signal("");
  const cases = may("workflow.case.list") ? read(casesOf("ListCases"), { flow: untracked(name), pageSize: 20 }) : null;
  let stop = new AbortController();
  let timer = 0;

  const asked = derived(() => {
    if (isByPerson.value) {
      const types = Object.fromEntries(listOf(draft.at(["given"])).map((one) => [textOfValue(one?.name), textOfValue(one?.type)]));
      const values = Object.entries(given.value).filter(([key, value]) => types[key] !== undefined && value !== "").map(([key, value]) => [
        key,
        types[key] === "int" ? Number(value) : types[key] === "bool" ? value === "true" : value,
      ]);
      return values.length || !Object.keys(types).length ? { flow: name(), given: Object.fromEntries(values) } : null;
    }
    return chosen.value ? { flow: name(), caseId: chosen.value } : null;
  });

  const run = async (/** @type {object} */ request) => {
    const mine = stop = new AbortController();
    try {
      const method = "remit.workflow.v1.FlowService/Simulate";
      const reply = await call(platform("ConfigurationService", "TryCall"), { method, request, documents: draft.documents() }, {
        signal: mine.signal,
      });
      if (mine.signal.aborted) return;
      const wrong = (reply.findings ?? []).filter((/** @type {any} */ one) => !one.isWarning).length;
      problem.value = wrong ? s("design.trial_waits", { count: wrong }) : "";
      if (!wrong) found.value = reply.reply?.caseFile ?? null;
    } catch (error) {
      if (mine.signal.aborted) return;
      problem.value = sentence(error);
      found.value = null;
    }
  };
  effect(() => {
    const request = asked.value ? { ...asked.value, answers: answers.value } : null;
    draft.text.value;
    untracked(() => {
      clearTimeout(timer);
      stop.abort();
      if (request) timer = setTimeout(() => void run(request), waitMs);
      else found.value = null;
    });
  });
  onEnd(() => {
    clearTimeout(timer);
    stop.abort();
  });
  effect(() => {
    /** @type {any[]} */
    const visits = found.value?.visits ?? [];
    marks.value = new Map(visits.map((visit) => [visit.step, {
      tone: visit.state === "FAILED" || visit.state === "REJECTED" ? "bad" : visit.state === "OPEN" ? "now" : "past",
      text: named("case_visit", visit.state),
    }]));
    gone.value = new Set(visits.map((visit) => `${visits.find((one) => one.visit === visit.cameFrom)?.step} ${visit.step}`));
  });

  /** What is said at the visits that are shown, with another answer at one. @param {number} place @param {string} kind */
  const say = (place, kind) => {
    /** @type {any[]} */
    const visits = found.peek()?.visits ?? [];
    const earlier = visits.slice(0, place).flatMap((visit, i) => answersOf[kindAt(visit)] ? [{ step: visit.step, kind: saidAt(i) }] : []);
    answers.value = [...earlier, { step: visits[place].step, kind }];
  };
  const kindAt = (/** @type {any} */ visit) => kindOf(untracked(steps).find((one) => one?.name === visit.step));
  /** @param {number} place */
  const saidAt = (place) => {
    /** @type {any[]} */
    const visits = untracked(() => found.value)?.visits ?? [];
    const nth = visits.slice(0, place + 1).filter((one) => one.step === visits[place].step).length - 1;
    return answers.peek().filter((one) => one.step === visits[place].step)[nth]?.kind ?? "PASS";
  };

  return h(
    "section",
    { class: "design-trial", aria: { label: sw("design.trial") } },
    h("div", { class: "design-head" }, h("h3", { class: "design-title" }, sw("design.trial"))),
    h("p", { class: "soft small" }, sw("design.trial_help")),
    () =>
      isByPerson.value
        ? [
          h(
            "div",
            { class: "design-properties" },
            names.value.split(" ").filter(Boolean).map((key) => givenInput(given, key)),
          ),
        ]
        : [
          field({
            label: sw("design.trial_case"),
            hint: sw("design.trial_case_hint"),
            input: (tie) =>
              selectInput({
                tie,
                value: chosen,
                empty: sw("design.choose"),
                options: () => (cases?.state.value.data?.cases ?? []).map((/** @type {any} */ one) => ({ value: one.id, label: one.summary })),
              }),
          }),
        ],
    h("p", { class: "field-error", role: "status" }, () => problem.value),
    () => {
      const now = found.value;
      if (!now) return [];
      return [
        h(
          "ol",
          { class: "case-steps" },
          (now.visits ?? []).map((/** @type {any} */ visit, /** @type {number} */ place) => {
            const kinds = answersOf[kindAt(visit)] ?? [];
            const value = {
              get value() {
                return saidAt(place);
              },
              set value(next) {
                say(place, next);
              },
              peek: () => saidAt(place),
            };
            return h(
              "li",
              { class: `case-step case-step-${(visit.state ?? "").toLowerCase()}` },
              h(
                "div",
                { class: "case-step-head" },
                h("strong", null, stepName(untracked(steps).find((one) => one?.name === visit.step)) || visit.step),
                h("span", { class: "soft small" }, (visit.tasks ?? []).map((/** @type {any} */ one) => one.assignee).join(", ")),
                visit.dueAt ? h("span", { class: "soft small" }, () => s("case.due", { text: instantText(visit.dueAt) })) : null,
                kinds.length
                  ? h(
                    "div",
                    { class: "tool-select" },
                    selectInput({
                      tie: alone(() => s("design.trial_answer", { text: visit.step })),
                      value,
                      options: () => kinds.map((one) => ({ value: one, label: () => named("design_answer", one) })),
                    }),
                  )
                  : null,
              ),
            );
          }),
        ),
        h("p", null, caseBadge(now.state), " ", now.problem?.message ? badge({ label: now.problem.message, tone: "bad" }) : null),
      ];
    },
  );
}

/** @param {Writable<Record<string, string>>} given @param {string} key */
function givenInput(given, key) {
  const value = {
    get value() {
      return given.value[key] ?? "";
    },
    /** @param {string} next */
    set value(next) {
      given.value = { ...given.peek(), [key]: next };
    },
    peek: () => given.peek()[key] ?? "",
  };
  return field({ label: key, input: (tie) => textInput({ tie, value, maxlength: 1000 }) });
}
