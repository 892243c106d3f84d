// A case: what is asked for, where it is, who decided what; and what the person who looks at it can do.
import { call, changed, ledger, platform, read } from "../app/server.js";
import { may } from "../app/session.js";
import { newIntent } from "../client/connect.js";
import { button } from "../parts/button.js";
import { combobox } from "../parts/combobox.js";
import { ask } from "../parts/dialog.js";
import { field } from "../parts/field.js";
import { form } from "../parts/form.js";
import { inLanguage } from "../parts/form/document.js";
import { FormState } from "../parts/form/state.js";
import { selectInput, textArea, textInput } from "../parts/inputs.js";
import { toast } from "../parts/toast.js";
import { h, textOf } from "../runtime/h.js";
import { shortcuts } from "../runtime/keys.js";
import { onEnd, signal } from "../runtime/signal.js";
import { isDay } from "../values/date.js";
import { named } from "../app/words.js";
import { caseWay, stepName } from "./case_way.js";
import { caseBadge, caseHref, casesOf, dueText, nextOfMine, plainly, sendByKeys, tasksOf } from "./approvals.js";
import { beginIn, checkWith, described, valueText, whenThere } from "./company_form.js";
import { shape, withCustomer } from "./enter.js";
import { amount, answered, block, dayText, facts, holding, instantText, kindText, pageHead, s, sw } from "./common.js";

/** @typedef {import("../app/console.js").Context} Context */
/** @typedef {import("../parts/form/state.js").FormField} FormField */
/** @typedef {import("../parts/form/state.js").FormDescription} FormDescription */
/** @typedef {{visit: number, task: number}} Place */
/** @typedef {{context: Context, editing: import("../runtime/signal.js").Writable<boolean>, places: () => Place[]}} Around */

/** @param {Context} context */
export function casePage(context) {
  const { id } = context.params;
  const answer = read(casesOf("GetCase"), { caseId: id }, { topics: ["case"] });
  const tasks = may("workflow.task.list") ? read(tasksOf("ListTasks"), { pageSize: 1000 }, { topics: ["case"] }) : null;
  const editing = signal(false);
  const places = () =>
    (tasks?.state.value.data?.items ?? []).filter((/** @type {any} */ one) => one.caseFile?.id === id)
      .map(({ visit = 0, task = 0 }) => ({ visit, task }));
  return answered(holding(answer, editing), (found) => view(found, { context, editing, places }));
}

/** @param {any} found @param {Around} around */
function view(found, around) {
  return h(
    "div",
    { class: "page" },
    pageHead({ title: () => found.summary, actions: actionsOf(found, around), back: { href: "/approvals", label: sw("page.approvals") } }),
    problemOf(found),
    facts([
      [sw("column.state"), () => caseBadge(found.state)],
      [sw("approvals.amount"), () => found.amount ? amount(found.amount) : null],
      [sw("approvals.submitter"), () => found.submitter || s("case.by_event", { text: (found.eventType ?? "").split(".").pop() })],
      [sw("approvals.started"), () => instantText(found.startedAt)],
      [sw("approvals.flow"), () => inLanguage(found.definition?.title) || found.flowTitle || found.flow],
      [sw("case.why"), () => found.why ?? ""],
    ]),
    resultOf(found),
    caseWay(found),
    h("div", { class: "columns" }, requestBlock(found, around), h("div", null, steps(found), history(found))),
  );
}

/** Of a step that a case came to, in the reader's language. @param {any} found @param {any} visit @returns {string} */
const titleOf = (found, visit) =>
  stepName((found.definition?.steps ?? []).find((/** @type {any} */ one) => one.name === visit.step)) || visit.title || visit.step;

/** What became of it. @param {any} found */
function resultOf(found) {
  const made = found.reply?.document ?? found.reply?.invoice ?? found.reply?.receipt ?? found.reply;
  const document = made?.document ?? made;
  if (found.state !== "DONE" || !document?.id || !/LedgerService\/Post/.test(found.method)) return null;
  return h(
    "p",
    { class: "case-result" },
    h("a", { href: `/documents/${document.id}` }, () => s("case.result", { text: document.number ?? "" })),
  );
}

