// Webhooks: a company's own systems are told of events, signed, in their order.
import { call, platform, read } from "../../app/server.js";
import { may } from "../../app/session.js";
import { badge } from "../../parts/badge.js";
import { button } from "../../parts/button.js";
import { drawer } from "../../parts/drawer.js";
import { emptyState } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { signal } from "../../runtime/signal.js";
import { answered, facts, instantText, pageHead, s, sw, table } from "../common.js";
import { act, askFirst, beside, openedBy, plainForm, plainSharedForm, tellOnce } from "./common.js";

/** @param {string} name */
const webhooks = (name) => platform("WebhookService", name);
/** @typedef {{refresh: () => void, close: () => void}} Around */

/** @param {import("./common.js").Context} context */
export function webhooksPage({ router }) {
  const open = router.query("open");
  const list = read(webhooks("ListWebhooks"), { pageSize: 1000 }, { topics: ["webhook"] });
  const around = { refresh: list.refresh, close: () => void (open.value = "") };
  const add = () =>
    may("platform.webhook.create")
      ? [button({ label: sw("webhooks.new"), icon: "add", kind: "primary", onClick: () => void (open.value = "new") })]
      : [];
  return h(
    "div",
    { class: "page" },
    pageHead({ title: sw("page.webhooks"), detail: sw("webhooks.detail"), actions: add() }),
    beside(
      answered(list, (data) =>
        data.webhooks?.length
          ? table({
            label: sw("page.webhooks"),
            empty: sw("webhooks.none"),
            rows: data.webhooks,
            columns: [
              { label: sw("column.name"), cell: (row) => h("a", { href: `/settings/webhooks?open=.${row.name}` }, row.name) },
              { label: sw("webhooks.url"), cell: (row) => row.url },
              {
                label: sw("webhooks.types"),
                cell: (row) =>
                  h(
                    "span",
                    { class: "tags" },
                    (row.types ?? []).map((/** @type {string} */ one) => h("span", { class: "tag" }, shortOf(one))),
                  ),
              },
              { label: sw("webhooks.delivered"), cell: (row) => instantText(row.deliveredAt) },
              { label: sw("column.state"), cell: stateOf },
            ],
          })
          : emptyState({ title: sw("webhooks.none"), help: sw("webhooks.none_help"), icon: "link", actions: add() })),
      drawer({
        ...openedBy(open),
        // A point before names: "new" may be one.
        title: (id) => id === "new" ? sw("webhooks.new") : id.slice(1),
        content: (id) =>
          id === "new"
            ? newWebhook(around)
            : answered(read(webhooks("GetWebhook"), { name: id.slice(1) }, { topics: ["webhook"] }), (one) => webhookView(one, around)),
      }),
    ),
  );
}

/** "DocumentPosted" of its whole name. @param {string} type */
const shortOf = (type) => type.split(".").pop() ?? type;

/** @param {any} one */
function stateOf(one) {
  if (one.switchedOffAt) return badge({ label: sw("webhooks.off"), tone: "neutral" });
  return one.failingSince ? badge({ label: sw("webhooks.failing"), tone: "bad" }) : badge({ label: sw("webhooks.on"), tone: "good" });
}

/** @param {any} [one] @returns {import("./common.js").FormField[]} */
const fields = (one) => [
  { name: "name", type: "text", label: sw("column.name"), hint: sw("webhooks.name_hint"), required: true, readonly: !!one, wide: true },
  { name: "url", type: "text", label: sw("webhooks.url"), hint: sw("webhooks.url_hint"), required: true, wide: true },
  { name: "types", type: "longtext", label: sw("webhooks.types"), hint: sw("webhooks.types_hint"), required: true, wide: true },
  { name: "filter", type: "longtext", label: sw("webhooks.filter"), hint: sw("webhooks.filter_hint"), wide: true },
];

/** @param {any} request */
const listed = (request) => ({ ...request, types: request.types.split(/[\s,]+/).filter(Boolean) });

/** @param {Around} around */
function newWebhook({ refresh, close }) {
  return plainForm({
    fields: fields(),
    request: { types: "DocumentPosted" },
    cancel: close,
    submit: async (request, { intent }) => {
      const made = await call(webhooks("CreateWebhook"), listed(request), { intent });
      refresh();
      close();
      tellSecret(request.name, made.secret);
    },
  });
}

/** @param {string} name @param {string | undefined} secret */
function tellSecret(name, secret) {
  if (!secret) return void toast({ text: sw("admin.told_already"), tone: "bad" });
  // After the dialog before has closed: one question at a time.
  queueMicrotask(() =>
    void tellOnce({ title: () => s("webhooks.secret_of", { text: name }), help: sw("webhooks.secret_help"), rows: [[sw("webhooks.secret"), secret]] })
  );
}

/** @param {any} one @param {Around} around */
function webhookView(one, around) {
  const editing = signal(false);
  return h(
    "div",
    null,
    () => editing.value ? editor(one, around, () => (editing.value = false)) : overview(one, around, () => (editing.value = true)),
  );
}

