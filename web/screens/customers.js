// Customers: find, open, enter.
import { ask, call, changed, ledger } from "../app/server.js";
import { may } from "../app/session.js";
import { button } from "../parts/button.js";
import { ask as askPerson } from "../parts/dialog.js";
import { form } from "../parts/form.js";
import { grid, pageSource, viewInURL } from "../parts/grid.js";
import { textInput } from "../parts/inputs.js";
import { alone } from "../parts/field.js";
import { emptyState } from "../parts/states.js";
import { h } from "../runtime/h.js";
import { effect, onEnd, signal, untracked } from "../runtime/signal.js";
import { checkWith, described, formsOf } from "./company_form.js";
import { pageHead, s, sw } from "./common.js";

/** @param {import("../app/console.js").Context} context */
export function customersPage({ router }) {
  const search = router.query("search");
  const source = pageSource({
    load: async ({ pageSize, pageToken, signal }) => {
      const found = await ask(ledger("ListCustomers"), { pageSize, pageToken, search: search.peek() }, { topics: ["customer", "import"], signal });
      return { rows: found.customers ?? [], nextPageToken: found.nextPageToken };
    },
  });
  /** @type {import("../parts/grid.js").GridOptions<any>["columns"]} */
  const columns = [
    {
      id: "number",
      label: sw("column.number"),
      type: "text",
      width: 150,
      value: (row) => row.number,
      href: (row) => `/customers/${row.id}`,
      fixed: true,
    },
    { id: "name", label: sw("column.name"), type: "text", width: 360, value: (row) => row.name, fixed: true },
    { id: "profile", label: sw("column.profile"), type: "text", width: 130, value: (row) => row.postingProfile ?? "", fixed: true },
    { id: "recorded", label: sw("column.changed"), type: "date", width: 120, value: (row) => row.recordedAt?.slice(0, 10) ?? "", fixed: true },
  ];
  const list = grid({
    label: sw("page.customers"),
    columns,
    source,
    rowId: (row) => row.id,
    selectable: true,
    unfiltered: true,
    view: viewInURL(router.query("view")),
    onOpen: (row) => router.go(`/customers/${row.id}`),
    tools: [searchBox(search, sw("customers.search"))],
    empty: emptyState({
      title: sw("customers.none"),
      help: sw("customers.none_help"),
      icon: "customers",
      actions: may("ledger.customer.create") ? [button({ label: sw("do.customer"), kind: "primary", href: "/customers/new" })] : [],
    }),
    fileName: "customers",
  });
  follow(search, () => source.reload());
  return h(
    "div",
    { class: "page page-full" },
    pageHead({
      title: sw("page.customers"),
      actions: may("ledger.customer.create") ? [button({ label: sw("do.customer"), icon: "add", kind: "primary", href: "/customers/new" })] : [],
    }),
    list.element,
  );
}

/** Runs when a value of the URL is another than before. @param {{readonly value: string}} value @param {() => void} run */
export function follow(value, run) {
  let isFirst = true;
  effect(() => {
    value.value;
    if (!isFirst) untracked(run);
    isFirst = false;
  });
}

/** Writes to the URL a moment after the last key. @param {import("../runtime/signal.js").Writable<string>} value @param {import("../runtime/h.js").Text} label */
export function searchBox(value, label) {
  const typed = signal(value.peek());
  let timer = 0;
  effect(() => {
    const now = typed.value;
    clearTimeout(timer);
    timer = setTimeout(() => now.trim() === value.peek() || (value.value = now.trim()), 250);
  });
  effect(() => {
    const now = value.value;
    if (now !== typed.peek().trim()) typed.value = now;
  });
  onEnd(() => clearTimeout(timer));
  return h("div", { class: "search-box" }, textInput({ tie: alone(label), value: typed, placeholder: label, icon: "search" }));
}

/** @type {import("../parts/form/state.js").FormDescription} */
export const customerFields = {
  sections: [{
    fields: [
      { name: "customer.number", type: "text", label: sw("column.number"), required: true },
      { name: "customer.name", type: "text", label: sw("column.name"), required: true, wide: true },
      { name: "customer.postingProfile", type: "text", label: sw("column.profile"), hint: sw("customer.profile_hint") },
    ],
  }, {
    title: sw("customer.identifiers"),
    fields: [{
      name: "customer.identifiers",
      type: "lines",
      label: sw("customer.identifiers"),
      columns: [
        {
          name: "scheme",
          type: "choice",
          label: sw("customer.scheme"),
          options: [{ value: "uscc", label: sw("scheme.uscc") }, { value: "eu_vat", label: sw("scheme.eu_vat") }, {
            value: "iban",
            label: sw("scheme.iban"),
          }],
        },
        { name: "value", type: "text", label: sw("column.value") },
      ],
    }],
  }, {
    title: sw("customer.names"),
    fields: [{
      name: "customer.names",
      type: "lines",
      label: sw("customer.names"),
      columns: [{ name: "kind", type: "text", label: sw("customer.name_kind") }, { name: "name", type: "text", label: sw("column.name") }],
    }],
  }],
};

/** @param {import("../app/console.js").Context} context */
export function newCustomerPage({ router, who }) {
  const method = ledger("CreateCustomer");
  const place = h(
    "div",
    { class: "page page-narrow" },
    pageHead({ title: sw("page.customer_new"), back: { href: "/customers", label: sw("page.customers") } }),
  );
  formsOf(method, place, (forms) => {
    const made = form({
      description: described(customerFields, forms, who),
      check: checkWith(method),
      submit: async (request, { intent }) => {
        const customer = await create(method, request, intent);
        changed("customer/");
        router.go(`/customers/${customer.id}`);
      },
      submitLabel: sw("do.save"),
      cancel: () => router.go("/customers"),
      draftKey: "draft.customer",
      guard: router.guard,
      mayLeave: () => confirm(s("form.leave")),
    });
    return made.element;
  });
  return place;
}

/** Who looks like another that is there is asked about first. @param {string} method @param {any} request @param {string} intent */
async function create(method, request, intent) {
  const similar = await call(ledger("FindSimilarCustomers"), { customer: { ...request.customer, custom: undefined } });
  const likely = (similar.similar ?? []).filter((/** @type {any} */ one) => one.percent >= 90);
  if (likely.length) {
    const goOn = await askPerson({
      title: sw("customer.similar"),
      content: () => [
        h("p", null, sw("customer.similar_help")),
        h(
          "ul",
          null,
          likely.map((/** @type {any} */ one) =>
            h(
              "li",
              null,
              h("a", { href: `/customers/${one.customer.id}`, target: "_blank" }, `${one.customer.number} ${one.customer.name}`),
              ` · ${one.reason}`,
            )
          ),
        ),
      ],
      confirm: sw("customer.create_anyway"),
    });
    if (!goOn) throw new Error(s("customer.not_created"));
  }
  return await call(method, request, { intent });
}