/** Why it does not go on, and what can be done. @param {any} found */
function problemOf(found) {
  if (found.state !== "BLOCKED" && found.state !== "RETURNED") return null;
  const { problem } = found;
  const byReason = named("case_todo", problem?.reason ?? "");
  const todo = () => byReason !== (problem?.reason ?? "") ? named("case_todo", problem.reason) : named("case_todo", found.state);
  const wrong = (problem?.violations ?? []).map((/** @type {any} */ one) => h("li", null, one.message));
  // Who returned it, and why, where a person did.
  const returned = found.state === "RETURNED" ? (found.entries ?? []).findLast((/** @type {any} */ one) => one.what === "returned") : null;
  return h(
    "div",
    { class: "case-problem", role: "note" },
    problem?.message ? h("p", { class: "case-problem-title" }, problem.message) : null,
    returned && !problem?.message
      ? h(
        "p",
        { class: "case-problem-title" },
        () => `${returned.by || s("case.system")} ${named("case_what", "returned")}: ${returned.comment ?? ""}`,
      )
      : null,
    wrong.length ? h("ul", null, wrong) : null,
    h("p", null, todo),
  );
}

// ---- what was asked for ----

/** @param {any} found @param {Around} around */
function requestBlock(found, around) {
  const { editing, context } = around;
  if (!found.method && !editing.value) return block(sw(found.eventType ? "case.event" : "case.request"), [givenOf(found)]);
  const place = h("div", null);
  whenThere(place, drawn(found, context.who), ({ description, request }) =>
    h(
      "div",
      null,
      () => editing.value ? resubmitForm(found, description, request, around) : shown(description, request),
    ));
  onEnd(() => (editing.value = false));
  return block(sw("case.request"), [place]);
}

/** What a person gave, or what happened. @param {any} found */
function givenOf(found) {
  const title = (/** @type {string} */ path) =>
    inLanguage((found.definition?.given ?? []).find((/** @type {any} */ one) => one.name === path)?.title);
  const rows = leaves(found.eventType ? found.event ?? {} : found.given ?? {});
  return h(
    "div",
    { class: "panel case-request" },
    facts(rows.map(({ path, value }) => [
      () => title(path) || textOf(plainField(path, value, /** @type {any} */ (null)).label),
      () => isMoney(value) ? amount(value) : isDay(value) ? dayText(value) : String(value),
    ])),
  );
}

/**
 * The form of its method over the request: as the company's documents say, and what they do not speak of by its names.
 * @param {any} found @param {Context["who"]} who @returns {Promise<{description: FormDescription, request: any}>}
 */
async function drawn(found, who) {
  const request = structuredClone(found.request ?? {});
  // Without them what it says is shown by its names.
  const { forms = [] } = await call(platform("FormService", "GetForms"), { method: found.method }).catch(() => ({}));
  const description = described(shapeOf(found.method, request, who), forms, who);
  const all = description.sections.flatMap((section) => section.fields);
  const known = all.map((one) => one.name);
  const rest = leaves(request).filter(({ path }) => !known.some((name) => path === name || path.startsWith(`${name}.`)))
    .map(({ path, value }) => plainField(path, value, who));
  const sections = [...description.sections, ...(rest.length ? [{ fields: rest }] : [])];
  const at = Object.keys(request).find((name) => request[name]?.customerId);
  return { description: { sections }, request: at && may("ledger.customer.get") ? await withCustomer(request, at) : request };
}

/** The screen's own form of a method where there is one. @param {string} method @param {any} request @param {Context["who"]} who @returns {FormDescription} */
function shapeOf(method, request, who) {
  const kinds = { [ledger("PostInvoice")]: "invoice", [ledger("PostReceipt")]: "receipt", [ledger("PostDocument")]: request.document?.kind };
  return kinds[method] ? shape(kinds[method], who.tenant.baseCurrency).description : { sections: [] };
}

/** All that a request says, by where it is. @param {any} value @param {string} [path] @returns {{path: string, value: any}[]} */
function leaves(value, path = "") {
  const isInner = value && typeof value === "object" && !Array.isArray(value) && !isMoney(value);
  if (!isInner) return value === null || value === undefined || value === "" ? [] : [{ path, value }];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, path ? `${path}.${name}` : name));
}

/** @param {any} value */
const isMoney = (value) => typeof value?.amount === "string" && typeof value?.currency === "string";

