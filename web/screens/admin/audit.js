// Who did what, when: every write that was done, to be filtered by the address.
import { call, platform } from "../../app/server.js";
import { drawer } from "../../parts/drawer.js";
import { grid, pageSource } from "../../parts/grid.js";
import { h } from "../../runtime/h.js";
import { signal } from "../../runtime/signal.js";
import { addDays } from "../../values/date.js";
import { follow, searchBox } from "../customers.js";
import { dayTool, facts, instantText, pageHead, sw } from "../common.js";

/** @param {import("./common.js").Context} context */
export function auditPage({ router }) {
  const query = {
    principal: router.query("principal"),
    method: router.query("method"),
    resource: router.query("resource"),
    from: router.query("from"),
    until: router.query("until"),
  };
  const opened = signal(/** @type {any} */ (null));
  const source = pageSource({
    load: async ({ pageSize, pageToken, signal }) => {
      const until = query.until.peek();
      const found = await call(platform("AuditService", "ListCalls"), {
        principal: query.principal.peek(),
        method: query.method.peek(),
        resource: query.resource.peek(),
        from: instant(query.from.peek()),
        // Of the last day all.
        until: until ? instant(addDays(until, 1)) : undefined,
        pageSize,
        pageToken,
      }, { signal });
      return { rows: found.calls ?? [], nextPageToken: found.nextPageToken };
    },
  });
  for (const value of Object.values(query)) follow(value, () => source.reload());
  const list = grid({
    label: sw("page.audit"),
    columns: [
      { id: "when", label: sw("column.when"), type: "text", width: 180, value: (row) => instantText(row.calledAt), fixed: true },
      { id: "who", label: sw("column.who"), type: "text", width: 140, value: (row) => row.principal, fixed: true },
      { id: "what", label: sw("column.what"), type: "text", width: 190, value: (row) => nameOf(row.method), fixed: true },
      { id: "title", label: sw("audit.about"), type: "text", width: 300, value: (row) => row.title || row.resource || "", fixed: true },
      { id: "via", label: sw("column.via"), type: "text", width: 150, value: (row) => nameOf(row.via ?? ""), fixed: true },
      { id: "key", label: sw("sign_in.key"), type: "text", width: 140, value: (row) => row.keyId ?? "", hidden: true, fixed: true },
    ],
    source,
    rowId: (row) => `${row.calledAt} ${row.requestId} ${row.method} ${row.resource}`,
    onOpen: (row) => void (opened.value = row),
    fileName: "audit",
  });
  return h(
    "div",
    { class: "page page-full" },
    pageHead({ title: sw("page.audit"), detail: sw("audit.detail") }),
    h(
      "div",
      { class: "tools" },
      searchBox(query.principal, sw("audit.principal")),
      searchBox(query.method, sw("audit.method")),
      searchBox(query.resource, sw("audit.resource")),
      dayTool(query.from, sw("documents.from")),
      dayTool(query.until, sw("documents.to")),
    ),
    list.element,
    drawer({
      item: opened,
      onClose: () => void (opened.value = null),
      title: (row) => nameOf(row.method),
      subtitle: (row) => instantText(row.calledAt),
      content: callView,
    }),
  );
}

/** The beginning of a day here. @param {string} day */
const instant = (day) => day ? new Date(`${day}T00:00:00`).toISOString() : undefined;

/** @param {string} method "/remit.ledger.v1.LedgerService/PostInvoice" */
const nameOf = (method) => method.split("/").pop() ?? "";

/** @param {any} row */
function callView(row) {
  return h(
    "div",
    null,
    facts([
      [sw("column.who"), () => row.principal],
      [sw("audit.about"), () => row.title],
      [sw("audit.resource"), () => linkOf(row.resource ?? "")],
      [sw("column.what"), () => row.method],
      [sw("column.via"), () => row.via],
      [sw("sign_in.key"), () => row.keyId],
      [sw("audit.request"), () => row.requestId],
    ]),
    row.admission
      ? h("div", null, h("h3", null, sw("audit.forms")), h("pre", { class: "code-block" }, JSON.stringify(row.admission, null, 2)))
      : null,
  );
}

/** What has a page is a link to it. @param {string} resource */
function linkOf(resource) {
  const [kind, id] = resource.split("/");
  const page = { customer: "/customers/", document: "/documents/", import: "/imports/" }[kind];
  return page && id ? h("a", { href: page + id }, resource) : resource;
}
