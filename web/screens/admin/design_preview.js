// A draft of a form at work: drawn as people will see it, judged by the draft on the server, and tried on what there is.
import { call, platform } from "../../app/server.js";
import { button } from "../../parts/button.js";
import { combobox } from "../../parts/combobox.js";
import { field } from "../../parts/field.js";
import { form } from "../../parts/form.js";
import { jsonPath } from "../../parts/form/paths.js";
import { icon } from "../../parts/icon.js";
import { h, textOf } from "../../runtime/h.js";
import { derived, effect, freeScope, onEnd, signal, untracked } from "../../runtime/signal.js";
import { s, sentence, sw } from "../common.js";
import { drawnForm, examplesMax, examplesOf } from "./design_methods.js";

/** @typedef {import("./design_methods.js").Example} Example */
/** @typedef {{method: string, at: string, kind: string, fields: import("./design_methods.js").MethodField[]}} Target `kind` of a record */
/** @typedef {{label: string, refusals: string[], warnings: string[]}} Trial */

/** While somebody types the form is not drawn anew at each key. */
const waitMs = 300;
const atOnce = 3;

/** @param {{draft: import("./design_draft.js").Draft, target: () => Target, who: import("../../app/session.js").Who}} options */
export function preview({ draft, target, who }) {
  const problems = signal(0);
  const outcome = signal("");
  const place = h("div", { class: "design-preview-form" });
  /** What is typed in it, and whether it was tried, outlive a change of the draft. @type {any} */
  let typed = untracked(() => emptyOf(target(), who));
  let wasTried = false;
  /** @type {ReturnType<typeof form> | null} */
  let shown = null;
  let end = () => {};

  /** @param {any} request @param {{signal: AbortSignal}} options */
  async function check(request, { signal }) {
    const { method } = target();
    const reply = await call(platform("FormService", "TryForm"), { method, request, documents: draft.documents() }, { signal });
    problems.value = (reply.findings ?? []).filter((/** @type {any} */ one) => !one.isWarning).length;
    return reply.result ?? {};
  }

  function draw() {
    const isTrying = shown?.element.getAttribute("aria-busy") === "true";
    end();
    const now = untracked(() => ({ target: target(), value: draft.value.value }));
    const made = freeScope(() => {
      const part = form({
        description: drawnForm(now.target.fields, now.value, now.target.at, who),
        request: typed,
        check,
        submit: () => {
          outcome.value = "taken";
          return Promise.resolve();
        },
        submitLabel: sw("design.try"),
      });
      part.state.tried.value = wasTried;
      effect(() => {
        part.state.request.value;
        untracked(() => {
          // Nothing is lost that anybody would miss.
          part.state.settle();
          outcome.value = "";
        });
      });
      effect(() => void (wasTried = part.state.tried.value || wasTried && !!part.state.violations.value.length));
      return part;
    });
    shown = made.value;
    const back = focusIn(place);
    place.replaceChildren(shown.element);
    back();
    // What was asked of the form before is asked of this one.
    if (isTrying) void shown.send();
    end = () => {
      typed = asShown(made.value.state);
      made.end();
    };
  }

  let timer = 0;
  const drawn = derived(() => JSON.stringify([draft.value.value, target().method, target().at, target().fields.length]));
  effect(() => {
    drawn.value;
    untracked(() => {
      clearTimeout(timer);
      if (shown) timer = setTimeout(draw, waitMs);
      else draw();
    });
  });
  onEnd(() => {
    clearTimeout(timer);
    end();
  });

  /** @param {any} request */
  function fill(request) {
    end();
    end = () => {};
    typed = structuredClone(request);
    wasTried = true;
    draw();
  }

  return h(
    "section",
    { class: "design-preview", aria: { label: sw("design.preview") } },
    h("div", { class: "design-head" }, h("h3", { class: "design-title" }, sw("design.preview"))),
    h("p", { class: "soft small" }, sw("design.preview_help")),
    () =>
      problems.value
        ? h("p", { class: "notice design-notice" }, icon("warning"), h("span", null, s("design.preview_waits", { count: problems.value })))
        : [],
    fillIn(target, fill),
    place,
    h("p", { class: "design-taken", role: "status", hidden: () => !outcome.value }, icon("approve"), h("span", null, sw("design.taken"))),
    trials(draft, target, who),
  );
}

/** Who is at a field when the form is drawn anew is at it afterwards. @param {HTMLElement} place */
function focusIn(place) {
  const now = document.activeElement;
  if (!(now instanceof HTMLElement) || !place.contains(now)) return () => {};
  const path = now.closest("[data-path]")?.getAttribute("data-path");
  const caret = now instanceof HTMLInputElement ? [now.selectionStart, now.selectionEnd] : null;
  return () => {
    const field = [...place.querySelectorAll("[data-path]")].find((one) => one.getAttribute("data-path") === path);
    const next = path ? field?.querySelector("input, select, textarea") : place.querySelector("button[type=submit]");
    if (!(next instanceof HTMLElement)) return;
    next.focus();
    if (next instanceof HTMLInputElement && caret) next.setSelectionRange(caret[0], caret[1]);
  };
}

/** @param {Target} target @param {import("../../app/session.js").Who} who */
function emptyOf({ method, at, kind }, who) {
  if (kind) return { record: { kind } };
  if (!at) return {};
  const day = /Receipt$/.test(method)
    ? { receivedOn: who.businessDate }
    : /Post(Invoice|Document)$/.test(method)
    ? { issuedOn: who.businessDate }
    : {};
  return { [at]: { ...day } };
}

