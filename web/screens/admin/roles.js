// Roles: what those who have one may do, as patterns of permissions.
import { call, platform, read } from "../../app/server.js";
import { may } from "../../app/session.js";
import { button } from "../../parts/button.js";
import { drawer } from "../../parts/drawer.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { answered, pageHead, s, sw, table } from "../common.js";
import { askFirst, beside, openedBy, plainForm } from "./common.js";

/** @param {string} name */
const keys = (name) => platform("KeyService", name);
/** Which may all, and is no document. */
const fixed = "owner";

/** @param {import("./common.js").Context} context */
export function rolesPage({ router }) {
  const open = router.query("open");
  const list = read(keys("ListRoles"), {});
  const close = () => void (open.value = "");
  return h(
    "div",
    { class: "page" },
    pageHead({
      title: sw("page.roles"),
      detail: sw("roles.detail"),
      actions: may("platform.role.save")
        ? [button({ label: sw("roles.new"), icon: "add", kind: "primary", onClick: () => void (open.value = "new") })]
        : [],
    }),
    beside(
      answered(list, (data) =>
        table({
          label: sw("page.roles"),
          empty: sw("roles.none"),
          rows: data.roles ?? [],
          columns: [
            { label: sw("column.name"), cell: (row) => h("a", { href: `/settings/roles?open=.${row.name}` }, row.name) },
            {
              label: sw("roles.permissions"),
              cell: (row) =>
                row.name === fixed ? sw("people.may_all")() : h(
                  "span",
                  { class: "tags" },
                  (row.permissions ?? []).map((/** @type {string} */ one) => h("code", { class: "tag" }, one)),
                ),
            },
          ],
        })),
      drawer({
        ...openedBy(open),
        // A point before names: "new" may be one.
        title: (id) => id === "new" ? sw("roles.new") : id.slice(1),
        content: (id) =>
          id === "new"
            ? roleForm(null, list.refresh, close)
            : answered(read(keys("GetRole"), { name: id.slice(1) }), (role) => roleView(role, list.refresh, close)),
      }),
    ),
  );
}

/** @param {any} role @param {() => void} refresh @param {() => void} close */
function roleView(role, refresh, close) {
  if (role.name === fixed || !may("platform.role.save")) {
    return role.name === fixed
      ? h("p", null, sw("roles.fixed"))
      : h("ul", { class: "lines-of-code" }, (role.permissions ?? []).map((/** @type {string} */ one) => h("li", null, h("code", null, one))));
  }
  return h(
    "div",
    { class: "panel" },
    roleForm(role, refresh, close),
    may("platform.role.delete")
      ? h("div", null, button({ label: sw("roles.delete"), icon: "trash", kind: "quiet", onClick: () => remove(role, refresh, close) }))
      : null,
  );
}

/** @param {any} role null: a new one @param {() => void} refresh @param {() => void} close */
function roleForm(role, refresh, close) {
  return plainForm({
    fields: [
      { name: "role.name", type: "text", label: sw("column.name"), hint: sw("roles.name_hint"), required: true, readonly: !!role, wide: true },
      { name: "role.permissions", type: "longtext", label: sw("roles.permissions"), hint: sw("roles.permissions_hint"), required: true, wide: true },
    ],
    request: { role: { name: role?.name, permissions: (role?.permissions ?? []).join("\n") } },
    cancel: close,
    submit: async (request, { intent }) => {
      const permissions = request.role.permissions.split(/[\s,]+/).filter(Boolean);
      await call(keys("SaveRole"), { role: { name: request.role.name, permissions } }, { intent });
      if (role) read(keys("GetRole"), { name: role.name }).refresh();
      refresh();
      toast({ text: () => s("roles.saved", { text: request.role.name }) });
      close();
    },
  });
}

/** @param {any} role @param {() => void} refresh @param {() => void} close */
function remove(role, refresh, close) {
  return askFirst({
    title: () => s("roles.delete_title", { text: role.name }),
    help: sw("roles.delete_help"),
    confirm: sw("roles.delete"),
    danger: true,
    work: async (options) => {
      await call(keys("DeleteRole"), { name: role.name }, options);
      refresh();
      toast({ text: () => s("roles.deleted", { text: role.name }) });
      close();
    },
  });
}
