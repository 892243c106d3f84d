// The designer of forms and of kinds of records: fields and checks as cards, beside the form that they make.
import { who } from "../../app/session.js";
import { badge } from "../../parts/badge.js";
import { menuButton } from "../../parts/menu.js";
import { icon } from "../../parts/icon.js";
import { selectInput } from "../../parts/inputs.js";
import { field } from "../../parts/field.js";
import { errorState, loadingState } from "../../parts/states.js";
import { h, textOf } from "../../runtime/h.js";
import { derived, scope, signal, untracked } from "../../runtime/signal.js";
import { language } from "../../words/words.js";
import { button } from "../../parts/button.js";
import { named, s, sw } from "../../app/words.js";
import { freeName, isObject, listOf, textOfValue } from "./design_draft.js";
import {
  choiceProperty,
  expressionProperty,
  listProperty,
  property,
  saidProperty,
  severalProperty,
  textProperty,
  whenProperty,
} from "./design_inputs.js";
import { cardList, designHead, findingsOf, stepButtons } from "./design_list.js";
import { contentOf, fieldLabel, fieldsOf, loadMethods, recordMethod, usualMethods, writes } from "./design_methods.js";
import { preview } from "./design_preview.js";

/** @typedef {import("./design_draft.js").Draft} Draft */
/** @typedef {import("./design_methods.js").MethodField} MethodField */
/** @typedef {import("./design_list.js").Index} Index */

const types = ["text", "bool", "int", "decimal", "money", "date"];
const cleans = ["trim", "one_space", "half_width", "upper", "lower", "date_spelling", "amount_spelling", "legal_form"];
const formats = ["email", "phone", "uscc", "iban", "eu_vat"];
/** Bounds are numbers mostly. */
const plain = { plain: true };

/** @param {Draft} draft @param {{toText: () => void}} how */
export function formDesigner(draft, { toText }) {
  const api = signal(/** @type {any} */ (null));
  const failure = signal(/** @type {Error | null} */ (null));
  const load = () => {
    failure.value = null;
    loadMethods().then((found) => (api.value = found), (error) => (failure.value = error));
  };
  load();
  return h("div", null, () => {
    if (failure.value) return errorState({ error: failure.value, retry: load });
    if (!api.value) return loadingState();
    return untracked(() => scope(() => new FormDesigner(draft, api.value, toText).element).value);
  });
}

class FormDesigner {
  /** @param {Draft} draft @param {any} api @param {() => void} toText */
  constructor(draft, api, toText) {
    this.draft = draft;
    this.api = api;
    this.toText = toText;
    this.who = /** @type {import("../../app/session.js").Who} */ (who.peek());
    this.isRecord = draft.at(["kind"]) === "record";
    this.method = derived(() => this.isRecord ? recordMethod : textOfValue(draft.at(["method"])));
    this.place = derived(() => this.isRecord ? "record" : textOfValue(draft.at(["at"])));
    this.methodFields = derived(() => this.fields(this.method.value, this.place.value));
    this.target = derived(() => ({
      method: this.method.value,
      at: this.place.value,
      kind: this.isRecord ? textOfValue(draft.at(["name"])) : "",
      fields: this.methodFields.value,
    }));
    this.cards = cardList({
      draft,
      key: "fields",
      label: sw("design.fields"),
      name: (item) => this.labelOf(item),
      head: (item) => this.fieldHead(item),
      body: (index) => this.fieldBody(index),
      empty: sw("design.no_fields"),
    });
    this.checks = cardList({
      draft,
      key: "checks",
      label: sw("design.checks"),
      name: (item) => textOfValue(item?.name) || s("design.unnamed"),
      head: (item) => this.checkHead(item),
      body: (index) => this.checkBody(index),
      empty: sw("design.no_checks"),
    });
    this.element = h(
      "div",
      { class: "design", on: { keydown: (event) => this.keyDown(event) } },
      h("div", { class: "design-work" }, this.about(), this.others(), this.fieldsPart(), this.checksPart(), this.rest()),
      h("div", { class: "design-side" }, () => {
        if (!this.method.value) return [];
        return scope(() => preview({ draft, target: () => this.target.value, who: this.who })).value;
      }),
    );
  }

  /** @param {string} method @param {string} at @returns {MethodField[]} */
  fields(method, at) {
    if (!method) return [];
    const all = fieldsOf(this.api, method, at, this.who.tenant.baseCurrency);
    return this.isRecord
      ? all.filter((one) => one.name === "id").concat({
        name: "id",
        json: "record.id",
        isUsual: false,
        field: { name: "record.id", type: "text", label: sw("design.record_id") },
      })
      : all;
  }

