// The designer of flows: steps as cards and on a canvas, and tried before they hold.
import { who } from "../../app/session.js";
import { badge } from "../../parts/badge.js";
import { flowGraph } from "../../parts/flow_graph.js";
import { menuButton } from "../../parts/menu.js";
import { textInput } from "../../parts/inputs.js";
import { h } from "../../runtime/h.js";
import { derived, effect, scope, signal, untracked } from "../../runtime/signal.js";
import { edgesOf, kindOf, stepKinds } from "../../values/flow.js";
import { setValue } from "../../values/yaml_text.js";
import { named, s, sw } from "../../app/words.js";
import { stepName } from "../case_way.js";
import { fieldOf, freeName, listOf, textOfValue } from "./design_draft.js";
import { choiceProperty, expressionProperty, property, saidProperty, severalProperty, textProperty } from "./design_inputs.js";
import { cardList, designHead, findingsOf, stepButtons } from "./design_list.js";
import { flowTrial } from "./design_flow_trial.js";
import { rowsProperty } from "./design_rows.js";
import { selectInput } from "../../parts/inputs.js";
import { alone, field } from "../../parts/field.js";

/** @typedef {import("./design_draft.js").Draft} Draft */
/** @typedef {import("./design_draft.js").Path} Path */
/** @typedef {import("./design_list.js").Index} Index */
/** @typedef {import("../../values/flow.js").StepKind} StepKind */
/** @typedef {import("../../parts/inputs.js").Option} Option */

const whos = ["role", "manager_of", "person", "people", "members"];
const actions = ["return", "transfer", "add_before", "add_after", "add_beside"];
const types = ["text", "bool", "int", "decimal", "money", "date"];
/** What a new step does at first. @type {Record<string, () => any>} */
const begun = {
  approve: () => ({ by: [{ role: "" }], allow: ["return"] }),
  decide: () => ({ as: "value", is: "true" }),
  carry: () => ({}),
  call: () => ({ method: "", request: [{ field: "", is: "''" }] }),
  notify: () => ({ to: [{ role: "" }], text: s("design.new_text") }),
  wait: () => ({ time: "days(1)" }),
  split: () => ({ branches: [] }),
  join: () => ({ of: "" }),
  end: () => ({}),
};

/** @param {Draft} draft @param {{toText: () => void}} how */
export const flowDesigner = (draft, how) => new FlowDesigner(draft, how.toText).element;

class FlowDesigner {
  /** @param {Draft} draft @param {() => void} toText */
  constructor(draft, toText) {
    this.draft = draft;
    this.toText = toText;
    this.who = /** @type {import("../../app/session.js").Who} */ (who.peek());
    this.steps = derived(() => listOf(draft.at(["steps"])));
    this.marks = signal(/** @type {Map<string, import("../../parts/flow_graph.js").Mark>} */ (new Map()));
    this.gone = signal(/** @type {Set<string>} */ (new Set()));
    this.cards = cardList({
      draft,
      key: "steps",
      label: sw("design.flow_steps"),
      name: (item) => stepName(item) || s("design.unnamed"),
      head: (item) => this.head(item),
      body: (index) => this.body(index),
      empty: sw("design.no_steps"),
    });
    this.chosen = derived(() => {
      const at = this.cards.ids.indexOf(this.cards.open.value);
      return textOfValue(this.steps.value[at]?.name);
    });
    this.element = h(
      "div",
      { class: "design design-flow", on: { keydown: (event) => this.keyDown(event) } },
      h("div", { class: "design-work" }, this.about(), this.stepsPart(), this.others()),
      h(
        "div",
        { class: "design-side" },
        this.canvas(),
        scope(() => flowTrial({ draft, marks: this.marks, gone: this.gone, steps: () => this.steps.value })).value,
      ),
    );
  }

  /** Ctrl Z where nothing is typed, as everywhere. @param {KeyboardEvent} event */
  keyDown(event) {
    const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (isTyping || !(event.ctrlKey || event.metaKey) || !/^[zy]$/i.test(event.key)) return;
    event.preventDefault();
    if (event.shiftKey || event.key.toLowerCase() === "y") this.draft.redo();
    else this.draft.undo();
  }

