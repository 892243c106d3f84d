// What the screens of books, imports and settings do in the same way.
import { signedOut } from "../../app/server.js";
import { CallError, newIntent } from "../../client/connect.js";
import { createStream } from "../../client/stream.js";
import { button } from "../../parts/button.js";
import { ask } from "../../parts/dialog.js";
import { field } from "../../parts/field.js";
import { form } from "../../parts/form.js";
import { download } from "../../parts/grid/export.js";
import { textInput } from "../../parts/inputs.js";
import { toast } from "../../parts/toast.js";
import { h, textOf } from "../../runtime/h.js";
import { signal } from "../../runtime/signal.js";
import { s, sentence, sw } from "../common.js";
import { sharedForm } from "../conflict.js";

/** @typedef {import("../../runtime/h.js").Text} Text */
/** @typedef {import("../../app/console.js").Context} Context */
/** @typedef {import("../../parts/form/state.js").FormField} FormField */

const once = createStream();

/** As `call`: who is signed out meanwhile signs in again. @type {import("../../client/stream.js").Stream} */
export async function stream(method, request, options) {
  try {
    await once(method, request, options);
  } catch (error) {
    if (error instanceof CallError && error.code === "unauthenticated") signedOut.value++;
    throw error;
  }
}

/**
 * @typedef {{fields?: FormField[], sections?: import("../../parts/form/state.js").FormSection[], request?: any, submitLabel?: Text, cancel?: () => void,
 *   submit: (request: any, options: {intent: string}) => Promise<unknown>, guard?: (guard: () => boolean) => () => void}} PlainForm
 */
/** @param {PlainForm} options */
const plain = ({ fields = [], sections = [{ fields }], submitLabel = sw("do.save"), ...options }) => ({
  description: { sections },
  check: () => Promise.resolve({}),
  submitLabel,
  mayLeave: () => confirm(s("form.leave")),
  ...options,
});

/** A form of a method that has no documents of the company: the server judges it when it is sent. @param {PlainForm} options */
export const plainForm = (options) => form(plain(options)).element;

/**
 * The same of something that others may change meanwhile.
 * @param {PlainForm & {version: number | string, latest: () => Promise<import("../conflict.js").Latest>}} options
 */
export const plainSharedForm = ({ version, latest, ...options }) =>
  sharedForm({ ...plain(options), version, latest, known: () => undefined }).element;

/** A list, and what belongs to one of its rows beside it. @param {Node} list @param {HTMLElement} panel */
export const beside = (list, panel) => h("div", { class: "beside" }, h("div", { class: "beside-list" }, list), panel);

/**
 * A value of the query, for a drawer: which one is open, "" for none.
 * @param {import("../../runtime/signal.js").Writable<string>} query
 */
export function openedBy(query) {
  return {
    item: {
      get value() {
        return query.value || null;
      },
    },
    onClose: () => void (query.value = ""),
  };
}

/**
 * Asks why, then does it. The wish stays the same however often it is tried.
 * @param {{title: Text, help?: Text, confirm: Text, danger?: boolean, required?: boolean, work: (reason: string, options: {intent: string}) => Promise<unknown>}} options
 */
export function askReason({ title, help, confirm, danger, required = false, work }) {
  const reason = signal("");
  const intent = newIntent();
  return ask({
    title,
    content: () => [
      ...(help ? [h("p", null, () => textOf(help))] : []),
      field({ label: sw("column.reason"), required: () => required, input: (tie) => textInput({ tie, value: reason, maxlength: 200 }) }),
    ],
    confirm,
    danger,
    work: () => {
      const text = reason.peek().trim();
      if (required && !text) throw new Error(s("document.reason_needed"));
      return work(text, { intent });
    },
  });
}

/**
 * Asks whether, then does it.
 * @param {{title: Text, help: Text, confirm: Text, danger?: boolean, work: (options: {intent: string}) => Promise<unknown>}} options
 */
export function askFirst({ help, work, ...options }) {
  const intent = newIntent();
  return ask({ ...options, content: () => h("p", null, () => textOf(help)), work: () => work({ intent }) });
}

/** Does what needs no question, and says how it went. @param {(options: {intent: string}) => Promise<unknown>} work @param {Text} [done] */
export async function act(work, done) {
  try {
    await work({ intent: newIntent() });
    if (done) toast({ text: done });
  } catch (error) {
    toast({ text: sentence(error), tone: "bad" });
  }
}

/** What is told once, to be copied now. @param {{title: Text, help: Text, rows: [Text, string][]}} options */
export function tellOnce({ title, help, rows }) {
  return ask({
    title,
    wide: true,
    told: true,
    confirm: sw("admin.copied_it"),
    content: () => [
      h("p", null, () => textOf(help)),
      ...rows.map(([label, text]) =>
        h(
          "div",
          { class: "told-once" },
          h("div", { class: "field-label" }, () => textOf(label)),
          h("div", { class: "told-once-row" }, h("code", null, text), copyButton(text)),
        )
      ),
    ],
  });
}

/** @param {string} text */
export function copyButton(text) {
  return button({
    label: sw("admin.copy"),
    icon: "copy",
    iconOnly: true,
    onClick: async () => {
      try {
        await navigator.clipboard.writeText(text);
        toast({ text: sw("admin.copied"), tone: "info" });
      } catch (error) {
        toast({ text: sentence(error), tone: "bad" });
      }
    },
  });
}

/**
 * A box for each role, with what it may as far as that fits beside it.
 * @param {{name: string, permissions?: string[]}[]} roles @returns {FormField[]}
 */
export const roleFields = (roles) =>
  roles.map((role, i) => {
    const all = role.permissions ?? [];
    const some = all.slice(0, 3).join(", ") + (all.length > 3 ? " …" : "");
    return { name: `chosen.r${i}`, type: "yesno", label: role.name, hint: all.includes("*") ? sw("people.may_all") : some, wide: true };
  });

/** @param {any} request @param {{name: string}[]} roles */
export const chosenRoles = (request, roles) => roles.filter((_, i) => request.chosen?.[`r${i}`]).map((role) => role.name);

/** Languages that people choose for themselves. */
export const localeOptions = ["en", "en-GB", "de-DE", "zh-CN"].map((value) => ({
  value,
  label: () => new Intl.DisplayNames([value], { type: "language" }).of(value) ?? value,
}));

/** @param {Uint8Array | string} content @param {string} name @param {string} [type] */
export const save = (content, name, type = "text/plain;charset=utf-8") => download(new Blob([/** @type {BlobPart} */ (content)], { type }), name);
