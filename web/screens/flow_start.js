// Starting a flow that persons start: what it asks for, as a form.
import { call, changed, read } from "../app/server.js";
import { form } from "../parts/form.js";
import { emptyState } from "../parts/states.js";
import { inLanguage } from "../parts/form/document.js";
import { h } from "../runtime/h.js";
import { answered, pageHead, s, sw } from "./common.js";
import { caseHref, casesOf } from "./approvals.js";
import { beginIn } from "./company_form.js";
import { flowsOf } from "./flow_measures.js";

/** @typedef {import("../parts/form/state.js").FormField} FormField */

/** The flows that who is signed in could start. @param {any} data of ListFlows @returns {any[]} */
export const startable = (data) => (data?.flows ?? []).filter((/** @type {any} */ one) => one.canStart);

/** @param {import("../app/console.js").Context} context */
export function startPage({ params, router }) {
  return answered(read(flowsOf("ListFlows"), {}), (data) => {
    const flow = startable(data).find((one) => one.name === params.flow);
    const back = { href: "/approvals", label: sw("page.approvals") };
    if (!flow) {
      return h(
        "div",
        { class: "page" },
        pageHead({ title: sw("page.start"), back }),
        emptyState({ title: sw("flows.gone"), help: sw("flows.gone_help"), icon: "approve" }),
      );
    }
    const made = form({
      description: {
        sections: [
          { fields: (flow.given ?? []).map(fieldOf) },
          { fields: [{ name: "why", type: "longtext", label: sw("submit.why"), hint: sw("submit.why_hint"), wide: true }] },
        ],
      },
      request: { given: {} },
      check: () => Promise.resolve({}),
      submit: async (request, { intent }) => {
        const whole = (flow.given ?? []).filter((/** @type {any} */ one) => one.type === "FIELD_TYPE_INT").map((/** @type {any} */ one) => one.name);
        const given = Object.fromEntries(
          Object.entries(request.given ?? {}).filter(([, value]) => value !== "" && value !== null).map(([name, value]) => [
            name,
            whole.includes(name) ? Number(value) : value,
          ]),
        );
        const started = await call(casesOf("Start"), { flow: flow.name, given, why: request.why ?? "" }, { intent });
        changed(`case/${started.id}`);
        setTimeout(() => router.go(caseHref(started.id)));
      },
      submitLabel: sw("flows.start"),
      cancel: () => router.go("/approvals"),
      guard: router.guard,
      mayLeave: () => confirm(s("form.leave")),
    });
    return h("div", { class: "page" }, pageHead({ title: () => flow.title || flow.name, back }), beginIn(made.element));
  });
}

/** @param {any} given @returns {FormField} */
function fieldOf({ name, title, type, optional }) {
  /** @type {Record<string, FormField["type"]>} */
  const types = { FIELD_TYPE_BOOL: "yesno", FIELD_TYPE_INT: "number", FIELD_TYPE_DATE: "date" };
  return {
    name: `given.${name}`,
    type: types[type] ?? "text",
    label: () => inLanguage(title) || name,
    hint: type === "FIELD_TYPE_MONEY" ? sw("flows.money_hint") : type === "FIELD_TYPE_DECIMAL" ? sw("flows.decimal_hint") : undefined,
    required: !optional,
  };
}