  /** Ctrl Z where nothing is typed, as everywhere. @param {KeyboardEvent} event */
  keyDown(event) {
    const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (isTyping || !(event.ctrlKey || event.metaKey) || !/^[zy]$/i.test(event.key)) return;
    event.preventDefault();
    if (event.shiftKey || event.key.toLowerCase() === "y") this.draft.redo();
    else this.draft.undo();
  }

  /** @param {any} item */
  labelOf(item) {
    return fieldLabel(item, this.methodFields.value, language.value === "zh-CN" ? "zh" : "en");
  }

  /** What it is about. */
  about() {
    const { draft } = this;
    const known = () => usualMethods.find((one) => one.method === this.method.value);
    return h(
      "section",
      { class: "design-about" },
      designHead(sw(this.isRecord ? "design.record" : "design.form"), [stepButtons(draft)]),
      h(
        "div",
        { class: "design-properties" },
        saidProperty(draft, () => ["title"], { label: sw("column.title") }),
        ...(this.isRecord ? [textProperty(draft, () => ["number"], { label: sw("design.number"), hint: sw("design.number_hint") })] : []),
      ),
      this.isRecord ? null : h("p", { class: "design-method small", hidden: () => !this.method.value }, () => [
        h("span", { class: "soft" }, sw("design.about")),
        h("strong", null, () => textOf(known()?.label) || this.method.value.split("/").pop() || ""),
        h("code", null, this.method.value + (this.place.value ? ` · ${this.place.value}` : "")),
      ]),
      () => this.method.value ? [] : this.methodChoice(),
      () =>
        findingsOf(
          ["method", "at", "name", "title", "number"].flatMap((one) => draft.said(one)).filter((one) =>
            one.field !== "title" && one.field !== "number"
          ),
        ),
    );
  }

  /** A form that is new asks what it is about. */
  methodChoice() {
    const { draft } = this;
    const value = {
      value: "",
      peek: () => "",
    };
    const choose = (/** @type {string} */ method) => {
      const at = contentOf(this.api, method);
      draft.set(["method"], method);
      draft.set(["at"], at);
    };
    Object.defineProperty(value, "value", { get: () => this.method.value, set: choose });
    return field({
      label: sw("design.choose_method"),
      hint: sw("design.choose_method_hint"),
      input: (tie) =>
        selectInput({
          tie,
          value,
          empty: "",
          options: () => [
            ...usualMethods.map((one) => ({ value: one.method, label: one.label })),
            ...writes(this.api).filter((one) => one !== recordMethod && !usualMethods.some((usual) => usual.method === one)).map((one) => ({
              value: one,
              label: one,
            })),
          ],
        }),
    });
  }

