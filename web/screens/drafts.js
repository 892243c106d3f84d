// Drafts: what was begun and kept, gone on with beside the list.
import { call, changed, ledger, read } from "../app/server.js";
import { may } from "../app/session.js";
import { button } from "../parts/button.js";
import { ask } from "../parts/dialog.js";
import { emptyState } from "../parts/states.js";
import { toast } from "../parts/toast.js";
import { h } from "../runtime/h.js";
import { derived, untracked } from "../runtime/signal.js";
import { whenThere } from "./company_form.js";
import { contentOf, entryForm, withCustomer } from "./enter.js";
import { answeredOnce, instantText, kindText, moneyText, pageHead, sw } from "./common.js";

/** @param {import("../app/console.js").Context} context */
export function draftsPage(context) {
  const { router } = context;
  const answer = read(ledger("ListDrafts"), { pageSize: 500 }, { topics: ["draft"] });
  const chosenId = router.query("draft");
  const drafts = derived(() => answer.state.value.data?.drafts ?? []);
  const isNone = derived(() => !drafts.value.length && !chosenId.value);
  return h(
    "div",
    { class: "page page-full" },
    pageHead({ title: sw("page.drafts") }),
    answeredOnce(
      answer,
      () =>
        h("div", { class: "cash" }, () =>
          isNone.value ? emptyState({ title: sw("drafts.empty"), help: sw("drafts.empty_help"), icon: "edit" }) : [
            h("ul", { class: "cash-list" }, () => drafts.value.map((/** @type {any} */ draft) => row(draft, () => chosenId.value))),
            h("div", { class: "cash-work" }, () => {
              const id = chosenId.value;
              // Others may change the list meanwhile: what is typed here stays.
              const draft = untracked(() => drafts.value.find((/** @type {any} */ one) => one.id === id));
              return draft
                ? untracked(() => editor(draft, drafts, context))
                : emptyState({ title: sw("page.drafts"), help: sw("drafts.none_chosen") });
            }),
          ]),
    ),
  );
}

/** @param {any} draft @param {() => string} chosen */
function row(draft, chosen) {
  const { kind, at, request } = contentOf(draft);
  const body = request[at] ?? {};
  return h(
    "li",
    null,
    h(
      "a",
      { class: "cash-credit", href: `/drafts?draft=${draft.id}`, aria: { current: () => chosen() === draft.id ? "true" : null } },
      h(
        "div",
        { class: "cash-credit-line" },
        h("span", { class: "cash-credit-name" }, () => draft.title || `${kindText(kind)} ${body.number ?? ""}`),
        h("span", { class: "amount" }, () => moneyText(body.amount)),
      ),
      h("div", { class: "cash-credit-line small soft" }, h("span", null, draft.recordedBy), h("span", null, () => instantText(draft.recordedAt))),
    ),
  );
}

/** @param {any} draft @param {{readonly value: any[]}} drafts @param {import("../app/console.js").Context} context */
function editor(draft, drafts, { router, who }) {
  const { kind, at, request } = contentOf(draft);
  const place = h("div", null);
  const done = (/** @type {string} */ id) => {
    changed(`draft/${draft.id}`);
    router.go(id ? `/documents/${id}` : "/drafts");
  };
  whenThere(
    place,
    withCustomer(request, at),
    (known) => {
      const mine = () => drafts.value.find((one) => one.id === draft.id);
      return entryForm({ kind, request: known, router, who, draft: { id: draft.id, version: draft.version }, known: () => mine()?.version, done });
    },
  );
  return h(
    "div",
    null,
    h(
      "div",
      { class: "block-head" },
      h("h2", { class: "block-title" }, () => kindText(kind)),
      may("ledger.draft.discard") ? button({ label: sw("do.discard"), icon: "trash", kind: "quiet", onClick: () => discard(draft, router) }) : null,
    ),
    place,
  );
}

/** @param {any} draft @param {import("../app/console.js").Router} router */
async function discard(draft, router) {
  const confirmed = await ask({
    title: sw("do.discard"),
    confirm: sw("do.discard"),
    danger: true,
    work: () => call(ledger("DiscardDraft"), { id: draft.id }, { intent: crypto.randomUUID() }),
  });
  if (!confirmed) return;
  changed(`draft/${draft.id}`);
  toast({ text: sw("done.discarded") });
  router.go("/drafts");
}
