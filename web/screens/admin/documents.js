// The documents of a company: read, changed several at once, planned, applied.
import { call, platform } from "../../app/server.js";
import { may } from "../../app/session.js";
import { button } from "../../parts/button.js";
import { ask } from "../../parts/dialog.js";
import { field } from "../../parts/field.js";
import { selectInput, textInput } from "../../parts/inputs.js";
import { icon } from "../../parts/icon.js";
import { menuButton } from "../../parts/menu.js";
import { tabs } from "../../parts/tabs.js";
import { CallError } from "../../client/connect.js";
import { toast } from "../../parts/toast.js";
import { h, on } from "../../runtime/h.js";
import { derived, onEnd, scope, signal, untracked } from "../../runtime/signal.js";
import { s, sentence, sw } from "../common.js";
import { changesView } from "./changes.js";
import { askReason, save } from "./common.js";
import { designView, isDesigned, liveFindings } from "./design_view.js";
import { editor } from "./editor.js";

/** @typedef {{path: string, text: string}} SourceDocument */
/** @param {string} name */
const configurations = (name) => platform("ConfigurationService", name);

/** @param {{version?: string, documents?: SourceDocument[]}} data @param {import("../../app/console.js").Router} router @param {() => void} refresh */
export function documentsView(data, router, refresh) {
  return new Documents(data, router, refresh).element;
}

/** What was edited when the documents were drawn anew, as others had applied something. @type {Map<string, string | null> | null} */
let carried = null;

class Documents {
  /** @param {{version?: string, documents?: SourceDocument[]}} data @param {import("../../app/console.js").Router} router @param {() => void} refresh */
  constructor({ documents = [] }, router, refresh) {
    this.refresh = refresh;
    this.kept = new Map(documents.map((one) => [one.path, one.text]));
    /** What stands in the editor, by path; null: to be removed. */
    this.edits = signal(/** @type {Map<string, string | null>} */ (new Map()));
    for (const [path, text] of carried ?? []) this.edit(path, text);
    carried = null;
    this.chosen = router.query("document");
    this.view = router.query("view");
    this.plan = signal(/** @type {any} */ (null));
    this.paths = derived(() => [...new Set([...this.kept.keys(), ...this.edits.value.keys()])].sort());
    this.open = derived(() => this.paths.value.includes(this.chosen.value) ? this.chosen.value : this.paths.value[0] ?? "");
    this.mayChange = may("platform.configuration.plan") && may("platform.configuration.apply");
    /** @type {ReturnType<typeof editor> | null} */
    this.editor = null;
    let isLeft = false;
    const mayLeave = () => (isLeft = !this.edits.peek().size || confirm(s("form.leave")));
    onEnd(router.guard(mayLeave));
    onEnd(() => carried = isLeft ? null : this.edits.peek());
    on(globalThis, "beforeunload", (event) => this.edits.peek().size && event.preventDefault());
    this.isDesigning = derived(() => this.isDesignable(this.open.value) && this.view.value !== "text");
    this.live = liveFindings(() => (this.edits.value, this.isDesigning.value ? this.request() : { documents: [], complete: false }));
    this.element = h(
      "div",
      { class: () => `documents${this.isDesigning.value ? " documents-designing" : ""}` },
      this.list(),
      h("div", { class: "documents-work" }, this.work(), this.planned()),
    );
  }

  /** The text of a path as it stands; null where it is to be removed. @param {string} path */
  textOf(path) {
    const edited = this.edits.value.get(path);
    return edited === undefined ? this.kept.get(path) ?? "" : edited;
  }

  /** @param {string} path */
  isDesignable(path) {
    return this.mayChange && this.edits.value.get(path) !== null && isDesigned(kindOf(this.textOf(path) ?? ""));
  }

  /** @param {string} path @param {string | null} text */
  edit(path, text) {
    const next = new Map(this.edits.peek());
    if (text === this.kept.get(path)) next.delete(path);
    else next.set(path, text);
    this.edits.value = next;
  }

  list() {
    const kinds = derived(() => Object.entries(Object.groupBy(this.paths.value, (path) => kindOf(this.textOf(path) ?? this.kept.get(path) ?? ""))));
    return h(
      "nav",
      { class: "documents-list", aria: { label: sw("config.documents") } },
      this.mayChange
        ? h(
          "div",
          { class: "panel-actions" },
          button({ label: sw("config.new"), icon: "add", onClick: () => this.add() }),
          button({ label: sw("config.upload"), icon: "upload", kind: "quiet", onClick: () => this.upload() }),
        )
        : null,
      h("div", null, () =>
        kinds.value.flatMap(([kind, paths = []]) => [
          h("h3", { class: "nav-title" }, kind),
          h(
            "ul",
            null,
            paths.map((path) =>
              h(
                "li",
                null,
                h(
                  "a",
                  {
                    class: "document-link",
                    href: `/settings/configuration?document=${encodeURIComponent(path)}`,
                    aria: { current: () => this.open.value === path ? "true" : null },
                  },
                  h("span", { class: () => this.edits.value.get(path) === null ? "removed" : "" }, path),
                  () => this.edits.value.has(path) && h("span", { class: "document-edited", title: s("config.edited") }, "●"),
                ),
              )
            ),
          ),
        ])),
    );
  }