/** @param {any} one @param {Around} around @param {() => void} done */
function editor(one, around, done) {
  /** @param {any} now */
  const requestOf = (now) => ({
    name: now.name,
    version: now.version,
    url: now.url,
    types: (now.types ?? []).map(shortOf).join("\n"),
    filter: now.filter,
  });
  return plainSharedForm({
    fields: fields(one),
    request: requestOf(one),
    version: one.version,
    latest: async () => {
      const now = await call(webhooks("GetWebhook"), { name: one.name });
      return { request: requestOf(now), version: now.version };
    },
    cancel: done,
    submit: async (request, { intent }) => {
      // Without a filter all of its types are told; empty would leave the one before.
      await call(webhooks("UpdateWebhook"), { webhook: { ...listed(request), filter: request.filter ?? "true" } }, { intent });
      refreshed(one, around);
      toast({ text: sw("done.saved") });
      done();
    },
  });
}

/** @param {any} one @param {Around} around */
function refreshed(one, { refresh }) {
  read(webhooks("GetWebhook"), { name: one.name }).refresh();
  refresh();
}

/** @param {any} one @param {Around} around @param {() => void} edit */
function overview(one, around, edit) {
  const { name } = one;
  /** @param {string} method @param {import("../../app/words.js").Key} done */
  const plain = (method, done) => () =>
    act(async (options) => {
      await call(webhooks(method), { name }, options);
      refreshed(one, around);
    }, sw(done));
  return h(
    "div",
    { class: "panel" },
    h(
      "div",
      { class: "panel-actions" },
      may("platform.webhook.update") ? button({ label: sw("do.edit"), icon: "edit", onClick: edit }) : null,
      may("platform.webhook.test") && !one.switchedOffAt
        ? button({ label: sw("webhooks.test"), icon: "call", onClick: plain("TestWebhook", "webhooks.tested") })
        : null,
      may("platform.webhook.suspend") && !one.switchedOffAt
        ? button({ label: sw("admin.suspend"), kind: "quiet", onClick: plain("SuspendWebhook", "webhooks.suspended") })
        : null,
      may("platform.webhook.resume") && one.switchedOffAt
        ? button({ label: sw("admin.resume"), icon: "refresh", onClick: plain("ResumeWebhook", "webhooks.resumed") })
        : null,
    ),
    facts([
      [sw("column.state"), () => stateOf(one)],
      [sw("webhooks.url"), () => one.url],
      [sw("webhooks.types"), () => (one.types ?? []).map(shortOf).join(", ")],
      [sw("webhooks.filter"), () => one.filter ? h("code", null, one.filter) : ""],
      [sw("webhooks.delivered"), () => one.deliveredAt ? `${instantText(one.deliveredAt)} · ${one.delivered}` : sw("webhooks.never")()],
      [sw("webhooks.failing_since"), () => instantText(one.failingSince)],
      [sw("webhooks.error"), () => one.error],
      [sw("webhooks.off_since"), () => one.switchedOffAt ? `${instantText(one.switchedOffAt)} ${one.switchedOffBecause ?? ""}` : ""],
      [sw("admin.created"), () => `${instantText(one.createdAt)} · ${one.createdBy ?? ""}`],
    ]),
    h(
      "div",
      { class: "panel-actions" },
      may("platform.webhook.rotate") ? button({ label: sw("webhooks.rotate"), icon: "refresh", kind: "quiet", onClick: () => rotate(one) }) : null,
      may("platform.webhook.delete")
        ? button({ label: sw("webhooks.delete"), icon: "trash", kind: "quiet", onClick: () => remove(one, around) })
        : null,
    ),
    may("platform.webhook.replay") ? replayForm(one, around) : null,
  );
}

/** @param {any} one */
function rotate({ name }) {
  return askFirst({
    title: () => s("webhooks.rotate_title", { text: name }),
    help: sw("webhooks.rotate_help"),
    confirm: sw("webhooks.rotate"),
    work: async (options) => tellSecret(name, (await call(webhooks("RotateWebhookSecret"), { name }, options)).secret),
  });
}

/** @param {any} one @param {Around} around */
function remove({ name }, { refresh, close }) {
  return askFirst({
    title: () => s("webhooks.delete_title", { text: name }),
    help: sw("webhooks.delete_help"),
    confirm: sw("webhooks.delete"),
    danger: true,
    work: async (options) => {
      await call(webhooks("DeleteWebhook"), { name }, options);
      refresh();
      toast({ text: sw("webhooks.deleted") });
      close();
    },
  });
}

/** @param {any} one @param {Around} around */
function replayForm(one, around) {
  return plainForm({
    sections: [{
      title: sw("webhooks.replay"),
      fields: [{ name: "after", type: "number", label: sw("webhooks.after"), hint: sw("webhooks.after_hint"), required: true, wide: true }],
    }],
    submitLabel: sw("webhooks.replay"),
    submit: async (request, { intent }) => {
      await call(webhooks("ReplayWebhook"), { name: one.name, after: String(request.after) }, { intent });
      refreshed(one, around);
      toast({ text: sw("webhooks.replayed") });
    },
  });
}