  /** What is said of nothing that is drawn here: what recent requests would be told, say. */
  others() {
    const { draft } = this;
    const drawn = /^(fields\[|checks\[|title|number|method$|at$|name$)/;
    return h("div", { class: "design-others" }, () => findingsOf(draft.findings.value.filter((one) => !drawn.test(one.field ?? ""))));
  }

  fieldsPart() {
    return h(
      "section",
      null,
      designHead(sw("design.fields"), [this.adding()]),
      h("p", { class: "soft small" }, sw("design.list_help")),
      this.cards.element,
    );
  }

  adding() {
    const { draft } = this;
    const names = () => listOf(draft.at(["fields"])).map((one) => textOfValue(one?.name));
    const own = types.map((type) => ({
      label: () => named("design_type", type),
      icon: /** @type {const} */ ("add"),
      run: () => this.cards.insert({ name: freeName("own", names()), type, label: s("design.new_field") }),
    }));
    return menuButton({
      label: sw("design.add_field"),
      icon: "add",
      caret: true,
      align: "end",
      items: () => {
        const taken = untracked(names);
        const free = untracked(() => this.methodFields.value).filter((one) => !taken.includes(one.name) && one.field.type !== "lines");
        /** @type {import("../../parts/menu.js").MenuItem[]} */
        const items = [
          { title: sw("design.own_field") },
          ...own,
          ...(free.length ? [/** @type {const} */ ("line"), { title: sw("design.method_field") }] : []),
          ...free.map((one) => ({
            label: () => `${textOf(one.field.label)}${textOf(one.field.label) === one.name ? "" : ` · ${one.name}`}`,
            run: () => this.cards.insert({ name: one.name }),
          })),
        ];
        return items;
      },
    });
  }

  /** @param {any} item */
  fieldHead(item) {
    const type = textOfValue(item?.type);
    const known = this.methodFields.value.find((one) => one.name === item?.name);
    const word = type ? named("design_type", type) : known ? named("design_drawn", known.field.type) : "";
    const required = textOfValue(item?.required);
    const has = ["default", "compute", "clean", "min", "max", "pattern", "one_of", "format", "reference", "show", "editable_by"].filter((key) =>
      item?.[key] !== undefined && item[key] !== ""
    );
    return [
      h(
        "span",
        { class: "design-card-title" },
        h("bdi", null, this.labelOf(item)),
        required
          ? h("span", { class: "field-required", title: required === "true" ? s("design.always") : required }, required === "true" ? "*" : "(*)")
          : null,
      ),
      h("code", { class: "design-card-name" }, textOfValue(item?.name)),
      h(
        "span",
        { class: "design-card-facts" },
        badge({ label: word || "?", tone: type ? "info" : "neutral" }),
        ...has.map((key) => h("span", { class: "tag" }, named("design_has", key))),
      ),
    ];
  }

  /** @param {Index} index */
  fieldBody(index) {
    const { draft } = this;
    const at = (/** @type {string} */ key) => () => ["fields", index.value, key];
    const isOwn = untracked(() => !!draft.at(["fields", index.value, "type"]));
    const name = untracked(() => textOfValue(draft.at(["fields", index.value, "name"])));
    // A name keeps its type for ever.
    const isFixed = listOf(draft.kept.fields).some((one) => one?.name === name && one.type);
    return h(
      "div",
      { class: "design-properties" },
      saidProperty(draft, at("label"), { label: sw("design.label"), hint: sw("design.label_hint") }),
      isOwn
        ? textProperty(draft, at("name"), {
          label: sw("design.name"),
          hint: isFixed ? sw("design.name_fixed") : sw("design.name_hint"),
          readonly: () => isFixed,
        })
        : null,
      isOwn
        ? choiceProperty(draft, at("type"), {
          label: sw("design.type"),
          hint: isFixed ? sw("design.type_fixed") : sw("design.type_hint"),
          readonly: () => isFixed,
          options: () => types.map((one) => ({ value: one, label: () => named("design_type", one) })),
        })
        : null,
      whenProperty(draft, at("required"), { label: sw("design.required"), hint: sw("design.required_hint") }),
      textProperty(draft, at("group"), { label: sw("design.group"), hint: sw("design.group_hint") }),
      saidProperty(draft, at("help"), { label: sw("design.help"), hint: sw("design.help_hint") }),
      more(sw("design.filled"), ["default", "compute", "clean"], draft, index, () => [
        expressionProperty(draft, at("default"), { label: sw("design.default"), hint: sw("design.default_hint") }),
        expressionProperty(draft, at("compute"), { label: sw("design.compute"), hint: sw("design.compute_hint") }),
        severalProperty(draft, at("clean"), {
          label: sw("design.clean"),
          hint: sw("design.clean_hint"),
          options: cleans.map((one) => ({ value: one, label: () => named("design_clean", one) })),
        }),
      ]),
      more(sw("design.limits"), ["min", "max", "pattern", "one_of", "format", "reference", "scale"], draft, index, () => [
        textProperty(draft, at("min"), { label: sw("design.min"), hint: sw("design.min_hint"), how: plain }),
        textProperty(draft, at("max"), { label: sw("design.max"), hint: sw("design.max_hint"), how: plain }),
        listProperty(draft, at("one_of"), { label: sw("design.one_of"), hint: sw("design.one_of_hint") }),
        textProperty(draft, at("pattern"), { label: sw("design.pattern"), hint: sw("design.pattern_hint") }),
        choiceProperty(draft, at("format"), {
          label: sw("design.format"),
          empty: "",
          options: () => formats.map((one) => ({ value: one, label: () => named("design_format", one) })),
        }),
        textProperty(draft, at("reference"), { label: sw("design.reference"), hint: sw("design.reference_hint") }),
        ...(isOwn ? [textProperty(draft, at("scale"), { label: sw("design.scale"), hint: sw("design.scale_hint"), how: plain })] : []),
      ]),
      more(sw("design.seen"), ["show", "editable_by"], draft, index, () => [
        expressionProperty(draft, at("show"), { label: sw("design.show"), hint: sw("design.show_hint") }),
        listProperty(draft, at("editable_by"), { label: sw("design.editable_by"), hint: sw("design.editable_by_hint") }),
      ]),
    );
  }

  checksPart() {
    const { draft } = this;
    const add = () => {
      const names = listOf(draft.at(["checks"])).map((one) => textOfValue(one?.name));
      this.checks.insert({ name: freeName("check", names), that: "true", say: s("design.new_check") });
    };
    return h(
      "section",
      null,
      designHead(sw("design.checks"), [button({ label: sw("design.add_check"), icon: "add", onClick: add })]),
      h("p", { class: "soft small" }, sw("design.checks_help")),
      this.checks.element,
    );
  }

  /** @param {any} item */
  checkHead(item) {
    const isWarning = textOfValue(item?.warn) === "true";
    const say = isObject(item?.say) ? item.say[language.value === "zh-CN" ? "zh" : "en"] ?? Object.values(item.say)[0] : item?.say;
    return [
      h(
        "span",
        { class: "design-card-title" },
        icon(isWarning ? "warning" : "alert", isWarning ? "design-warns" : "design-refuses"),
        h("bdi", null, textOfValue(say) || s("design.unnamed")),
      ),
      h("code", { class: "design-card-name" }, textOfValue(item?.name)),
      h(
        "span",
        { class: "design-card-facts" },
        badge({ label: s(isWarning ? "design.warns" : "design.refuses"), tone: isWarning ? "warn" : "bad" }),
        item?.at ? h("span", { class: "tag" }, textOfValue(item.at)) : null,
      ),
    ];
  }

  /** @param {Index} index */
  checkBody(index) {
    const { draft } = this;
    const at = (/** @type {string} */ key) => () => ["checks", index.value, key];
    const warn = {
      get value() {
        return textOfValue(draft.at(at("warn")())) === "true" ? "warn" : "refuse";
      },
      /** @param {string} next */
      set value(next) {
        draft.set(at("warn")(), next === "warn" ? true : "");
      },
      peek: () => untracked(() => warn.value),
    };
    const places = () => {
      const named = listOf(draft.at(["fields"])).filter((one) => one?.name).map((one) => ({
        value: textOfValue(one.name),
        label: () => `${this.labelOf(one)} · ${textOfValue(one.name)}`,
      }));
      const rest = this.methodFields.value.filter((one) => !named.some((known) => known.value === one.name)).map((one) => ({
        value: one.name,
        label: () => `${textOf(one.field.label)} · ${one.name}`,
      }));
      return [...named, ...rest];
    };
    return h(
      "div",
      { class: "design-properties" },
      saidProperty(draft, at("say"), { label: sw("design.say"), hint: sw("design.say_hint") }),
      expressionProperty(draft, at("that"), { label: sw("design.that"), hint: sw("design.that_hint") }),
      expressionProperty(draft, at("when"), { label: sw("design.check_when"), hint: sw("design.check_when_hint") }),
      choiceProperty(draft, at("at"), { label: sw("design.at"), hint: sw("design.at_hint"), empty: sw("design.at_none"), options: places }),
      property(draft, at("warn"), {
        label: sw("design.severity"),
        input: (tie) =>
          selectInput({
            tie,
            value: warn,
            options: () => [{ value: "refuse", label: sw("design.refuse") }, { value: "warn", label: sw("design.warn") }],
          }),
      }),
      textProperty(draft, at("name"), { label: sw("design.name"), hint: sw("design.name_hint") }),
    );
  }

  /** What only the text has. */
  rest() {
    const { draft } = this;
    const count = derived(() => listOf(draft.at(["with"])).length);
    const has = derived(() => !!count.value || !!draft.at(["serial"]));
    return h(
      "section",
      { hidden: () => !has.value },
      designHead(sw("design.lookups"), [button({ label: sw("design.to_text"), icon: "edit", kind: "quiet", onClick: this.toText })]),
      h("p", { class: "soft small" }, sw("design.lookups_help")),
      h(
        "p",
        null,
        () => listOf(draft.at(["with"])).map((one) => h("span", { class: "tag" }, `${textOfValue(one?.name)} · ${textOfValue(one?.view)}`)),
      ),
    );
  }
}

/**
 * What is rarely needed; open where something is said there.
 * @param {import("../../runtime/h.js").Text} title @param {string[]} keys @param {Draft} draft @param {Index} index @param {() => Node[]} make
 */
function more(title, keys, draft, index, make) {
  const part = h(
    "details",
    { class: "design-more field-wide" },
    h("summary", null, () => textOf(title)),
    h("div", { class: "design-properties" }, make()),
  );
  part.open = untracked(() => keys.some((key) => draft.at(["fields", index.value, key]) !== undefined));
  return part;
}
