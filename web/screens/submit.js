// Submitting what the company's approvals hold, from wherever it was refused.
import { call, changed } from "../app/server.js";
import { may } from "../app/session.js";
import { newIntent } from "../client/connect.js";
import { ask } from "../parts/dialog.js";
import { field } from "../parts/field.js";
import { textArea } from "../parts/inputs.js";
import { toast } from "../parts/toast.js";
import { h } from "../runtime/h.js";
import { signal } from "../runtime/signal.js";
import { caseHref, casesOf, sendByKeys } from "./approvals.js";
import { sw } from "./common.js";

/**
 * Offers to submit a request that was held, and leads to its case; gives whether it was submitted.
 * @param {import("../app/console.js").Router} router
 * @returns {(held: import("../client/held.js").Held) => Promise<boolean>}
 */
export const submitting = (router) => async ({ method, request }) => {
  if (!may("workflow.case.submit")) return false;
  const why = signal("");
  const intent = newIntent();
  /** @type {any} */
  let made;
  const confirmed = await ask({
    title: sw("submit.do"),
    content: () =>
      sendByKeys([
        h("p", null, sw("submit.help")),
        field({ label: sw("submit.why"), hint: sw("submit.why_hint"), input: (tie) => textArea({ tie, value: why }) }),
      ]),
    confirm: sw("submit.do"),
    work: async () => {
      made = await call(casesOf("Submit"), { method, request, why: why.peek().trim() }, { intent });
    },
  });
  if (!confirmed) return false;
  changed(`case/${made.id}`);
  // After the form knows that what was typed is kept elsewhere.
  setTimeout(() => {
    // A question that led here is answered.
    for (const dialog of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (dialog).close();
    toast({ text: sw(made.state === "DONE" ? "submit.done_at_once" : "submit.done") });
    router.go(caseHref(made.id));
  });
  return true;
};