  work() {
    return h("div", { class: "documents-editor" }, () => {
      const path = this.open.value;
      if (!path) return h("p", { class: "soft" }, sw("config.none"));
      return scope(() => this.editorOf(path)).value;
    });
  }

  /** @param {string} path */
  editorOf(path) {
    const get = () => this.textOf(path) ?? "";
    const set = (/** @type {string} */ text) => this.edit(path, text);
    const value = {
      get value() {
        return get();
      },
      set value(text) {
        set(text);
      },
      peek: () => untracked(get),
    };
    const findings = () => [...(this.isDesigning.value ? this.live.found.value : this.plan.value?.findings ?? [])].filter((one) => one.path === path);
    const marks = () =>
      new Map(findings().map((one) => [one.line ?? 1, one.isWarning ? /** @type {const} */ ("warn") : /** @type {const} */ ("bad")]));
    const isRemoved = derived(() => this.edits.value.get(path) === null);
    const asText = () => (this.editor = editor({ value, label: path, marks, readonly: !this.mayChange })).element;
    const designed = derived(() => this.isDesignable(path) ? kindOf(get()) : "");
    const design = (/** @type {string} */ kind) =>
      designView({
        kind,
        text: value,
        kept: this.kept.get(path) ?? "",
        findings,
        documents: () => this.request().documents,
        toText: () => (this.view.value = "text"),
      });
    return h(
      "div",
      { class: "panel" },
      h(
        "div",
        { class: "panel-actions" },
        h(
          "span",
          { class: "documents-menu" },
          menuButton({
            label: sw("config.documents"),
            icon: "document",
            kind: "quiet",
            caret: true,
            items: () => [
              { label: sw("config.new"), icon: "add", run: () => void this.add() },
              { label: sw("config.upload"), icon: "upload", run: () => this.upload() },
              "line",
              ...this.paths.peek().map((one) => ({
                label: this.edits.peek().has(one) ? `${one} ●` : one,
                href: `/settings/configuration?document=${encodeURIComponent(one)}`,
              })),
            ],
          }),
        ),
        h("h2", { class: "documents-path" }, path),
        () =>
          this.edits.value.has(path) ? button({ label: sw("config.revert"), icon: "undo", kind: "quiet", onClick: () => this.revert(path) }) : null,
        button({ label: sw("config.download"), icon: "download", kind: "quiet", onClick: () => save(get(), path.split("/").pop() ?? path) }),
        () =>
          this.mayChange && !isRemoved.value
            ? button({ label: sw("config.remove"), icon: "trash", kind: "quiet", onClick: () => this.remove(path) })
            : null,
      ),
      h("p", { class: "notice", hidden: () => !isRemoved.value }, sw("config.to_be_removed")),
      h("p", { class: "field-error", role: "alert", hidden: () => !this.isDesigning.value || !this.live.failed.value }, () => this.live.failed.value),
      h("div", { hidden: () => isRemoved.value }, () => {
        const kind = designed.value;
        if (!kind) return untracked(() => scope(asText).value);
        return untracked(() =>
          scope(() =>
            tabs({
              label: sw("design.views"),
              chosen: this.view,
              tabs: [
                { id: "design", label: sw("design.view"), content: () => design(kind) },
                { id: "text", label: sw("design.text"), content: asText },
              ],
            })
          ).value
        );
      }),
    );
  }

  /** @param {string} path */
  revert(path) {
    const next = new Map(this.edits.peek());
    next.delete(path);
    this.edits.value = next;
  }

  /** One that is not applied yet just goes. @param {string} path */
  remove(path) {
    if (this.kept.has(path)) this.edit(path, null);
    else this.revert(path);
  }

  async add() {
    const kinds = may("platform.configuration.list") ? (await call(configurations("ListKinds"), {}).catch(() => ({}))).kinds ?? [] : [];
    const options = () => kinds.map((/** @type {any} */ one) => ({ value: one.kind, label: one.kind }));
    const kind = signal(kinds[0]?.kind ?? "");
    const name = signal("");
    return ask({
      title: sw("config.new"),
      content: () => [
        field({
          label: sw("column.kind"),
          required: () => true,
          input: (tie) => kinds.length ? selectInput({ tie, value: kind, options }) : textInput({ tie, value: kind }),
        }),
        field({ label: sw("column.name"), required: () => true, input: (tie) => textInput({ tie, value: name }) }),
      ],
      confirm: sw("config.new"),
      work: () => {
        const [a, b] = [kind.peek().trim(), name.peek().trim()];
        if (!a || !b) throw new Error(s("config.name_needed"));
        const path = `${a}.${b}.yaml`;
        if (!this.kept.has(path)) this.edit(path, `kind: ${a}\nname: ${b}\n`);
        this.chosen.value = path;
      },
    });
  }

