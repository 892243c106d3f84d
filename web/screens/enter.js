// Entering a document on the company's own form; it can be kept as a draft, and a draft gone on with.
import { call, changed, ledger } from "../app/server.js";
import { may } from "../app/session.js";
import { CallError } from "../client/connect.js";
import { button } from "../parts/button.js";
import { emptyState } from "../parts/states.js";
import { toast } from "../parts/toast.js";
import { h } from "../runtime/h.js";
import { addDays } from "../values/date.js";
import { checkWith, described, formsOf, whenThere } from "./company_form.js";
import { sharedForm, ToldAbove } from "./conflict.js";
import { entries } from "./documents.js";
import { customerChoices, kindText, moneyText, pageHead, s, sentence, sw } from "./common.js";

/** @typedef {import("../app/console.js").Context} Context */
/** @typedef {import("../parts/form/state.js").FormDescription} FormDescription */

/** @param {string} kind @param {string} currency the company's @returns {{method: string, content: string, description: FormDescription}} */
export function shape(kind, currency) {
  const customer = (/** @type {string} */ name) => ({
    name,
    type: /** @type {const} */ ("lookup"),
    label: sw("column.customer"),
    required: true,
    load: customerChoices,
  });
  if (kind === "invoice") {
    return {
      method: ledger("PostInvoice"),
      content: "invoice",
      description: {
        sections: [{
          fields: [
            customer("invoice.customerId"),
            { name: "invoice.number", type: "text", label: sw("column.number"), hint: sw("enter.number_hint") },
            { name: "invoice.issuedOn", type: "date", label: sw("column.issued"), required: true },
            { name: "invoice.dueOn", type: "date", label: sw("column.due"), hint: sw("enter.due_hint") },
            { name: "invoice.amount", type: "money", label: sw("enter.gross"), required: true, currency },
            { name: "invoice.tax", type: "money", label: sw("column.tax"), currency },
          ],
        }, {
          title: sw("document.terms"),
          fields: [
            { name: "invoice.terms.netDays", type: "number", label: sw("enter.net_days") },
            { name: "invoice.terms.discountPercent", type: "number", decimals: 2, label: sw("enter.discount_percent") },
            { name: "invoice.terms.discountDays", type: "number", label: sw("enter.discount_days") },
          ],
        }, {
          title: sw("enter.taxes"),
          fields: [{
            name: "invoice.taxes",
            type: "lines",
            label: sw("enter.taxes"),
            columns: [
              { name: "ratePercent", type: "number", decimals: 2, label: sw("column.tax_rate") },
              { name: "net", type: "money", label: sw("column.net"), currency },
              { name: "tax", type: "money", label: sw("column.tax"), currency },
            ],
          }],
        }, {
          title: sw("enter.more"),
          fields: [
            { name: "invoice.externalId", type: "text", label: sw("column.external") },
            { name: "invoice.postingProfile", type: "text", label: sw("column.profile") },
            { name: "invoice.postedOn", type: "date", label: sw("enter.posted_on"), hint: sw("enter.posted_on_hint") },
            { name: "invoice.exchangeRate", type: "text", label: sw("enter.rate"), hint: sw("enter.rate_hint") },
          ],
        }],
      },
    };
  }
  if (kind === "receipt") {
    return {
      method: ledger("PostReceipt"),
      content: "receipt",
      description: {
        sections: [{
          fields: [
            customer("receipt.customerId"),
            { name: "receipt.amount", type: "money", label: sw("column.amount"), required: true, currency },
            { name: "receipt.receivedOn", type: "date", label: sw("enter.received_on"), required: true },
            { name: "receipt.number", type: "text", label: sw("column.number"), hint: sw("enter.number_hint") },
            { name: "receipt.bankText", type: "text", label: sw("document.bank_text"), wide: true },
          ],
        }, {
          title: sw("enter.more"),
          fields: [
            { name: "receipt.externalId", type: "text", label: sw("column.external") },
            { name: "receipt.postingProfile", type: "text", label: sw("column.profile") },
            { name: "receipt.exchangeRate", type: "text", label: sw("enter.rate"), hint: sw("enter.rate_hint") },
          ],
        }],
      },
    };
  }
  const settles = ["credit_note", "write_off", "refund"].includes(kind);
  return {
    method: ledger("PostDocument"),
    content: "document",
    description: {
      sections: [{
        fields: [
          customer("document.customerId"),
          { name: "document.number", type: "text", label: sw("column.number"), hint: sw("enter.number_hint") },
          { name: "document.issuedOn", type: "date", label: sw("column.issued"), required: true },
          ...(kind === "debit_note" || kind === "opening"
            ? [/** @type {const} */ ({ name: "document.dueOn", type: "date", label: sw("column.due") })]
            : []),
          {
            name: "document.amount",
            type: "money",
            label: sw("column.amount"),
            currency,
            required: !["write_off", "refund"].includes(kind),
            hint: ["write_off", "refund"].includes(kind) ? sw("enter.all_open") : undefined,
          },
          ...(kind === "credit_note" || kind === "debit_note"
            ? [/** @type {const} */ ({ name: "document.tax", type: "money", label: sw("column.tax"), currency })]
            : []),
          ...(kind === "adjustment"
            ? [/** @type {const} */ ({ name: "document.account", type: "text", label: sw("enter.account"), required: true })]
            : []),
          ...(settles
            ? [
              /** @type {const} */ ({
                name: "against.number",
                type: "text",
                label: sw("enter.against"),
                hint: sw(`enter.against_${/** @type {"refund"} */ (kind)}`),
                required: kind !== "credit_note",
              }),
            ]
            : []),
          { name: "document.reason", type: "text", label: sw("column.reason"), required: kind === "write_off", wide: true },
        ],
      }, {
        title: sw("enter.more"),
        fields: [
          { name: "document.externalId", type: "text", label: sw("column.external") },
          { name: "document.postingProfile", type: "text", label: sw("column.profile") },
          { name: "document.exchangeRate", type: "text", label: sw("enter.rate"), hint: sw("enter.rate_hint") },
        ],
      }],
    },
  };
}