/** A field of what no form speaks of, by its name and what it has. @param {string} path @param {any} value @param {Context["who"]} who @returns {FormField} */
function plainField(path, value, who) {
  const name = path.split(".").at(-1) ?? path;
  const snake = name.replace(/Id$/, "").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const label = () => {
    const word = named("column", snake.replace(/_on$/, ""));
    return word === snake.replace(/_on$/, "") ? snake.replaceAll("_", " ") : word;
  };
  if (Array.isArray(value)) {
    const names = [...new Set(value.flatMap((row) => leaves(row).map((one) => one.path)))];
    const columns = names.map((column) =>
      plainField(column, value.map((row) => leaves(row).find((one) => one.path === column)?.value).find(Boolean), who)
    );
    // Of plain values no table is made: it stays in the request as it is.
    return { name: path, type: names.includes("") ? "text" : "lines", label, columns, readonly: true, hidden: names.includes("") };
  }
  const field = /** @type {FormField} */ ({ name: path, type: "text", label, hidden: name === "kind" || name === "id" || name === "version" });
  if (isMoney(value)) return { ...field, type: "money", currency: value.currency ?? who.tenant.baseCurrency };
  if (typeof value === "boolean") return { ...field, type: "yesno" };
  if (typeof value === "number") return { ...field, type: "number" };
  return isDay(value) ? { ...field, type: "date" } : field;
}

/** The request to be read. @param {FormDescription} description @param {any} request */
function shown(description, request) {
  const state = new FormState(description, request);
  return h(
    "div",
    { class: "panel case-request" },
    description.sections.map((section) => {
      const rows = section.fields.filter((one) => hasValue(state, one));
      return rows.length
        ? h(
          "section",
          null,
          section.title ? h("h3", { class: "small soft" }, () => textOf(section.title)) : null,
          facts(rows.map((one) => [one.label, () => textOfField(state, one)])),
        )
        : null;
    }),
  );
}

/** @param {FormState} state @param {FormField} one */
const textOfField = (state, one) => one.name.endsWith(".kind") ? kindText(String(state.at(one).peek() ?? "")) : valueText(one, state.at(one).peek());

/** @param {FormState} state @param {FormField} one */
const hasValue = (state, one) => {
  const value = state.at(one).peek();
  return one.name !== "id" && one.name !== "version" && value !== false && !!valueText(one, value);
};

/** @param {any} found @param {FormDescription} description @param {any} request @param {Around} around */
function resubmitForm(found, description, request, { editing, context }) {
  const why = { name: "resubmitted.why", type: /** @type {const} */ ("text"), label: sw("submit.why"), hint: sw("submit.why_hint"), wide: true };
  const made = form({
    description: { sections: [...description.sections, { fields: [why] }] },
    request,
    check: ({ resubmitted: _, ...asked }, options) => may("platform.form.get") ? checkWith(found.method)(asked, options) : Promise.resolve({}),
    submit: async ({ resubmitted, ...asked }, { intent }) => {
      const now = await plain(call(casesOf("Resubmit"), { caseId: found.id, request: asked, why: resubmitted?.why ?? "" }, { intent }));
      editing.value = false;
      tell(now);
    },
    submitLabel: sw("submit.do"),
    cancel: () => void (editing.value = false),
    guard: context.router.guard,
    mayLeave: () => confirm(s("form.leave")),
  });
  return beginIn(made.element);
}

// ---- where it is ----

/** @param {any} found */
function steps(found) {
  const visits = found.visits ?? [];
  const isMany = (found.round ?? 1) > 1;
  return block(sw("case.steps"), [
    h(
      "ol",
      { class: "case-steps" },
      visits.map((/** @type {any} */ visit) =>
        h(
          "li",
          { class: `case-step case-step-${visit.state.toLowerCase()}`, aria: { current: visit.state === "OPEN" ? "step" : null } },
          h(
            "div",
            { class: "case-step-head" },
            h("strong", null, () => titleOf(found, visit)),
            h("span", { class: "soft small" }, () =>
              [named("case_visit", visit.state), ...(isMany ? [s("case.round", { number: visit.round ?? 1 })] : [])].join(" · ")),
            visit.dueAt && visit.state === "OPEN" ? h("span", { class: "small" }, sw("approvals.due"), " ", dueText(visit.dueAt)) : null,
          ),
          (visit.tasks ?? []).length ? h("ul", { class: "case-tasks" }, visit.tasks.map(taskLine)) : null,
        )
      ),
    ),
  ]);
}