  /** Files of a folder, with the names that they have. */
  upload() {
    const input = h("input", { type: "file" });
    input.multiple = true;
    input.accept = ".yaml,.yml";
    input.addEventListener("change", async () => {
      const files = [...input.files ?? []];
      for (const file of files) this.edit(file.name, await file.text());
      if (files.length) this.chosen.value = files[0].name;
    });
    input.click();
  }

  /** What is asked for: those edited, or all where one is to be removed. */
  request() {
    const edits = [...this.edits.peek()];
    const complete = edits.some(([, text]) => text === null);
    const all = complete ? this.paths.peek().map((path) => /** @type {const} */ ([path, this.textOf(path)])) : edits;
    return { documents: all.flatMap(([path, text]) => text === null ? [] : [{ path, text }]), complete };
  }

  async makePlan() {
    try {
      const request = this.request();
      this.plan.value = { ...await call(configurations("PlanConfiguration"), request), of: request };
    } catch (error) {
      toast({ text: sentence(error), tone: "bad" });
    }
  }

  planned() {
    const count = derived(() => this.edits.value.size);
    // What was planned is not what stands there now.
    const isCurrent = derived(() => (this.edits.value, this.plan.value && JSON.stringify(this.plan.value.of) === JSON.stringify(this.request())));
    const canApply = derived(() => isCurrent.value && !(this.plan.value.findings ?? []).some((/** @type {any} */ one) => !one.isWarning));
    return h(
      "section",
      { class: "documents-plan", hidden: () => !count.value, aria: { label: sw("config.plan") } },
      h(
        "div",
        { class: "panel-actions" },
        h("span", { class: "soft" }, () => s("config.count", { count: count.value })),
        button({ label: sw("config.plan"), icon: "search", kind: "primary", onClick: () => this.makePlan() }),
        button({ label: sw("config.apply"), icon: "check", disabled: () => !canApply.value, onClick: () => this.apply() }),
        () => this.plan.value && !isCurrent.value ? h("span", { class: "soft" }, sw("config.stale")) : null,
      ),
      h(
        "div",
        { aria: { live: "polite" } },
        () => this.plan.value ? this.told(this.plan.value) : [],
      ),
    );
  }

  /** What is wrong hides what would change: the server has not come as far. @param {any} plan */
  told({ findings = [], effects = [], changes = [] }) {
    const isRefused = findings.some((/** @type {any} */ one) => !one.isWarning);
    return [this.findings(findings), this.effects(effects), ...(isRefused && !changes.length ? [] : [changesView(changes)])];
  }

  /** @param {any[]} findings */
  findings(findings) {
    return h(
      "ul",
      { class: "findings" },
      findings.map((one) =>
        h(
          "li",
          { class: one.isWarning ? "finding-warn" : "finding-bad" },
          icon(one.isWarning ? "warning" : "alert"),
          h("button", { class: "link", type: "button", on: { click: () => this.jump(one) } }, `${one.path}:${one.line ?? 1}:${one.column ?? 1}`),
          h("span", null, one.message),
        )
      ),
    );
  }

  /** @param {string[]} effects */
  effects(effects) {
    return h("ul", { class: "effects soft" }, effects.map((one) => h("li", null, one)));
  }

  /** @param {any} finding */
  jump({ path, line = 1, column = 1 }) {
    this.chosen.value = path;
    if (this.isDesigning.peek()) this.view.value = "text";
    this.editor?.jump(line, column);
  }

  apply() {
    const { of, baseVersion, fingerprint } = this.plan.peek();
    return askReason({
      title: sw("config.apply_title"),
      help: sw("config.apply_help"),
      confirm: sw("config.apply"),
      required: true,
      work: async (reason, options) => {
        const made = await call(configurations("ApplyConfiguration"), { ...of, baseVersion, fingerprint, reason }, options).catch((error) => {
          // Somebody else applied something: what is edited here stays, over what holds now.
          if (error instanceof CallError && error.reason === "STALE_PLAN") this.refresh();
          throw error;
        });
        this.edits.value = new Map();
        this.plan.value = null;
        this.refresh();
        toast({ text: () => s("config.applied", { text: made.version }) });
      },
    });
  }
}

/** Of a document: "form". @param {string} text */
const kindOf = (text) => /^kind:\s*["']?([\w-]+)/m.exec(text)?.[1] ?? "?";
