// A document in its designer; what the designers are made of comes when one is opened.
import { call, platform } from "../../app/server.js";
import { button } from "../../parts/button.js";
import { icon } from "../../parts/icon.js";
import { h } from "../../runtime/h.js";
import { derived, effect, onEnd, scope, signal, untracked } from "../../runtime/signal.js";
import { loadYAML } from "../../values/yaml_text.js";
import { whenThere } from "../company_form.js";
import { s, sentence, sw } from "../common.js";
import { Draft, isObject } from "./design_draft.js";

/** @typedef {import("./design_draft.js").Finding} Finding */

const waitMs = 400;

/** @param {string} kind */
export const isDesigned = (kind) => ["form", "record", "rule", "flow"].includes(kind);

/** @param {string} kind */
async function designerOf(kind) {
  const load = kind === "rule"
    ? import("./design_table.js").then((one) => one.tableDesigner)
    : kind === "flow"
    ? import("./design_flow.js").then((one) => one.flowDesigner)
    : import("./design_form.js").then((one) => one.formDesigner);
  return (await Promise.all([load, loadYAML()]))[0];
}

/**
 * @param {{kind: string, toText: () => void} & import("./design_draft.js").DraftOptions} options
 */
export function designView({ kind, toText, ...options }) {
  const place = h("div", { class: "design-place" });
  whenThere(place, designerOf(kind), (make) => {
    const draft = new Draft(options);
    const problem = derived(() => whyNot(draft.read.value));
    // What was drawn stays while a text cannot be read.
    const isDrawn = signal(!problem.peek());
    effect(() => {
      if (!problem.value) isDrawn.value = true;
    });
    return h(
      "div",
      null,
      h(
        "div",
        { class: "notice design-unread", role: "alert", hidden: () => !problem.value },
        icon("alert"),
        h("div", null, h("p", null, sw("design.unread")), h("p", { class: "small" }, () => problem.value)),
        button({ label: sw("design.to_text"), icon: "edit", onClick: toText }),
      ),
      h("div", { hidden: () => !!problem.value }, () => isDrawn.value ? untracked(() => scope(() => make(draft, { toText })).value) : []),
    );
  });
  return place;
}

/** Why a text is not drawn; "" where it is. @param {{value?: any, problem?: string}} read */
function whyNot({ value, problem }) {
  if (problem !== undefined) return problem;
  if (!isObject(value)) return s("design.no_map");
  for (const key of ["fields", "checks", "given", "gives", "rows", "tests", "with", "steps"]) {
    if (value[key] !== undefined && value[key] !== "" && !Array.isArray(value[key])) return s("design.no_list", { text: key });
  }
  for (const key of ["fields", "checks", "given", "gives", "rows", "tests", "steps"]) {
    if (Array.isArray(value[key]) && value[key].some((/** @type {unknown} */ one) => !isObject(one))) return s("design.no_maps", { text: key });
  }
  return "";
}

/**
 * What the server finds wrong with documents as they stand, asked for when nobody types; the last answer wins.
 * @param {() => {documents: {path: string, text: string}[], complete: boolean}} request
 */
export function liveFindings(request) {
  const found = signal(/** @type {Finding[]} */ ([]));
  const failed = signal("");
  let stop = new AbortController();
  let timer = 0;
  const ask = async (/** @type {object} */ asked) => {
    const mine = stop = new AbortController();
    try {
      const plan = await call(platform("ConfigurationService", "PlanConfiguration"), asked, { signal: mine.signal });
      if (mine.signal.aborted) return;
      found.value = plan.findings ?? [];
      failed.value = "";
    } catch (error) {
      if (!mine.signal.aborted) failed.value = sentence(error);
    }
  };
  effect(() => {
    const asked = request();
    untracked(() => {
      clearTimeout(timer);
      stop.abort();
      if (asked.documents.length || asked.complete) timer = setTimeout(() => void ask(asked), waitMs);
      else found.value = [];
    });
  });
  onEnd(() => {
    clearTimeout(timer);
    stop.abort();
  });
  return { found, failed };
}