/** @param {any} task */
function taskLine(task) {
  const who = () => {
    const meant = roleOrLogin(task.assignee);
    return task.decidedBy && task.decidedBy !== task.assignee ? s("case.stands_in", { who: task.decidedBy, text: meant }) : meant;
  };
  return h(
    "li",
    null,
    h("span", null, who),
    h(
      "span",
      { class: "soft" },
      () => [named("case_task", task.state), ...(task.addedBy ? [s("case.added_by", { text: task.addedBy })] : [])].join(" · "),
    ),
    task.comment ? h("span", { class: "case-comment" }, task.comment) : null,
  );
}

/** @param {string} assignee */
const roleOrLogin = (assignee = "") => assignee.startsWith("role/") ? s("case.role", { text: assignee.slice(5) }) : assignee;

/** What was said; of a rule what it gave, in a line: "route: path board". @param {any} entry @returns {string} */
function commentOf({ what, comment }) {
  const [, name, json] = what === "decided" ? /^(\w+): (\{.*\})$/s.exec(comment) ?? [] : [];
  if (!json) return comment;
  try {
    return `${name}: ${
      Object.entries(JSON.parse(json)).map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ")
    }`;
  } catch {
    return comment;
  }
}

/** @param {any} found */
function history(found) {
  const titles = Object.fromEntries((found.visits ?? []).map((/** @type {any} */ one) => [one.visit, titleOf(found, one)]));
  return block(sw("case.history"), [
    h(
      "ol",
      { class: "case-history" },
      (found.entries ?? []).map((/** @type {any} */ entry) =>
        h(
          "li",
          null,
          h("span", { class: "soft small" }, () => instantText(entry.at)),
          h("span", null, h("strong", null, () => entry.by || s("case.system")), " ", () => named("case_what", entry.what)),
          titles[entry.visit] ? h("span", { class: "soft small" }, titles[entry.visit]) : null,
          entry.comment ? h("div", { class: "case-comment" }, commentOf(entry)) : null,
          (entry.changes ?? []).length
            ? h(
              "ul",
              { class: "small" },
              entry.changes.map((/** @type {any} */ one) => h("li", null, `${one.field}: ${one.before || "—"} → ${one.after || "—"}`)),
            )
            : null,
        )
      ),
    ),
  ]);
}

// ---- what can be done ----

/** @param {any} found @param {Around} around @returns {Node[]} */
function actionsOf(found, around) {
  const can = new Set(found.may ?? []);
  /** @type {Node[]} */
  const all = [];
  const add = (/** @type {boolean} */ isThere, /** @type {Parameters<typeof button>[0]} */ options) => {
    if (isThere) all.push(button(options));
  };
  const decides = can.has("decide");
  const approve = () => decide(found, around, "APPROVE");
  const reject = () => decide(found, around, "REJECT");
  add(decides, { label: sw("case_do.approve"), icon: "approve", kind: "primary", keys: "a", onClick: approve });
  add(decides, { label: sw("case_do.reject"), icon: "close", kind: "danger", keys: "r", onClick: reject });
  if (decides) {
    shortcuts([
      { keys: "a", label: sw("case_do.approve"), run: () => void approve() },
      { keys: "r", label: sw("case_do.reject"), run: () => void reject() },
    ]);
  }
  const allowed = new Set(decides ? visitOf(found, around)?.allow ?? [] : []);
  add(allowed.has("ACTION_RETURN"), { label: sw("case_do.return"), icon: "undo", onClick: () => giveBack(found, around) });
  add(allowed.has("ACTION_TRANSFER") && may("workflow.task.transfer"), {
    label: sw("case_do.transfer"),
    kind: "quiet",
    onClick: () => transfer(found, around),
  });
  const places = signerPlaces.filter((one) => allowed.has(`ACTION_ADD_${one}`));
  add(places.length > 0 && may("workflow.task.add_signer"), {
    label: sw("case_do.add_signer"),
    kind: "quiet",
    onClick: () => addSigner(found, around, places),
  });
  const { editing } = around;
  add(can.has("resubmit") && may("workflow.case.resubmit"), {
    label: sw("case_do.resubmit"),
    icon: "edit",
    kind: "primary",
    onClick: () => void (editing.value = true),
  });
  add(can.has("retry"), { label: sw("case_do.retry"), icon: "refresh", onClick: () => simply(found, "Retry") });
  add(can.has("adopt"), { label: sw("case_do.adopt"), onClick: () => withReason(found, "Adopt", "case_do.adopt", "case_do.adopt_help") });
  add(can.has("remind") && may("workflow.case.remind"), { label: sw("case_do.remind"), icon: "bell", onClick: () => simply(found, "Remind") });
  add(can.has("comment") && may("workflow.case.comment"), {
    label: sw("case_do.comment"),
    icon: "comment",
    kind: "quiet",
    onClick: () => say(found),
  });
  add(can.has("withdraw") && may("workflow.case.withdraw"), {
    label: sw("case_do.withdraw"),
    kind: "quiet",
    onClick: () => withReason(found, "Withdraw", "case_do.withdraw", "case_do.withdraw_help"),
  });
  add(can.has("stop"), { label: sw("case_do.stop"), kind: "quiet", onClick: () => withReason(found, "Stop", "case_do.stop", "case_do.stop_help") });
  return all;
}