/** @param {Context} context */
export function enterPage({ router, who, params }) {
  const { kind } = params;
  const permission = entries.find(([name]) => name === kind)?.[1];
  if (!permission || !may(permission)) return emptyState({ title: sw("page.missing"), help: sw("page.missing_help") });
  const { query } = router.place.peek();
  const today = who.businessDate;
  const at = kind === "invoice" ? "invoice" : kind === "receipt" ? "receipt" : "document";
  const request = {
    [at]: {
      ...(query.customer ? { customerId: query.customer } : {}),
      ...(kind === "receipt" ? { receivedOn: today } : { issuedOn: today }),
      ...(kind === "invoice" ? { dueOn: addDays(today, 30) } : {}),
      ...(at === "document" ? { kind } : {}),
    },
  };
  const place = h(
    "div",
    { class: "page page-narrow" },
    pageHead({ title: () => s("enter.title", { text: kindText(kind) }), back: { href: "/documents", label: sw("page.documents") } }),
  );
  whenThere(
    place,
    withCustomer(request, at),
    (known) => entryForm({ kind, request: known, router, who, draftKey: `draft.${kind}`, done: (id) => router.go(`/documents/${id}`) }),
  );
  return place;
}

/**
 * `known`: the version that the draft has now, as far as events told.
 * @param {{kind: string, request: any, router: Context["router"], who: Context["who"], draftKey?: string, draft?: {id: string, version: number},
 *   known?: () => number | undefined, done: (id: string) => void}} options
 */
