// The kinds of the company's own records: their forms say what each has. They are told to who may make or change records; who may only look at them has
// their addresses from others.
import { inLanguage } from "../parts/form/document.js";
import { derived, signal } from "../runtime/signal.js";
import { platform, read } from "./server.js";
import { may } from "./session.js";

/** @typedef {import("../parts/form/document.js").FormDocument & {name: string, title?: import("../parts/form/document.js").DocumentText}} RecordForm */
/** @typedef {{name: string, title: () => string, form: RecordForm}} RecordKind */

/** @returns {{all: {readonly value: RecordKind[]}, settled: {readonly value: boolean}}} `settled`: what can be known of them is */
export function recordKinds() {
  const method = ["create", "update"].find((one) => may(`platform.record.${one}`));
  if (!method || !may("platform.record.list")) return { all: signal([]), settled: signal(true) };
  const { state } = read(platform("FormService", "GetForms"), {
    method: platform("RecordService", method === "create" ? "CreateRecord" : "UpdateRecord"),
  });
  return {
    all: derived(() => (state.value.data?.forms ?? []).filter((/** @type {RecordForm} */ one) => one.at === "record").map(kindOf).sort(byName)),
    settled: derived(() => !state.value.loading || !!state.value.data),
  };
}

/** @param {RecordForm} form @returns {RecordKind} */
const kindOf = (form) => ({ name: form.name, title: () => form.title ? inLanguage(form.title) || form.name : form.name, form });

/** @param {RecordKind} a @param {RecordKind} b */
const byName = (a, b) => a.name < b.name ? -1 : 1;