/** What was refused is said in plain words. @template T @param {Promise<T>} answer @returns {Promise<T>} */
const plain = (answer) =>
  answer.catch((error) => {
    throw plainly(error);
  });

/** @param {any} now the case as it is after something was done */
function tell(now) {
  changed(`case/${now.id}`);
  const tone = now.state === "BLOCKED" ? "bad" : "good";
  toast({ text: () => `${now.summary}: ${named("case_state", now.state)}`, tone, link: { label: sw("do.open"), href: caseHref(now.id) } });
}

/** @typedef {import("../app/words.js").Key} Key */
/**
 * Asks for a comment, and what else there is to say; then does it. The wish stays the same however often it is tried.
 * @param {{title: Key, help?: Key, danger?: boolean, comment?: Key, more?: () => Node[], work: (comment: string, options: {intent: string}) => Promise<any>}} options
 * @returns {Promise<any>} the case as it is then; null where it was not done
 */
async function asked({ title, help, danger, comment = "case.comment", more, work }) {
  const text = signal("");
  const intent = newIntent();
  /** @type {any} */
  let now = null;
  await ask({
    title: sw(title),
    content: () =>
      sendByKeys([
        help ? h("p", null, sw(help)) : null,
        ...(more?.() ?? []),
        field({ label: sw(comment), hint: sw("case.comment_hint"), input: (tie) => textArea({ tie, value: text }) }),
      ]),
    confirm: sw(title),
    danger,
    work: async () => {
      now = await plain(work(text.peek().trim(), { intent }));
    },
  });
  return now;
}

/** The task of mine that is decided. @param {any} found @param {Around} around */
function placeOf(found, around) {
  const mine = around.places()[0];
  if (mine) return { caseId: found.id, ...mine };
  const visit = (found.visits ?? []).find((/** @type {any} */ one) => one.state === "OPEN");
  return { caseId: found.id, visit: visit?.visit, task: visit?.tasks?.find((/** @type {any} */ one) => one.state === "OPEN")?.task };
}

/** The visit that one decides in. @param {any} found @param {Around} around */
const visitOf = (found, around) => (found.visits ?? []).find((/** @type {any} */ one) => one.visit === placeOf(found, around).visit);

/** After a decision: the next that waits. @param {any} now @param {Around} around */
async function goOn(now, { context }) {
  if (!now) return;
  tell(now);
  const next = await nextOfMine();
  if (next && next !== now.id) context.router.go(caseHref(next));
}

/** @param {any} found @param {Around} around @param {"APPROVE" | "REJECT"} decision */
async function decide(found, around, decision) {
  if (document.querySelector("dialog[open]")) return;
  const place = placeOf(found, around);
  const now = await asked({
    title: decision === "APPROVE" ? "case_do.approve" : "case_do.reject",
    danger: decision === "REJECT",
    work: (comment, options) => call(tasksOf("Decide"), { ...place, decision, comment }, options),
  });
  await goOn(now, around);
}

