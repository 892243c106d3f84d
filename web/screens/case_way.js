// The way of a case on the canvas of its flow, to be gone through again visit by visit.
import { button } from "../parts/button.js";
import { flowGraph } from "../parts/flow_graph.js";
import { inLanguage } from "../parts/form/document.js";
import { h, newId } from "../runtime/h.js";
import { signal } from "../runtime/signal.js";
import { named } from "../app/words.js";
import { instantText, s, sw } from "./common.js";

/** @typedef {import("../parts/flow_graph.js").Mark} Mark */

/** What people call a step of a flow. @param {any} step as a document has it, or the server */
export const stepName = (step) => inLanguage(step?.title) || step?.name || "";

/** @param {any} found a case as GetCase and simulations give it @param {{open?: boolean}} [how] */
export function caseWay(found, { open = false } = {}) {
  /** @type {any[]} */
  const visits = found.visits ?? [];
  if (!found.definition?.steps?.length || !visits.length) return null;
  const at = signal(visits.length);
  const chosen = signal("");
  const until = () => visits.slice(0, at.value);
  const last = () => visits[at.value - 1];
  /** @param {string} name @returns {Mark} */
  const mark = (name) => {
    const here = until().filter((one) => one.step === name);
    const visit = here.at(-1);
    if (!visit) return { tone: "" };
    const isEnd = at.value === visits.length;
    const said = isEnd || visit !== last() ? named("case_visit", visit.state) : s("case.comes");
    const text = here.length > 1 ? s("case.times", { text: said, count: here.length }) : said;
    if (visit === last() && !isEnd || isEnd && visit.state === "OPEN") return { tone: "now", text };
    return { tone: visit.state === "FAILED" || visit.state === "REJECTED" ? "bad" : "past", text };
  };
  const isGone = (/** @type {string} */ from, /** @type {string} */ to) =>
    until().some((one) => one.step === to && visits.find((other) => other.visit === one.cameFrom)?.step === from);
  const about = () => {
    const visit = chosen.value ? until().findLast((one) => one.step === chosen.value) : last();
    if (!visit) return s("case.not_there");
    const left = visit.endedAt ? instantText(visit.endedAt) : "";
    return s(left ? "case.visit_span" : "case.visit_since", { text: visit.title || visit.step, from: instantText(visit.startedAt), to: left });
  };
  const id = newId("way");
  const range = h("input", {
    type: "range",
    id,
    class: "flow-range",
    aria: { valuetext: () => about() },
    on: { input: () => (at.value = Number(range.value)) },
  });
  range.min = "1";
  range.max = String(visits.length);
  const go = (/** @type {number} */ by) => () => {
    chosen.value = "";
    at.value = Math.min(visits.length, Math.max(1, at.peek() + by));
  };
  const part = h(
    "details",
    { class: "case-way panel" },
    h("summary", null, sw("case.way")),
    flowGraph({
      label: sw("case.way"),
      steps: () => found.definition.steps,
      name: stepName,
      kind: (kind) => named("step_kind", kind),
      mark,
      isGone,
      chosen: () => chosen.value,
      choose: (name) => (chosen.value = chosen.peek() === name ? "" : name),
    }),
    h(
      "div",
      { class: "flow-replay", hidden: visits.length < 2 },
      button({ label: sw("case.way_back"), icon: "chevronLeft", iconOnly: true, disabled: () => at.value <= 1, onClick: go(-1) }),
      h("label", { class: "unseen", for: id }, sw("case.way_range")),
      range,
      button({ label: sw("case.way_on"), icon: "chevronRight", iconOnly: true, disabled: () => at.value >= visits.length, onClick: go(1) }),
      h("span", { class: "small soft" }, () => s("case.way_place", { number: at.value, count: visits.length })),
    ),
    h("p", { class: "small flow-about", role: "status" }, about),
  );
  part.open = open;
  // A range has its value once it has its bounds.
  part.addEventListener("toggle", () => (range.value = String(at.peek())));
  return h("div", null, part, () => {
    range.value = String(at.value);
    return [];
  });
}
