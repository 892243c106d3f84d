// Keys: with which programs call Remit, each with a secret that is told once.
import { call, platform, read } from "../../app/server.js";
import { may } from "../../app/session.js";
import { badge } from "../../parts/badge.js";
import { button } from "../../parts/button.js";
import { drawer } from "../../parts/drawer.js";
import { emptyState } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { answered, instantText, pageHead, s, sw, table } from "../common.js";
import { askFirst, beside, chosenRoles, openedBy, plainForm, roleFields, tellOnce } from "./common.js";

/** @param {string} name */
const keys = (name) => platform("KeyService", name);

/** @param {import("./common.js").Context} context */
export function keysPage({ router, who }) {
  const open = router.query("open");
  const list = read(keys("ListKeys"), { pageSize: 1000 });
  const roles = may("platform.role.list") ? read(keys("ListRoles"), {}) : null;
  const known = () => (roles?.state.peek().data?.roles ?? (who.roles ?? []).map((name) => ({ name })));
  const close = () => void (open.value = "");
  const add = may("platform.key.create")
    ? [button({ label: sw("keys.new"), icon: "add", kind: "primary", onClick: () => void (open.value = "new") })]
    : [];
  return h(
    "div",
    { class: "page" },
    pageHead({ title: sw("page.keys"), detail: sw("keys.detail"), actions: add }),
    beside(
      answered(
        list,
        (data) =>
          data.keys?.length ? keysTable(data.keys, list.refresh) : emptyState({ title: sw("keys.none"), help: sw("keys.none_help"), icon: "lock" }),
      ),
      drawer({
        ...openedBy(open),
        title: () => sw("keys.new"),
        content: () => roles ? answered(roles, () => newKey(known(), list.refresh, close)) : newKey(known(), list.refresh, close),
      }),
    ),
  );
}

/** @param {any[]} rows @param {() => void} refresh */
function keysTable(rows, refresh) {
  const now = new Date().toISOString();
  return table({
    label: sw("page.keys"),
    empty: sw("keys.none"),
    rows,
    columns: [
      { label: sw("keys.principal"), cell: (row) => row.principal },
      { label: sw("keys.id"), cell: (row) => h("code", null, row.id) },
      {
        label: sw("people.roles"),
        cell: (row) => h("span", { class: "tags" }, (row.roles ?? []).map((/** @type {string} */ name) => h("span", { class: "tag" }, name))),
      },
      { label: sw("admin.created"), cell: (row) => h("span", { class: "whole", title: row.createdBy }, instantText(row.createdAt)) },
      { label: sw("keys.expires"), cell: (row) => h("span", { class: "whole" }, row.expiresAt ? instantText(row.expiresAt) : sw("keys.never")()) },
      {
        label: sw("column.state"),
        cell: (row) =>
          row.revokedAt
            ? badge({ label: sw("keys.revoked"), tone: "neutral" })
            : row.expiresAt && row.expiresAt < now
            ? badge({ label: sw("keys.expired"), tone: "neutral" })
            : badge({ label: sw("keys.good"), tone: "good" }),
      },
      ...(may("platform.key.revoke")
        ? [{
          label: "",
          cell: (/** @type {any} */ row) =>
            row.revokedAt ? "" : button({ label: sw("keys.revoke"), kind: "quiet", onClick: () => revoke(row, refresh) }),
        }]
        : []),
    ],
  });
}

/** @param {{name: string}[]} roles @param {() => void} refresh @param {() => void} close */
function newKey(roles, refresh, close) {
  return plainForm({
    sections: [{
      fields: [
        { name: "principal", type: "text", label: sw("keys.principal"), hint: sw("keys.principal_hint"), required: true, wide: true },
        { name: "expiresOn", type: "date", label: sw("keys.expires"), hint: sw("keys.expires_hint"), wide: true },
      ],
    }, { title: sw("people.roles"), fields: roleFields(roles) }],
    submitLabel: sw("keys.create"),
    cancel: close,
    submit: async (request, { intent }) => {
      const expiresAt = request.expiresOn ? new Date(`${request.expiresOn}T23:59:59`).toISOString() : undefined;
      const made = await call(keys("CreateKey"), { principal: request.principal, roles: chosenRoles(request, roles), expiresAt }, { intent });
      refresh();
      close();
      if (!made.secret) return void toast({ text: sw("admin.told_already"), tone: "bad" });
      void tellOnce({
        title: () => s("keys.created", { text: request.principal }),
        help: sw("keys.created_help"),
        rows: [[sw("sign_in.key"), made.secret]],
      });
    },
  });
}

/** @param {any} key @param {() => void} refresh */
function revoke(key, refresh) {
  return askFirst({
    title: () => s("keys.revoke_title", { text: key.principal }),
    help: sw("keys.revoke_help"),
    confirm: sw("keys.revoke"),
    danger: true,
    work: async (options) => {
      await call(keys("RevokeKey"), { id: key.id }, options);
      refresh();
      toast({ text: sw("keys.revoked_now") });
    },
  });
}
