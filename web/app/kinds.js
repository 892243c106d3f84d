// The kinds of the company's own records: their forms say what each has.
import { inLanguage } from "../parts/form/document.js";
import { derived, signal } from "../runtime/signal.js";
import { platform, read } from "./server.js";
import { may } from "./session.js";

/** @typedef {import("../parts/form/document.js").FormDocument & {name: string, title?: import("../parts/form/document.js").DocumentText}} RecordForm */
/** @typedef {{name: string, title: () => string, form: RecordForm}} RecordKind */

/** @returns {{all: {readonly value: RecordKind[]}, settled: {readonly value: boolean}}} `settled`: what can be known of them is */
export function recordKinds() {
  if (!may("platform.record.list")) return { all: signal([]), settled: signal(true) };
  const { state } = read(platform("RecordService", "ListRecordKinds"), {});
  return {
    all: derived(() => (state.value.data?.forms ?? []).map(kindOf)),
    settled: derived(() => !state.value.loading || !!state.value.data),
  };
}

/** @param {RecordForm} form @returns {RecordKind} */
const kindOf = (form) => ({ name: form.name, title: () => form.title ? inLanguage(form.title) || form.name : form.name, form });
