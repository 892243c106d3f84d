// Accounts that are posted to, profiles that take others for some documents, and what is done with the tax of discounts and write-offs.
import { books, call, read } from "../../app/server.js";
import { may } from "../../app/session.js";
import { named } from "../../app/words.js";
import { button } from "../../parts/button.js";
import { drawer } from "../../parts/drawer.js";
import { tabs } from "../../parts/tabs.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { answered, facts, pageHead, sw, table } from "../common.js";
import { beside, openedBy, plainForm } from "./common.js";

/** Of which a profile may name another account. */
const roles = ["bank", "revenue", "tax", "discount", "write_off", "bank_fee"];

/** @param {import("./common.js").Context} context */
export function accountsPage({ router }) {
  return h(
    "div",
    { class: "page" },
    pageHead({ title: sw("page.accounts"), detail: sw("accounts.detail") }),
    tabs({
      label: sw("page.accounts"),
      chosen: router.query("tab"),
      tabs: [
        { id: "accounts", label: sw("accounts.accounts"), content: () => accounts(router) },
        ...(may("ledger.posting_profile.list") ? [{ id: "profiles", label: sw("accounts.profiles"), content: () => profiles(router) }] : []),
        ...(may("ledger.tax_policy.get") ? [{ id: "tax", label: sw("accounts.tax"), content: taxPolicy }] : []),
      ],
    }),
  );
}

/** @param {import("../../app/console.js").Router} router */
function accounts(router) {
  const open = router.query("account");
  const list = read(books("ListAccounts"), {});
  const close = () => void (open.value = "");
  const found = (/** @type {string} */ code) => list.state.peek().data?.accounts?.find((/** @type {any} */ one) => one.code === code);
  const maySave = may("ledger.account.save");
  return beside(
    h(
      "div",
      { class: "panel" },
      maySave ? h("div", { class: "tools" }, button({ label: sw("accounts.new"), icon: "add", onClick: () => void (open.value = "new") })) : null,
      answered(list, (data) =>
        table({
          label: sw("accounts.accounts"),
          empty: sw("accounts.none"),
          rows: data.accounts ?? [],
          columns: [
            {
              label: sw("balance.account"),
              cell: (row) => maySave ? h("a", { href: `/ledger/accounts?account=${encodeURIComponent(row.code)}` }, row.code) : row.code,
            },
            { label: sw("column.name"), cell: (row) => row.name },
            { label: sw("balance.role"), cell: (row) => h("span", null, () => named("role", row.role)) },
          ],
        })),
    ),
    drawer({
      ...openedBy(open),
      title: (code) => code === "new" ? sw("accounts.new") : code,
      content: (code) => answered(list, () => accountForm(found(code), () => (list.refresh(), close()), close)),
    }),
  );
}

/** @param {any} account undefined: a new one @param {() => void} done @param {() => void} cancel */
function accountForm(account, done, cancel) {
  return plainForm({
    fields: [
      { name: "account.code", type: "text", label: sw("balance.account"), required: true, readonly: !!account, wide: true },
      { name: "account.name", type: "text", label: sw("column.name"), required: true, wide: true },
    ],
    request: { account: account ?? {} },
    cancel,
    submit: async (request, { intent }) => {
      await call(books("SaveAccount"), request, { intent });
      toast({ text: sw("done.saved") });
      done();
    },
  });
}

/** @param {import("../../app/console.js").Router} router */
function profiles(router) {
  const open = router.query("profile");
  const list = read(books("ListPostingProfiles"), {});
  const known = may("ledger.account.list") ? read(books("ListAccounts"), {}) : null;
  const close = () => void (open.value = "");
  const found = (/** @type {string} */ name) => list.state.peek().data?.profiles?.find((/** @type {any} */ one) => one.name === name);
  const maySave = may("ledger.posting_profile.save");
  return beside(
    h(
      "div",
      { class: "panel" },
      maySave
        ? h("div", { class: "tools" }, button({ label: sw("accounts.new_profile"), icon: "add", onClick: () => void (open.value = "new") }))
        : null,
      answered(list, (data) =>
        table({
          label: sw("accounts.profiles"),
          empty: sw("accounts.no_profiles"),
          rows: data.profiles ?? [],
          columns: [
            {
              label: sw("column.name"),
              cell: (row) =>
                maySave ? h("a", { href: `/ledger/accounts?tab=profiles&profile=.${encodeURIComponent(row.name)}` }, row.name) : row.name,
            },
            {
              label: sw("accounts.instead"),
              cell: (row) =>
                h(
                  "span",
                  { class: "tags" },
                  Object.entries(row.accounts ?? {}).map(([role, code]) => h("span", { class: "tag" }, () => `${named("role", role)}: ${code}`)),
                ),
            },
          ],
        })),
    ),
    drawer({
      ...openedBy(open),
      // A point before names: "new" may be one.
      title: (name) => name === "new" ? sw("accounts.new_profile") : name.slice(1),
      content: (name) =>
        answered(list, () => profileForm(found(name.slice(1)), known?.state.peek().data?.accounts ?? [], () => (list.refresh(), close()), close)),
    }),
  );
}

/** @param {any} profile undefined: a new one @param {any[]} accounts @param {() => void} done @param {() => void} cancel */
function profileForm(profile, accounts, done, cancel) {
  const options = accounts.map((one) => ({ value: one.code, label: `${one.code} ${one.name}` }));
  return plainForm({
    fields: [
      {
        name: "profile.name",
        type: "text",
        label: sw("column.name"),
        hint: sw("accounts.profile_hint"),
        required: true,
        readonly: !!profile,
        wide: true,
      },
      ...roles.map((role) => ({
        name: `profile.accounts.${role}`,
        type: options.length ? /** @type {const} */ ("choice") : /** @type {const} */ ("text"),
        label: () => named("role", role),
        options,
        wide: true,
      })),
    ],
    request: { profile: profile ?? { accounts: {} } },
    cancel,
    submit: async (request, { intent }) => {
      await call(books("SavePostingProfile"), request, { intent });
      toast({ text: sw("done.saved") });
      done();
    },
  });
}

function taxPolicy() {
  const answer = read(books("GetTaxPolicy"), {});
  return answered(answer, (policy) => {
    if (!may("ledger.tax_policy.set")) {
      const said = (/** @type {boolean | undefined} */ yes) => sw(yes ? "admin.yes" : "admin.no")();
      return facts([[sw("accounts.discounts"), () => said(policy.correctDiscounts)], [
        sw("accounts.write_offs"),
        () => said(policy.correctWriteOffs),
      ]]);
    }
    return h(
      "div",
      { class: "panel" },
      h("p", { class: "soft measure" }, sw("accounts.tax_help")),
      plainForm({
        fields: [
          { name: "policy.correctDiscounts", type: "yesno", label: sw("accounts.discounts"), hint: sw("accounts.correct"), wide: true },
          { name: "policy.correctWriteOffs", type: "yesno", label: sw("accounts.write_offs"), hint: sw("accounts.correct"), wide: true },
        ],
        request: { policy },
        submit: async (request, { intent }) => {
          await call(books("SetTaxPolicy"), request, { intent });
          answer.refresh();
          toast({ text: sw("done.saved") });
        },
      }),
    );
  });
}
