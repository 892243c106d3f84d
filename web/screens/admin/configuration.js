// What a company has told Remit without code: its documents, and the versions they had.
import { call, platform, read } from "../../app/server.js";
import { may } from "../../app/session.js";
import { button } from "../../parts/button.js";
import { drawer } from "../../parts/drawer.js";
import { tabs } from "../../parts/tabs.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { derived } from "../../runtime/signal.js";
import { answered, instantText, pageHead, s, sw, table } from "../common.js";
import { changesView } from "./changes.js";
import { askReason, beside, openedBy } from "./common.js";
import { documentsView } from "./documents.js";

/** @param {string} name */
const configurations = (name) => platform("ConfigurationService", name);

/** @param {import("./common.js").Context} context */
export function configurationPage({ router }) {
  const current = onlyOther(read(configurations("GetConfiguration"), {}));
  return h(
    "div",
    { class: "page page-wide" },
    pageHead({
      title: sw("page.configuration"),
      detail: () => current.state.value.data ? s("config.detail", { text: current.state.value.data.version ?? "0" }) : "",
    }),
    tabs({
      label: sw("page.configuration"),
      chosen: router.query("tab"),
      tabs: [
        { id: "documents", label: sw("config.documents"), content: () => answered(current, (data) => documentsView(data, router, current.refresh)) },
        ...(may("platform.configuration.list") ? [{ id: "history", label: sw("tab.history"), content: () => history(router, current) }] : []),
      ],
    }),
  );
}

/**
 * An answer that is the same as before makes nothing anew: what somebody types meanwhile stays.
 * @param {{state: {readonly value: import("../../client/cache.js").Answer}, refresh: () => void}} answer
 */
function onlyOther({ state, refresh }) {
  /** @type {any} */
  let kept = null;
  return {
    state: derived(() => {
      const now = state.value;
      if (kept === null || now.data?.version !== kept.version) kept = now.data;
      return { ...now, data: kept };
    }),
    refresh,
  };
}

/** @param {import("../../app/console.js").Router} router @param {{state: {readonly value: any}, refresh: () => void}} current */
function history(router, current) {
  const open = router.query("version");
  const list = read(configurations("ListConfigurations"), { pageSize: 1000 });
  const refresh = () => {
    list.refresh();
    current.refresh();
  };
  return beside(
    answered(list, (data) => {
      const now = data.versions?.[0]?.version;
      return table({
        label: sw("tab.history"),
        empty: sw("history.none"),
        rows: data.versions ?? [],
        columns: [
          { label: sw("config.version"), cell: (row) => h("a", { href: `/settings/configuration?tab=history&version=${row.version}` }, row.version) },
          {
            label: sw("column.reason"),
            cell: (row) => row.reason || (row.equals && row.equals !== "0" ? s("config.equals", { text: row.equals }) : ""),
          },
          { label: sw("config.documents"), cell: (row) => countsOf(row) },
          { label: sw("column.who"), cell: (row) => row.appliedBy ?? "" },
          { label: sw("column.when"), cell: (row) => instantText(row.appliedAt) },
          ...(may("platform.configuration.rollback")
            ? [{
              label: "",
              cell: (/** @type {any} */ row) =>
                row.version === now
                  ? ""
                  : button({ label: sw("config.rollback"), kind: "quiet", onClick: () => rollBack(row.version, now, refresh) }),
            }]
            : []),
        ],
      });
    }),
    drawer({
      ...openedBy(open),
      title: (version) => () => s("config.changes_of", { text: version }),
      content: (version) =>
        answered(
          read(configurations("GetChanges"), { fromVersion: String(BigInt(version) - 1n), toVersion: version }),
          (data) => changesView(data.changes ?? []),
        ),
    }),
  );
}

/** "+2 ~1 −1" @param {any} row */
const countsOf = (row) =>
  [["+", row.added], ["~", row.changed], ["−", row.removed]].filter(([, count]) => count).map(([sign, count]) => `${sign}${count}`).join(" ");

/** @param {string} version @param {string} base @param {() => void} refresh */
function rollBack(version, base, refresh) {
  return askReason({
    title: () => s("config.rollback_title", { text: version }),
    help: sw("config.rollback_help"),
    confirm: sw("config.rollback"),
    danger: true,
    required: true,
    work: async (reason, options) => {
      const made = await call(configurations("RollbackConfiguration"), { version, baseVersion: base, reason }, options);
      refresh();
      toast({ text: () => s("config.applied", { text: made.version }) });
    },
  });
}