  /** How it begins, what it is about. */
  about() {
    const { draft } = this;
    const at = (/** @type {Path} */ ...path) => () => path;
    const [begins, happens] = [["method"], ["starts_on", "event"]].map((path) => derived(() => textOfValue(draft.at(path))));
    const [method, event] = [() => begins.value, () => happens.value];
    return h(
      "section",
      { class: "design-about" },
      designHead(sw("design.flow"), [stepButtons(draft)]),
      h(
        "p",
        { class: "soft small" },
        () =>
          method() ? s("design.begins_held", { text: method() }) : event() ? s("design.begins_event", { text: event() }) : s("design.begins_person"),
      ),
      h(
        "div",
        { class: "design-properties" },
        saidProperty(draft, at("title"), { label: sw("column.title") }),
        expressionProperty(draft, at("summary"), { label: sw("design.summary"), hint: sw("design.summary_hint") }),
        textProperty(draft, at("fallback"), { label: sw("design.fallback"), hint: sw("design.fallback_hint") }),
        textProperty(draft, at("calendar"), { label: sw("design.calendar"), hint: sw("design.calendar_hint") }),
      ),
      () => event() ? expressionProperty(draft, at("starts_on", "when"), { label: sw("design.begins_when"), hint: sw("design.condition_hint") }) : [],
      () =>
        method() || event() ? [] : rowsProperty(draft, at("given"), {
          label: sw("design.flow_given"),
          hint: sw("design.given_hint"),
          add: sw("design.given_add"),
          make: () => ({ name: freeName("value", listOf(draft.at(["given"])).map((one) => textOfValue(one?.name))) }),
          columns: [
            { key: "name", label: sw("design.name") },
            {
              key: "type",
              label: sw("design.type"),
              options: () => types.map((one) => ({ value: one, label: () => named("design_type", one) })),
              empty: sw("design.type_text"),
            },
          ],
        }),
      h(
        "p",
        { class: "soft small" },
        sw("design.flow_rest"),
        " ",
        h("button", { type: "button", class: "link", on: { click: () => this.toText() } }, sw("design.to_text")),
      ),
    );
  }