export function entryForm({ kind, request, router, who, draftKey, draft, known = () => undefined, done }) {
  const { method, content, description } = shape(kind, who.tenant.baseCurrency);
  const place = h("div", null);
  const shown = structuredClone(request);
  formsOf(method, place, (forms) => {
    const made = sharedForm({
      description: described(description, forms, who),
      request: shown,
      check: checkWith(method),
      version: draft?.version ?? 0,
      known,
      latest: () => latestDraft(draft),
      submit: async (asked, { intent }) => {
        // Posted by somebody else, it is not posted twice.
        if (isGone) throw new Error(s("conflict.draft_gone"));
        if (draft) await save(asked);
        const posted = draft ? await call(ledger("PostDraft"), draft, { intent, held: asked }) : await call(method, asked, { intent });
        tell(posted, kind);
        const id = posted.id ?? posted.document?.id ?? posted.invoice?.id ?? posted.receipt?.id ?? posted.document?.document?.id;
        done(id);
      },
      submitLabel: sw("do.post"),
      cancel: () => history.back(),
      draftKey,
      guard: router.guard,
      mayLeave: () => confirm(s("form.leave")),
    });
    let isGone = false;
    /** @param {any} asked */
    async function save(asked) {
      try {
        const kept = await call(ledger("SaveDraft"), { draft: { ...(isGone ? {} : draft ?? {}), [content]: asked } }, {
          intent: crypto.randomUUID(),
        });
        if (draft && !isGone) draft.version = kept.version;
        made.saved(kept.version);
        changed(`draft/${kept.id}`);
        return kept;
      } catch (error) {
        // What was typed can be kept as another one.
        isGone = error instanceof CallError && error.reason === "NO_DRAFT";
        throw isGone ? new Error(s("conflict.draft_gone")) : error;
      }
    }
    if (may("ledger.draft.save")) {
      made.element.querySelector(".form-foot")?.append(button({
        label: sw("do.save_draft"),
        kind: "quiet",
        onClick: async () => {
          try {
            const kept = await made.guarded(() => save(made.state.request.peek()));
            made.state.settle();
            toast({ text: sw("done.draft"), link: { label: sw("page.drafts"), href: `/drafts?draft=${kept.id}` } });
          } catch (error) {
            if (!(error instanceof ToldAbove)) toast({ text: sentence(error), tone: "bad" });
          }
        },
      }));
    }
    return made.element;
  });
  return place;
}

/** The draft as somebody else kept it; what is saved next goes on from it. @param {{id: string, version: number} | undefined} draft @returns {Promise<import("./conflict.js").Latest>} */
async function latestDraft(draft) {
  const { drafts = [] } = await call(ledger("ListDrafts"), { pageSize: 1000 });
  const now = drafts.find((/** @type {any} */ one) => one.id === draft?.id);
  if (!draft || !now) throw new Error(s("conflict.draft_gone"));
  const { at, request } = contentOf(now);
  draft.version = now.version;
  return { request: await withCustomer(request, at), version: now.version, by: now.recordedBy, at: now.recordedAt };
}

/** What a draft is of: a kind of document, and its request. @param {any} draft @returns {{kind: string, at: string, request: any}} */
export function contentOf(draft) {
  if (draft.invoice) return { kind: "invoice", at: "invoice", request: draft.invoice };
  if (draft.receipt) return { kind: "receipt", at: "receipt", request: draft.receipt };
  return { kind: draft.document?.document?.kind ?? "adjustment", at: "document", request: draft.document ?? {} };
}

/** What was posted, and what it settled. @param {any} posted @param {string} kind */
function tell(posted, kind) {
  const document = posted.document?.document ?? posted.document ?? posted.invoice ?? posted.receipt ?? posted;
  toast({ text: () => s("done.posted", { text: `${kindText(kind)} ${document.number ?? ""} ${moneyText(document.amount)}` }) });
  changed(`customer/${document.customerId}`);
  changed("document/");
}

/** The request with the customer as a choice that has a name. @param {any} request @param {string} at */
export async function withCustomer(request, at) {
  const id = request[at]?.customerId;
  if (!id) return request;
  const customer = await call(ledger("GetCustomer"), { id }).catch(() => ({ name: id }));
  return { ...request, [at]: { ...request[at], customerId: { value: id, label: customer.name } } };
}
