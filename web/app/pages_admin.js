// The pages of books, imports and settings. Few open them in a day, so their modules come when they are opened.
import { errorState, loadingState } from "../parts/states.js";
import { h } from "../runtime/h.js";
import { freeScope, onEnd } from "../runtime/signal.js";

/** @typedef {import("./console.js").Page["make"]} Make */

/** @param {() => Promise<Make>} load @returns {Make} */
export const later = (load) => (context) => {
  const place = h("div", { class: "page" }, loadingState());
  let isLeft = false;
  let end = () => {};
  onEnd(() => {
    isLeft = true;
    end();
  });
  const show = async () => {
    try {
      const make = await load();
      if (isLeft) return;
      const made = freeScope(() => make(context));
      end = made.end;
      place.replaceWith(made.value);
    } catch (error) {
      // A page of an earlier version that is open while the server changes must be loaded anew.
      place.replaceChildren(errorState({ error: error instanceof Error ? error : new Error(String(error)), retry: () => location.reload() }));
    }
  };
  void show();
  return place;
};

/** @type {Record<string, import("./console.js").Page>} */
export const administration = {
  "/ledger/periods": {
    title: "page.periods",
    icon: "calendar",
    group: "books",
    needs: "ledger.period.list",
    also: ["kjqj", "qj"],
    make: later(() => import("../screens/admin/periods.js").then((module) => module.periodsPage)),
  },
  "/ledger/balance": {
    title: "page.balance",
    icon: "ledger",
    group: "books",
    needs: "ledger.trial_balance.get",
    also: ["ssph"],
    make: later(() => import("../screens/admin/balance.js").then((module) => module.balancePage)),
  },
  "/ledger/rates": {
    title: "page.rates",
    icon: "globe",
    group: "books",
    needs: "ledger.exchange_rate.list",
    also: ["hl"],
    make: later(() => import("../screens/admin/rates.js").then((module) => module.ratesPage)),
  },
  "/ledger/numbers": {
    title: "page.numbers",
    icon: "flag",
    group: "books",
    needs: "ledger.number_series.list",
    also: ["bhgz"],
    make: later(() => import("../screens/admin/numbers.js").then((module) => module.numbersPage)),
  },
  "/ledger/accounts": {
    title: "page.accounts",
    icon: "bank",
    group: "books",
    needs: "ledger.account.list",
    also: ["km", "gzpz"],
    make: later(() => import("../screens/admin/accounts.js").then((module) => module.accountsPage)),
  },
  "/ledger/exports": {
    title: "page.exports",
    icon: "download",
    group: "books",
    needs: "ledger.journal.list_exports",
    also: ["fldc", "pzdc"],
    make: later(() => import("../screens/admin/exports.js").then((module) => module.exportsPage)),
  },
  "/imports": {
    title: "page.imports",
    icon: "upload",
    group: "data",
    needs: "platform.import.list",
    also: ["sjdr", "dr"],
    make: later(() => import("../screens/admin/imports.js").then((module) => module.importsPage)),
  },
  "/imports/:id": {
    title: "page.import",
    needs: "platform.import.get",
    make: later(() => import("../screens/admin/import.js").then((module) => module.importPage)),
  },
  "/settings/people": {
    title: "page.people",
    icon: "customers",
    group: "settings",
    needs: "platform.person.list",
    also: ["ry", "yh"],
    make: later(() => import("../screens/admin/people.js").then((module) => module.peoplePage)),
  },
  "/settings/roles": {
    title: "page.roles",
    icon: "approve",
    group: "settings",
    needs: "platform.role.list",
    also: ["js", "qx"],
    make: later(() => import("../screens/admin/roles.js").then((module) => module.rolesPage)),
  },
  "/settings/keys": {
    title: "page.keys",
    icon: "lock",
    group: "settings",
    needs: "platform.key.list",
    also: ["my"],
    make: later(() => import("../screens/admin/keys.js").then((module) => module.keysPage)),
  },
  "/settings/audit": {
    title: "page.audit",
    icon: "clock",
    group: "settings",
    needs: "platform.audit.list",
    also: ["sjrz"],
    make: later(() => import("../screens/admin/audit.js").then((module) => module.auditPage)),
  },
  "/settings/webhooks": {
    title: "page.webhooks",
    icon: "link",
    group: "settings",
    needs: "platform.webhook.list",
    also: ["ts"],
    make: later(() => import("../screens/admin/webhooks.js").then((module) => module.webhooksPage)),
  },
  "/settings/configuration": {
    title: "page.configuration",
    icon: "settings",
    group: "settings",
    needs: "platform.configuration.get",
    also: ["pz"],
    make: later(() => import("../screens/admin/configuration.js").then((module) => module.configurationPage)),
  },
  "/settings/profile": {
    title: "page.profile",
    icon: "person",
    group: "settings",
    also: ["grsz"],
    make: later(() => import("../screens/admin/profile.js").then((module) => module.profilePage)),
  },
};
