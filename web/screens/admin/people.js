// People of the company: who they are, what they may, whether they can sign in.
import { call, platform, read } from "../../app/server.js";
import { may } from "../../app/session.js";
import { badge } from "../../parts/badge.js";
import { button } from "../../parts/button.js";
import { drawer } from "../../parts/drawer.js";
import { emptyState } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { signal } from "../../runtime/signal.js";
import { answered, block, dayText, facts, instantText, pageHead, s, sw, table } from "../common.js";
import { act, askFirst, beside, chosenRoles, localeOptions, openedBy, plainForm, plainSharedForm, roleFields, tellOnce } from "./common.js";
import { sessionsTable } from "./sessions.js";

/** @typedef {import("./common.js").Context} Context */
/** @param {string} name */
const persons = (name) => platform("PersonService", name);

/** @param {Context} context */
export function peoplePage({ router, who }) {
  const open = router.query("open");
  const list = read(persons("ListPersons"), { pageSize: 1000 });
  const roles = may("platform.role.list") ? read(platform("KeyService", "ListRoles"), {}) : null;
  const add = () =>
    may("platform.person.create")
      ? [button({ label: sw("people.new"), icon: "add", kind: "primary", onClick: () => void (open.value = "new") })]
      : [];
  const context = { open, refresh: list.refresh, who, roles: () => roles?.state.peek().data?.roles ?? (who.roles ?? []).map((name) => ({ name })) };
  return h(
    "div",
    { class: "page" },
    pageHead({ title: sw("page.people"), detail: sw("people.detail"), actions: add() }),
    beside(
      answered(
        list,
        (data) =>
          data.persons?.length
            ? peopleTable(data.persons)
            : emptyState({ title: sw("people.none"), help: sw("people.none_help"), icon: "person", actions: add() }),
      ),
      drawer({
        ...openedBy(open),
        title: (id) => id === "new" ? sw("people.new") : titleOf(list, id),
        content: (id) =>
          id === "new"
            ? (roles ? answered(roles, () => newPerson(context)) : newPerson(context))
            : answered(read(persons("GetPerson"), { id }), (person) => personView(person, context)),
      }),
    ),
  );
}

/** @param {{state: {readonly value: any}}} list @param {string} id */
const titleOf = (list, id) => () => list.state.value.data?.persons?.find((/** @type {any} */ one) => one.id === id)?.name || sw("people.person")();

/** @param {any[]} rows */
function peopleTable(rows) {
  return table({
    label: sw("page.people"),
    empty: sw("people.none"),
    rows,
    columns: [
      { label: sw("column.name"), cell: (row) => h("a", { class: "whole", href: `/settings/people?open=${row.id}` }, row.name || row.login) },
      { label: sw("people.login"), cell: (row) => row.login },
      {
        label: sw("people.roles"),
        cell: (row) => h("span", null, (row.roles ?? []).map((/** @type {string} */ name) => h("span", { class: "tag" }, name))),
      },
      { label: sw("people.email"), cell: (row) => row.email ?? "" },
      { label: sw("column.state"), cell: (row) => stateOf(row) },
    ],
  });
}

/** @param {any} person */
function stateOf(person) {
  if (person.state === "SUSPENDED") return badge({ label: sw("people.suspended"), tone: "bad" });
  if (!person.hasPassword) return badge({ label: sw("people.not_in_yet"), tone: "warn" });
  if (person.awayFrom) {
    return badge({ label: () => s("people.away", { text: `${dayText(person.awayFrom)} – ${dayText(person.awayUntil)}` }), tone: "info" });
  }
  return badge({ label: sw("people.active"), tone: "good" });
}

/** @typedef {{open: import("../../runtime/signal.js").Writable<string>, refresh: () => void, roles: () => any[], who: import("../../app/session.js").Who}} Around */

/** @param {Around} context */
function newPerson({ open, refresh, roles, who }) {
  return plainForm({
    sections: sections(roles(), true),
    request: { person: { locale: who.tenant.locale }, chosen: {} },
    submitLabel: sw("people.create"),
    cancel: () => void (open.value = ""),
    submit: async (request, { intent }) => {
      const person = await call(persons("CreatePerson"), { person: withRoles(request, roles()) }, { intent });
      refresh();
      toast({ text: () => s("people.created", { text: person.name || person.login }) });
      open.value = person.id;
    },
  });
}

/** @param {any[]} roles @param {boolean} isNew @returns {import("../../parts/form/state.js").FormSection[]} */
function sections(roles, isNew) {
  return [
    {
      fields: [
        {
          name: "person.login",
          type: "text",
          label: sw("people.login"),
          hint: sw("people.login_hint"),
          required: true,
          readonly: !isNew,
          wide: true,
        },
        { name: "person.name", type: "text", label: sw("column.name"), required: true, wide: true },
        { name: "person.email", type: "text", label: sw("people.email"), wide: true },
        { name: "person.manager", type: "text", label: sw("people.manager"), hint: sw("people.manager_hint"), wide: true },
        { name: "person.locale", type: "choice", label: sw("people.language"), options: localeOptions, wide: true },
      ],
    },
    {
      title: sw("people.roles"),
      fields: roleFields(roles),
    },
    ...(isNew ? [] : [
      /** @type {import("../../parts/form/state.js").FormSection} */ ({
        title: sw("people.absence"),
        fields: [
          { name: "person.awayFrom", type: "date", label: sw("people.away_from") },
          { name: "person.awayUntil", type: "date", label: sw("people.away_until") },
          { name: "person.substitute", type: "text", label: sw("people.substitute"), hint: sw("people.substitute_hint"), wide: true },
        ],
      }),
    ]),
  ];
}

