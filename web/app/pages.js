// The pages, by the pattern of their address: what is here is the menu and what the palette goes to.
import { ageingPage } from "../screens/ageing.js";
import { approvalsPage } from "../screens/approvals.js";
import { startPage } from "../screens/flow_start.js";
import { casePage } from "../screens/case.js";
import { cashPage } from "../screens/cash.js";
import { customerPage } from "../screens/customer.js";
import { customersPage, newCustomerPage } from "../screens/customers.js";
import { documentPage } from "../screens/document.js";
import { documentsPage } from "../screens/documents.js";
import { draftsPage } from "../screens/drafts.js";
import { enterPage } from "../screens/enter.js";
import { homePage } from "../screens/home.js";
import { administration, later } from "./pages_admin.js";

/** @type {Record<string, import("./console.js").Page>} */
export const pages = {
  "/home": { title: "page.home", icon: "home", group: "work", also: ["sy", "zy"], make: homePage },
  "/customers": { title: "page.customers", icon: "customers", group: "work", needs: "ledger.customer.list", also: ["kh"], make: customersPage },
  "/customers/new": { title: "page.customer_new", needs: "ledger.customer.create", make: newCustomerPage },
  "/customers/:id": { title: "page.customer", needs: "ledger.customer.get", make: customerPage },
  "/documents": { title: "page.documents", icon: "document", group: "work", needs: "ledger.document.list", also: ["dj"], make: documentsPage },
  "/documents/new/:kind": { title: "page.document_new", make: enterPage },
  "/documents/:id": { title: "page.document", needs: "ledger.document.get", make: documentPage },
  "/drafts": { title: "page.drafts", icon: "edit", group: "work", needs: "ledger.draft.list", also: ["cg"], make: draftsPage },
  "/cash": { title: "page.cash", icon: "cash", group: "work", needs: "ledger.allocation.create", also: ["hx"], make: cashPage },
  "/ageing": { title: "page.ageing", icon: "chart", group: "work", needs: "ledger.ageing.get", also: ["zl"], make: ageingPage },
  "/approvals": {
    title: "page.approvals",
    icon: "approve",
    group: "work",
    needs: ["workflow.task.list", "workflow.case.list"],
    also: ["sp"],
    make: approvalsPage,
  },
  "/approvals/start/:flow": {
    title: "page.start",
    needs: "workflow.case.start",
    make: startPage,
  },
  "/approvals/:id": { title: "page.case", needs: "workflow.case.get", make: casePage },
  "/records/:kind": {
    title: "page.records",
    needs: "platform.record.list",
    make: later(() => import("../screens/records.js").then((module) => module.recordsPage)),
  },
  "/records/:kind/:id": {
    title: "page.record",
    needs: "platform.record.get",
    make: later(() => import("../screens/record.js").then((module) => module.recordPage)),
  },
  "/new/:kind": {
    title: "page.record_new",
    needs: "platform.record.create",
    make: later(() => import("../screens/records.js").then((module) => module.newRecordPage)),
  },
  ...administration,
};