  /** What is said of nothing that is drawn here. */
  others() {
    const drawn = /^(steps\[|title|summary|fallback|calendar|given\[|starts_on\.when)/;
    return h("div", { class: "design-others" }, () => findingsOf(this.draft.findings.value.filter((one) => !drawn.test(one.field ?? ""))));
  }

  canvas() {
    const wrong = derived(() =>
      new Set(this.draft.findings.value.filter((one) => !one.isWarning).map((one) => /^steps\[(\d+)\]/.exec(one.field ?? "")?.[1]))
    );
    return h(
      "section",
      null,
      h("div", { class: "design-head" }, h("h3", { class: "design-title" }, sw("design.canvas"))),
      h("p", { class: "soft small" }, sw("design.canvas_help")),
      flowGraph({
        label: sw("design.canvas"),
        steps: () => this.steps.value,
        name: stepName,
        kind: (kind) => kind ? named("step_kind", kind) : s("design.does_nothing"),
        mark: (name) => {
          const place = this.steps.value.findIndex((one) => one?.name === name);
          if (wrong.value.has(String(place))) return { tone: "bad", text: s("design.wrong") };
          return this.marks.value.get(name) ?? { tone: "" };
        },
        isGone: (from, to) => this.gone.value.has(`${from} ${to}`),
        chosen: () => this.chosen.value,
        choose: (name) => this.show(name),
      }),
    );
  }

  /** Opens the card of a step. @param {string} name */
  show(name) {
    const place = this.steps.peek().findIndex((one) => one?.name === name);
    const id = this.cards.ids[place];
    if (!id) return;
    this.cards.open.value = id;
    const card = this.cards.list.querySelector(`[data-card="${id}"]`);
    card?.scrollIntoView({ block: "nearest" });
    this.cards.opener(place)?.focus();
  }

  stepsPart() {
    return h(
      "section",
      null,
      designHead(sw("design.flow_steps"), [menuButton({
        label: sw("design.add_step"),
        icon: "add",
        caret: true,
        align: "end",
        items: () => stepKinds.map((kind) => ({ label: () => named("step_kind", kind), run: () => this.add(kind) })),
      })]),
      h("p", { class: "soft small" }, sw("design.steps_help")),
      this.cards.element,
    );
  }

  /** After the open card, between it and what comes next of it. @param {StepKind} kind */
  add(kind) {
    const { draft } = this;
    const all = this.steps.peek();
    const at = this.cards.openIndex();
    const name = freeName(kind, all.map((one) => textOfValue(one?.name)));
    const before = all[at];
    const ways = listOf(before?.next);
    const way = ways.findLastIndex((one) => !one?.when);
    const next = textOfValue(ways[way]?.go) || textOfValue(all[at + 1]?.name);
    const step = { name, [kind]: begun[kind](), ...(kind === "end" || kind === "split" || !next ? {} : { next: [{ go: next }] }) };
    if (before && way >= 0) draft.set(["steps", at, "next", way, "go"], name);
    this.cards.insert(step, at >= 0 ? at + 1 : all.length);
  }

  /** @param {any} item */
  head(item) {
    const kind = kindOf(item);
    const names = edgesOf(item).map((edge) => edge.to);
    return [
      h("span", { class: "design-card-title" }, h("bdi", null, stepName(item) || s("design.unnamed"))),
      h("code", { class: "design-card-name" }, textOfValue(item?.name)),
      h(
        "span",
        { class: "design-card-facts" },
        badge({ label: kind ? named("step_kind", kind) : s("design.does_nothing"), tone: kind ? "info" : "bad" }),
        ...[...new Set(names)].map((name) => h("span", { class: "tag" }, `→ ${this.titleOf(name)}`)),
      ),
    ];
  }

  /** @param {string} name */
  titleOf(name) {
    const step = this.steps.value.find((one) => one?.name === name);
    return step ? stepName(step) : name;
  }

  /** @returns {Option[]} */
  stepOptions() {
    return this.steps.value.map((one) => textOfValue(one?.name)).filter(Boolean).map((name) => ({ value: name, label: () => this.titleOf(name) }));
  }

  /** @param {Index} index */
  body(index) {
    const { draft } = this;
    const at = (/** @type {Path} */ ...path) => () => ["steps", index.value, ...path];
    const kind = untracked(() => kindOf(draft.at(["steps", index.value])));
    const go = () => this.stepOptions();
    const next = rowsProperty(draft, at("next"), {
      label: sw("design.next"),
      hint: sw("design.next_hint"),
      add: sw("design.next_add"),
      make: () => ({ go: "" }),
      columns: [{ key: "when", label: sw("design.when_empty"), code: true }, { key: "go", label: sw("design.go"), options: go }],
    });
    return h(
      "div",
      { class: "design-properties" },
      saidProperty(draft, at("title"), { label: sw("column.title") }),
      this.nameOf(index),
      ...this.does(kind, at, go),
      kind === "end" || kind === "split" ? null : next,
      ...(kind === "approve"
        ? [
          choiceProperty(draft, at("rejected"), {
            label: sw("design.rejected"),
            hint: sw("design.rejected_hint"),
            options: go,
            empty: sw("design.ends_rejected"),
          }),
        ]
        : []),
      ...(kind === "call" || kind === "carry"
        ? [
          choiceProperty(draft, at("failed"), {
            label: sw("design.failed"),
            hint: sw("design.failed_hint"),
            options: go,
            empty: sw("design.blocks"),
          }),
        ]
        : []),
    );
  }

  /** What it is called in the document: what leads to it follows. @param {Index} index */
  nameOf(index) {
    const { draft } = this;
    const path = () => /** @type {Path} */ (["steps", index.value, "name"]);
    const typed = signal("");
    effect(() => void (typed.value = textOfValue(draft.at(path()))));
    const rename = () => {
      const [before, after] = [textOfValue(untracked(() => draft.at(path()))), typed.peek().trim()];
      if (!after || after === before) return;
      const places = before ? placesOf(untracked(() => this.steps.value), before) : [];
      draft.edit((text) => places.reduce((made, place) => setValue(made, ["steps", ...place], after), setValue(text, path(), after)));
    };
    return property(draft, path, {
      label: sw("design.name"),
      hint: sw("design.step_name_hint"),
      input: (tie) => textInput({ tie, value: typed, onBlur: rename, maxlength: 40 }),
    });
  }

  /** @param {StepKind} kind @param {(...path: Path) => () => Path} at @param {() => Option[]} go @returns {Node[]} */
  does(kind, at, go) {
    const { draft } = this;
    switch (kind) {
      case "approve":
        return [
          this.whoRows(at("approve", "by"), sw("design.by"), sw("design.by_hint")),
          choiceProperty(draft, at("approve", "need"), {
            label: sw("design.need"),
            options: () => ["all", "vote"].map((one) => ({ value: one, label: () => named("design_need", one) })),
            empty: sw("design_need.any"),
          }),
          h(
            "div",
            { hidden: () => textOfValue(draft.at(at("approve", "need")())) !== "vote" },
            textProperty(draft, at("approve", "share"), { label: sw("design.share"), hint: sw("design.share_hint") }),
          ),
          choiceProperty(draft, at("approve", "order"), {
            label: sw("design.order"),
            options: () => [{ value: "in_turn", label: sw("design.in_turn") }],
            empty: sw("design.at_once"),
          }),
          severalProperty(draft, at("approve", "allow"), {
            label: sw("design.allow"),
            options: actions.map((one) => ({ value: one, label: () => named("design_action", one) })),
          }),
          expressionProperty(draft, at("approve", "remind", "every"), { label: sw("design.remind"), hint: sw("design.span_hint") }),
          ...this.late(at, "approve", go),
        ];
      case "decide":
        return [
          textProperty(draft, at("decide", "as"), { label: sw("design.as"), hint: sw("design.as_hint") }),
          expressionProperty(draft, at("decide", "is"), { label: sw("design.is"), hint: sw("design.is_hint") }),
        ];
      case "call":
        return [
          textProperty(draft, at("call", "method"), { label: sw("design.method"), hint: sw("design.method_hint"), wide: true }),
          rowsProperty(draft, at("call", "request"), {
            label: sw("design.request"),
            add: sw("design.request_add"),
            make: () => ({ field: "", is: "''" }),
            columns: [{ key: "field", label: sw("design.request_field") }, { key: "is", label: sw("design.is"), code: true }],
          }),
          textProperty(draft, at("call", "as"), { label: sw("design.as"), hint: sw("design.as_hint") }),
        ];
      case "notify":
        return [
          this.whoRows(at("notify", "to"), sw("design.to"), sw("design.by_hint")),
          saidProperty(draft, at("notify", "text"), { label: sw("design.message") }),
        ];
      case "wait":
        return this.wait(at, go);
      case "split":
        return [rowsProperty(draft, at("split", "branches"), {
          label: sw("design.branches"),
          hint: sw("design.branches_hint"),
          add: sw("design.next_add"),
          make: () => ({ go: "" }),
          columns: [{ key: "when", label: sw("design.when_empty"), code: true }, { key: "go", label: sw("design.go"), options: go }],
        })];
      case "join":
        return [choiceProperty(draft, at("join", "of"), {
          label: sw("design.join_of"),
          options: () => go().filter((one) => kindOf(this.steps.value.find((step) => step?.name === one.value)) === "split"),
          empty: sw("design.choose"),
        })];
      case "end":
        return [
          choiceProperty(draft, at("end", "reject"), {
            label: sw("design.ends"),
            options: () => [{ value: "true", label: sw("design.ends_rejected") }],
            empty: sw("design.ends_done"),
          }),
        ];
      default:
        return [];
    }
  }

  /** @param {(...path: Path) => () => Path} at @param {() => Option[]} go */
  wait(at, go) {
    const { draft } = this;
    const kinds = ["time", "until", "event"];
    // What is the same is not drawn again while somebody types in it.
    const chosen = derived(() => kinds.find((one) => draft.at(at("wait", one)()) !== undefined) ?? "time");
    const now = () => chosen.value;
    const value = {
      get value() {
        return now();
      },
      /** @param {string} next */
      set value(next) {
        draft.put(at("wait")(), { [next]: next === "time" ? "days(1)" : next === "until" ? "today" : "" });
      },
      peek: () => untracked(now),
    };
    return [
      field({
        label: sw("design.wait_for"),
        input: (tie) => selectInput({ tie, value, options: () => kinds.map((one) => ({ value: one, label: () => named("design_wait", one) })) }),
      }),
      h("div", { class: "field-wide" }, () =>
        now() === "event"
          ? [
            h(
              "div",
              { class: "design-properties" },
              textProperty(draft, at("wait", "event"), { label: sw("design.event"), hint: sw("design.event_hint"), wide: true }),
              expressionProperty(draft, at("wait", "when"), { label: sw("design.event_when"), hint: sw("design.event_when_hint") }),
              expressionProperty(draft, at("wait", "about"), { label: sw("design.event_about"), hint: sw("design.event_about_hint") }),
              ...this.late(at, "wait", go),
            ),
          ]
          : [expressionProperty(draft, at("wait", now()), { label: () => named("design_wait", now()), hint: sw("design.span_hint") })]),
    ];
  }

  /** @param {(...path: Path) => () => Path} at @param {string} kind @param {() => Option[]} go @returns {Node[]} */
  late(at, kind, go) {
    const { draft } = this;
    const late = at(kind, "late");
    const ways = ["give_to", "go", "pass", "reject"].filter((one) => kind === "approve" || one !== "give_to");
    const chosen = derived(() => ways.find((one) => draft.at([...late(), one]) !== undefined) ?? "");
    const now = () => chosen.value;
    const then = {
      get value() {
        return now();
      },
      /** @param {string} next */
      set value(next) {
        const after = textOfValue(untracked(() => draft.at([...late(), "after"]))) || "days(1)";
        draft.put(late(), { after, [next]: next === "pass" || next === "reject" ? true : "" });
      },
      peek: () => untracked(now),
    };
    return [
      expressionProperty(draft, () => [...late(), "after"], { label: sw("design.late_after"), hint: sw("design.span_hint") }),
      field({
        label: sw("design.late_then"),
        error: () => draft.message(fieldOf(late())),
        input: (tie) =>
          selectInput({
            tie,
            value: then,
            options: () => ways.map((one) => ({ value: one, label: () => named("design_late", one) })),
            empty: sw("design.choose"),
          }),
      }),
      h(
        "div",
        null,
        () =>
          now() === "give_to"
            ? [textProperty(draft, () => [...late(), "give_to"], { label: sw("design.role") })]
            : now() === "go"
            ? [choiceProperty(draft, () => [...late(), "go"], { label: sw("design.go"), options: go, empty: sw("design.choose") })]
            : [],
      ),
    ];
  }

  /** @param {() => Path} path @param {import("../../runtime/h.js").Text} label @param {import("../../runtime/h.js").Text} hint */
  whoRows(path, label, hint) {
    const { draft } = this;
    return rowsProperty(draft, path, {
      label,
      hint,
      add: sw("design.by_add"),
      make: () => ({ role: "" }),
      row: (inner) => {
        const now = () => whos.find((one) => draft.at([...inner(), one]) !== undefined) ?? "role";
        const number = () => Number(inner().at(-1)) + 1;
        const kind = {
          get value() {
            return now();
          },
          /** @param {string} next */
          set value(next) {
            draft.put(inner(), { [next]: next === "manager_of" ? "submitter.login" : "" });
          },
          peek: () => untracked(now),
        };
        const value = {
          get value() {
            return textOfValue(draft.at([...inner(), now()]));
          },
          /** @param {string} next */
          set value(next) {
            draft.put([...inner(), untracked(now)], next);
          },
          peek: () => untracked(() => value.value),
        };
        return [
          selectInput({
            tie: alone(() => s("design.row_cell", { text: s("design.who"), number: number() })),
            value: kind,
            options: () => whos.map((one) => ({ value: one, label: () => named("design_who", one) })),
          }),
          textInput({ tie: alone(() => s("design.row_cell", { text: named("design_who", now()), number: number() })), value, maxlength: 1000 }),
        ];
      },
    });
  }
}

/** Where steps name another, below `steps`. @param {any[]} steps @param {string} name @returns {Path[]} */
function placesOf(steps, name) {
  /** @type {Path[]} */
  const found = [];
  const look = (/** @type {any} */ value, /** @type {Path} */ path) => {
    if (Array.isArray(value)) value.forEach((one, i) => look(one, [...path, i]));
    else if (value && typeof value === "object") { for (const [key, one] of Object.entries(value)) look(one, [...path, key]); }
    else if (value === name && isWay(path)) found.push(path);
  };
  look(steps, []);
  return found;
}

/** Whether what stands there is the name of a step. @param {Path} path */
const isWay = (path) =>
  ["go", "rejected", "failed"].includes(String(path.at(-1))) || path.at(-1) === "of" && path.at(-2) === "join" || path.at(-2) === "return_to";
