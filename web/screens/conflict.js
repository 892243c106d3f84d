// Two people at one thing: what the other changed stands beside what is typed here. Each field is chosen, nothing is lost, and saving goes on top.
import { CallError } from "../client/connect.js";
import { form } from "../parts/form.js";
import { FormState } from "../parts/form/state.js";
import { icon } from "../parts/icon.js";
import { h, newId, textOf } from "../runtime/h.js";
import { effect, signal, untracked } from "../runtime/signal.js";
import { valueText } from "./company_form.js";
import { instantText, s, sw } from "./common.js";

/** @typedef {import("../parts/form/state.js").FormField} FormField */
/** As it is now, and who made it so where that is known. @typedef {{request: any, version: number | string, by?: string, at?: string}} Latest */
/** @typedef {{field: FormField, theirs: any, mine: any}} Row */

/** Not saved, and what to do is shown above the form. */
export class ToldAbove extends Error {}

/**
 * A form of something that others may change meanwhile.
 * @param {import("../parts/form.js").FormOptions & {version: number | string, known: () => number | string | undefined, latest: () => Promise<Latest>}} options
 *   `version`: that the form begins with; `known`: that there is now as far as events told, read again as it changes
 */
export function sharedForm({ version, known, latest, submit, ...options }) {
  let seen = Number(version);
  let start = new FormState(options.description, options.request ?? {});
  const saving = signal(false);
  const news = signal(/** @type {{by: string, at: string, rows: Row[]} | null} */ (null));
  const made = form({ ...options, submit: (request, how) => guarded(() => submit(request, how)) });
  const { state } = made;

  async function look() {
    const now = await latest();
    if (Number(now.version) <= seen) return;
    seen = Number(now.version);
    const theirs = new FormState(options.description, now.request);
    const earlier = (news.peek()?.rows ?? []).filter(({ field }) => isSame(field, start, theirs));
    const rows = [
      ...earlier,
      ...state.fields.filter((field) => !field.readonly && !isSame(field, start, theirs) && !isSame(field, state, theirs))
        .map((field) => ({ field, theirs: theirs.at(field).peek(), mine: state.at(field).peek() })),
    ];
    state.goOnFrom(theirs);
    // What only they changed is as they have it.
    for (const row of rows) if (isSame(row.field, start, state)) state.at(row.field).value = row.theirs;
    start = theirs;
    news.value = { by: now.by ?? "", at: now.at ?? "", rows };
  }

  /**
   * A write of what is in the form. Where somebody was faster it is not done, and what they did is shown.
   * @template T
   * @param {() => Promise<T>} work
   */
  async function guarded(work) {
    saving.value = true;
    try {
      const done = await work();
      news.value = null;
      return done;
    } catch (error) {
      if (!(error instanceof CallError) || error.reason !== "CHANGED_MEANWHILE") throw error;
      await look();
      element.querySelector(".conflict")?.scrollIntoView({ block: "nearest" });
      throw new ToldAbove(s("conflict.not_saved"));
    } finally {
      saving.value = false;
    }
  }

  effect(() => {
    // What one saves oneself comes back as an event too.
    const isNew = !saving.value && Number(known() ?? 0) > seen;
    // Where it cannot be had now, saving tells.
    if (isNew) untracked(() => void look().catch(() => {}));
  });
  const element = h("div", { class: "shared-form" }, () => news.value ? notice(state, news.value) : null, made.element);
  /** The version that one has made oneself. */
  const saved = (/** @type {number} */ version) => void (seen = version);
  return { ...made, element, guarded, saved };
}

/** For people: checks spell amounts in another way. @param {FormField} field @param {FormState} a @param {FormState} b */
const isSame = (field, a, b) => valueText(field, a.at(field).peek()) === valueText(field, b.at(field).peek());

/** @param {FormState} state @param {{by: string, at: string, rows: Row[]}} news */
function notice(state, { by, at, rows }) {
  return h(
    "section",
    { class: "conflict", role: "alert" },
    h(
      "p",
      { class: "conflict-title" },
      icon("warning"),
      h("span", null, () => s("conflict.title", { who: by || s("conflict.somebody"), when: at ? instantText(at) : s("conflict.just_now") })),
    ),
    h("p", null, sw(rows.length ? "conflict.help" : "conflict.nothing")),
    rows.map((row) => choice(state, row)),
  );
}

/** @param {FormState} state @param {Row} row */
function choice(state, { field, theirs, mine }) {
  const value = state.at(field);
  const name = newId("conflict");
  const isTheirsNow = () => valueText(field, value.value) === valueText(field, theirs);
  /** Who types on has another value of their own. */
  const own = () => isTheirsNow() ? mine : (mine = value.value);
  /** @param {boolean} isTheirs */
  const radio = (isTheirs) =>
    h(
      "label",
      { class: "conflict-choice" },
      h("input", {
        type: "radio",
        name,
        checked: () => isTheirsNow() === isTheirs,
        on: { change: () => (value.value = isTheirs ? theirs : mine) },
      }),
      h("span", { class: "small soft" }, sw(isTheirs ? "conflict.theirs" : "conflict.mine")),
      h("span", { class: "conflict-value" }, () => valueText(field, isTheirs ? theirs : own()) || "—"),
    );
  return h("fieldset", { class: "conflict-row" }, h("legend", { class: "field-label" }, () => textOf(field.label)), radio(true), radio(false));
}