/** The request with what was looked up as people saw it. @param {import("../../parts/form/state.js").FormState} state */
function asShown(state) {
  const request = structuredClone(state.request.peek());
  for (const one of state.fields) {
    const value = one.type === "lookup" ? state.cells[one.name].value.peek() : null;
    if (value) one.name.split(".").reduce((inner, step, i, all) => (i === all.length - 1 ? inner[step] = value : inner[step] ??= {}), request);
  }
  return request;
}

/** A real one that is put into the form. @param {() => Target} target @param {(request: any) => void} fill */
function fillIn(target, fill) {
  const chosen = signal(/** @type {import("../../parts/combobox.js").Choice | null} */ (null));
  /** @type {Example[]} */
  let examples = [];
  effect(() => {
    const found = chosen.value && examples.find((one) => one.label === chosen.value?.value);
    if (found) untracked(() => fill(found.shown));
  });
  return field({
    label: sw("design.fill_in"),
    input: (tie) =>
      combobox({
        tie,
        value: chosen,
        placeholder: sw("design.fill_in_hint", { count: examplesMax }),
        load: async (query) => {
          const { method, at, kind, fields } = target();
          examples = await examplesOf(method, at, kind, fields);
          const wanted = query.trim().toLowerCase();
          return examples.filter((one) => `${one.label} ${one.detail}`.toLowerCase().includes(wanted)).map(({ label, detail }) => ({
            value: label,
            label,
            detail,
          }));
        },
      }),
  });
}

/** What the draft would have said of the last real ones. @param {import("./design_draft.js").Draft} draft @param {() => Target} target @param {import("../../app/session.js").Who} who */
function trials(draft, target, who) {
  const tried = signal(/** @type {Trial[] | null} */ (null));
  const failure = signal("");
  const of = signal("");
  const isStale = derived(() => tried.value !== null && of.value !== draft.text.value);

  async function run() {
    failure.value = "";
    const { method, at, kind, fields } = target();
    const documents = draft.documents();
    const text = draft.text.peek();
    const drawn = drawnForm(fields, draft.value.peek(), at, who).sections.flatMap((one) => one.fields);
    const told = (/** @type {string} */ field, /** @type {string} */ message) => {
      const label = textOf(drawn.find((one) => one.name === jsonPath(field))?.label) || field;
      return label ? s("design.at_field", { label, text: message }) : message;
    };
    try {
      const waiting = await examplesOf(method, at, kind, fields);
      const results = /** @type {Trial[]} */ (Array(waiting.length));
      let next = 0;
      const worker = async () => {
        for (let i = next++; i < waiting.length; i = next++) {
          const reply = await call(platform("FormService", "TryForm"), { method, request: waiting[i].request, documents });
          const wrong = (reply.findings ?? []).filter((/** @type {any} */ one) => !one.isWarning);
          if (wrong.length) throw new Error(s("design.preview_waits", { count: wrong.length }));
          const words = (/** @type {any[]} */ all) => (all ?? []).map(({ field, message }) => told(field, message));
          results[i] = { label: waiting[i].label, refusals: words(reply.result?.violations), warnings: words(reply.result?.warnings) };
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
      tried.value = results;
      of.value = text;
    } catch (error) {
      tried.value = null;
      failure.value = sentence(error);
    }
  }

  return h(
    "div",
    { class: "design-trials" },
    button({ label: sw("design.try_last", { count: examplesMax }), icon: "clock", onClick: run }),
    h("p", { class: "field-error", role: "alert", hidden: () => !failure.value }, () => failure.value),
    h("div", { role: "status", class: () => isStale.value ? "design-stale" : "" }, () => tried.value ? summed(tried.value) : []),
    h("p", { class: "soft small", hidden: () => !isStale.value }, sw("design.tried_before")),
  );
}

/** @param {Trial[]} trials */
function summed(trials) {
  if (!trials.length) return [h("p", { class: "soft" }, sw("design.none_to_try"))];
  const refused = trials.filter((one) => one.refusals.length);
  const warned = trials.filter((one) => one.warnings.length);
  return [
    h("p", { class: "design-trials-sum" }, s("design.tried", { count: trials.length, refused: refused.length, warned: warned.length })),
    h(
      "ul",
      { class: "findings" },
      ...[...counted(refused, "refusals")].map(([text, all]) => trialLine(text, all, "finding-bad", "alert")),
      ...[...counted(warned, "warnings")].map(([text, all]) => trialLine(text, all, "finding-warn", "warning")),
    ),
  ];
}

/** Who is told what, by the words. @param {Trial[]} trials @param {"refusals" | "warnings"} what @returns {Map<string, string[]>} */
function counted(trials, what) {
  const found = new Map();
  for (const one of trials) for (const text of one[what]) found.set(text, [...(found.get(text) ?? []), one.label]);
  return found;
}

/** @param {string} text @param {string[]} all @param {string} tone @param {import("../../parts/icon.js").IconName} name */
const trialLine = (text, all, tone, name) =>
  h(
    "li",
    { class: tone },
    icon(name),
    h(
      "span",
      null,
      h("strong", null, `${all.length} × `),
      text,
      h("span", { class: "soft" }, ` (${all.slice(0, 5).join(", ")}${all.length > 5 ? " …" : ""})`),
    ),
  );