/** @param {any} request @param {any[]} roles */
const withRoles = (request, roles) => ({ ...request.person, roles: chosenRoles(request, roles) });

/** @param {any} person @param {Around} context */
function personView(person, context) {
  const editing = signal(false);
  return h(
    "div",
    null,
    () => editing.value ? editor(person, context, () => (editing.value = false)) : overview(person, context, () => (editing.value = true)),
  );
}

/** @param {any} person @param {Around} context @param {() => void} edit */
function overview(person, { refresh, who }, edit) {
  const isOwn = who.person?.id === person.id;
  const isActive = person.state !== "SUSPENDED";
  return h(
    "div",
    { class: "panel" },
    h(
      "div",
      { class: "panel-actions" },
      may("platform.person.update") ? button({ label: sw("do.edit"), icon: "edit", onClick: edit }) : null,
      may("platform.person.invite") && isActive
        ? button({ label: sw("people.invite"), icon: "letter", onClick: () => invite(person, refresh) })
        : null,
      may("platform.person.suspend") && isActive && !isOwn
        ? button({ label: sw("admin.suspend"), icon: "lock", kind: "quiet", onClick: () => suspend(person, refresh) })
        : null,
      may("platform.person.resume") && !isActive
        ? button({
          label: sw("admin.resume"),
          icon: "refresh",
          onClick: () =>
            act(async (options) => {
              await call(persons("ResumePerson"), { id: person.id, version: person.version }, options);
              refreshed(person, refresh);
            }, sw("people.resumed")),
        })
        : null,
    ),
    facts([
      [sw("column.state"), () => stateOf(person)],
      [sw("people.login"), () => person.login],
      [sw("column.name"), () => person.name],
      [sw("people.email"), () => person.email],
      [sw("people.language"), () => person.locale ? new Intl.DisplayNames([person.locale], { type: "language" }).of(person.locale) : ""],
      [sw("people.roles"), () => (person.roles ?? []).join(", ")],
      [sw("people.manager"), () => person.manager],
      [sw("people.substitute"), () => person.substitute],
      [sw("admin.created"), () => `${instantText(person.createdAt)} · ${person.createdBy ?? ""}`],
    ]),
    may("platform.session.list")
      ? block(sw("people.sessions"), [sessionsTable({ principal: person.login, mayEnd: may("platform.session.end") || isOwn })])
      : null,
  );
}

/** The list, and what is shown of the person. @param {any} person @param {() => void} refresh */
function refreshed(person, refresh) {
  read(persons("GetPerson"), { id: person.id }).refresh();
  refresh();
}

/** @param {any} person @param {Around} context @param {() => void} done */
function editor(person, { roles, refresh }, done) {
  const known = roles();
  /** @param {any} now */
  const requestOf = (now) => ({ person: now, chosen: Object.fromEntries(known.map((role, i) => [`r${i}`, (now.roles ?? []).includes(role.name)])) });
  return plainSharedForm({
    sections: sections(known, false),
    request: requestOf(person),
    version: person.version,
    latest: async () => {
      const now = await call(persons("GetPerson"), { id: person.id });
      return { request: requestOf(now), version: now.version };
    },
    cancel: done,
    submit: async (request, { intent }) => {
      // Roles that cannot be listed stay.
      const others = (request.person.roles ?? []).filter((/** @type {string} */ name) => !known.some((role) => role.name === name));
      const next = withRoles(request, known);
      await call(persons("UpdatePerson"), { person: { ...next, roles: [...next.roles, ...others] } }, { intent });
      refreshed(person, refresh);
      toast({ text: sw("done.saved") });
      done();
    },
  });
}

/** @param {any} person @param {() => void} refresh */
function invite(person, refresh) {
  return askFirst({
    title: () => s("people.invite_title", { text: person.name || person.login }),
    help: sw(person.hasPassword ? "people.invite_again_help" : "people.invite_help"),
    confirm: sw("people.invite"),
    work: async (options) => {
      const told = await call(persons("InvitePerson"), { id: person.id }, options);
      refreshed(person, refresh);
      if (!told.invitation) throw new Error(s("admin.told_already"));
      // After this dialog has closed: one question at a time.
      queueMicrotask(() =>
        void tellOnce({
          title: () => s("people.invited_title", { text: person.name || person.login }),
          help: () => s("people.invited_help", { text: instantText(told.expiresAt) }),
          rows: [[sw("people.link"), `${location.origin}/#invitation=${told.invitation}`], [sw("sign_in.invitation"), told.invitation]],
        })
      );
    },
  });
}

/** @param {any} person @param {() => void} refresh */
function suspend(person, refresh) {
  return askFirst({
    title: () => s("people.suspend_title", { text: person.name || person.login }),
    help: sw("people.suspend_help"),
    confirm: sw("admin.suspend"),
    danger: true,
    work: async (options) => {
      await call(persons("SuspendPerson"), { id: person.id, version: person.version }, options);
      refreshed(person, refresh);
      toast({ text: sw("people.suspended_now") });
    },
  });
}
