// Nothing there, not there yet, not to be had: each says what can be done.
import { h, textOf } from "../runtime/h.js";
import { CallError } from "../client/connect.js";
import { t, words } from "../words/words.js";
import { button } from "./button.js";
import { icon } from "./icon.js";

/** @typedef {import("../runtime/h.js").Text} Text */

/** @param {{title: Text, help: Text, icon?: import("./icon.js").IconName, actions?: Node[]}} options */
export function emptyState({ title, help, icon: name = "info", actions = [] }) {
  return h(
    "div",
    { class: "state" },
    h("div", { class: "state-icon" }, icon(name)),
    h("p", { class: "state-title" }, () => textOf(title)),
    h("p", { class: "state-help" }, () => textOf(help)),
    actions.length ? h("div", { class: "state-actions" }, actions) : null,
  );
}

/** Lines where rows will be. @param {number} [rows] */
export function loadingState(rows = 6) {
  return h(
    "div",
    { class: "state-rows", role: "status" },
    h("span", { class: "unseen" }, words("state.loading")),
    Array.from({ length: rows }, () => h("div", { class: "bone-row" }, Array.from({ length: 4 }, () => h("span", { class: "bone" })))),
  );
}

/** @param {{error: Error, retry?: () => unknown}} options */
export function errorState({ error, retry }) {
  return h(
    "div",
    { class: "state state-bad", role: "alert" },
    h("div", { class: "state-icon" }, icon("alert")),
    h("p", { class: "state-title" }, () => error instanceof CallError && error.isOffline ? t("state.offline") : t("state.failed")),
    h("p", { class: "state-help" }, () => error instanceof CallError && error.isOffline ? t("state.offline_help") : error.message),
    retry ? h("div", { class: "state-actions" }, button({ label: words("action.retry"), icon: "refresh", onClick: retry })) : null,
  );
}