/** @param {any} found @param {Around} around */
async function giveBack(found, around) {
  const place = placeOf(found, around);
  const titles = new Map((found.visits ?? []).map((/** @type {any} */ one) => [one.step, titleOf(found, one)]));
  const steps = visitOf(found, around)?.returnTo ?? [];
  const to = signal(steps[0] ?? "start");
  const options = () =>
    steps.map((/** @type {string} */ one) => ({ value: one, label: one === "start" ? sw("case.return_start") : titles.get(one) ?? one }));
  const now = await asked({
    title: "case_do.return",
    more: () => [
      field({ label: sw("case.return_to"), input: (tie) => selectInput({ tie, value: to, options }) }),
    ],
    work: async (comment, how) => {
      if (!comment) throw new Error(s("case.comment_needed"));
      return await call(tasksOf("Decide"), { ...place, decision: "RETURN", comment, returnTo: to.peek() }, how);
    },
  });
  await goOn(now, around);
}

/** A person: chosen where one may see who there is, else the login. @param {Key} label @param {import("../runtime/signal.js").Writable<string>} login */
function personField(label, login) {
  if (!may("platform.person.list")) {
    return field({ label: sw(label), hint: sw("case.person_hint"), required: () => true, input: (tie) => textInput({ tie, value: login }) });
  }
  const chosen = {
    /** @returns {import("../parts/combobox.js").Choice | null} */
    get value() {
      return known.value;
    },
    set value(next) {
      known.value = next;
      login.value = next?.value ?? "";
    },
    peek: () => known.peek(),
  };
  const known = signal(/** @type {import("../parts/combobox.js").Choice | null} */ (null));
  return field({ label: sw(label), required: () => true, input: (tie) => combobox({ tie, value: chosen, load: personChoices }) });
}

/** @type {import("../parts/combobox.js").Load} */
async function personChoices(query, { signal }) {
  const { persons = [] } = await call(platform("PersonService", "ListPersons"), { pageSize: 1000 }, { signal });
  const wanted = query.trim().toLowerCase();
  return persons.filter((/** @type {any} */ one) => `${one.login} ${one.name}`.toLowerCase().includes(wanted)).slice(0, 50)
    .map((/** @type {any} */ one) => ({ value: one.login, label: one.name || one.login, detail: one.login }));
}

/** @param {string} text @returns {string} */
function needed(text) {
  if (!text.trim()) throw new Error(s("case.person_needed"));
  return text.trim();
}

/** @param {any} found @param {Around} around */
async function transfer(found, around) {
  const place = placeOf(found, around);
  const login = signal("");
  const now = await asked({
    title: "case_do.transfer",
    more: () => [personField("case.person", login)],
    work: async (comment, options) => await call(tasksOf("Transfer"), { ...place, to: needed(login.peek()), comment }, options),
  });
  await goOn(now, around);
}

const signerPlaces = ["BEFORE", "AFTER", "BESIDE"];

/** @param {any} found @param {Around} around @param {string[]} places those that the step allows */
async function addSigner(found, around, places) {
  const place = placeOf(found, around);
  const login = signal("");
  const where = signal(places[0]);
  const options = () => places.map((one) => ({ value: one, label: sw(`case.${/** @type {"before"} */ (one.toLowerCase())}`) }));
  const now = await asked({
    title: "case_do.add_signer",
    more: () => [
      personField("case.signers", login),
      field({ label: sw("case.place"), input: (tie) => selectInput({ tie, value: where, options }) }),
    ],
    work: async (comment, how) => {
      const logins = needed(login.peek()).split(/[\s,，、;]+/).filter(Boolean);
      return await call(tasksOf("AddSigner"), { ...place, logins, place: where.peek(), comment }, how);
    },
  });
  if (now) tell(now);
}

/** @param {any} found */
async function say(found) {
  const now = await asked({
    title: "case_do.comment",
    work: async (text, options) => {
      if (!text) throw new Error(s("case.comment_needed"));
      return await call(casesOf("Comment"), { caseId: found.id, text }, options);
    },
  });
  if (now) changed(`case/${found.id}`);
}

/** @param {any} found @param {"Adopt" | "Withdraw" | "Stop"} method @param {Key} title @param {Key} help */
async function withReason(found, method, title, help) {
  const now = await asked({
    title,
    help,
    danger: method !== "Adopt",
    comment: "submit.why",
    work: (why, options) => call(casesOf(method), { caseId: found.id, why }, options),
  });
  if (now) tell(now);
}

/** @param {any} found @param {"Retry" | "Remind"} method */
async function simply(found, method) {
  try {
    tell(await plain(call(casesOf(method), { caseId: found.id }, { intent: newIntent() })));
  } catch (error) {
    toast({ text: error instanceof Error ? error.message : String(error), tone: "bad" });
  }
}
