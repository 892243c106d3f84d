// Buttons, icons, inputs, badges, tabs, menus and dialogs, toasts, states.
import { h } from "../../runtime/h.js";
import { signal } from "../../runtime/signal.js";
import { CallError } from "../../client/connect.js";
import { badge } from "../badge.js";
import { button } from "../button.js";
import { combobox } from "../combobox.js";
import { ask } from "../dialog.js";
import { field } from "../field.js";
import { icon, iconNames } from "../icon.js";
import { checkbox, selectInput, textArea, textInput } from "../inputs.js";
import { menuButton } from "../menu.js";
import { emptyState, errorState, loadingState } from "../states.js";
import { tabs } from "../tabs.js";
import { toast } from "../toast.js";
import { dateInput, moneyInput, numberInput } from "../typed.js";
import { today } from "./data.js";
import { findCustomers, statuses } from "./lists.js";
import { g, gw } from "./words.js";

/** @param {() => string} title @param {...Node} content */
export function galleryCase(title, ...content) {
  return h("section", { class: "gallery-case" }, h("h2", null, title), ...content);
}
/** @param {...Node} content */
const row = (...content) => h("div", { class: "gallery-row" }, ...content);
/** @param {...Node} content */
export const part = (...content) => h("div", { class: "gallery-part" }, ...content);

export function buttonPart() {
  const pause = () => new Promise((done) => setTimeout(done, 1500));
  const on = signal(true);
  return part(
    galleryCase(
      gw("kinds"),
      row(
        button({ label: gw("post"), kind: "primary" }),
        button({ label: gw("import") }),
        button({ label: gw("details"), kind: "quiet" }),
        button({ label: gw("reverse"), kind: "danger" }),
        button({ label: gw("customers"), href: "?part=grid" }),
      ),
    ),
    galleryCase(
      gw("with_icon"),
      row(
        button({ label: gw("post"), kind: "primary", icon: "add", keys: "mod+Enter" }),
        button({ label: gw("import"), icon: "upload" }),
        button({ label: gw("details"), icon: "more", iconOnly: true }),
        button({
          label: gw("details"),
          icon: "filter",
          kind: "quiet",
          iconOnly: true,
          pressed: () => on.value,
          onClick: () => (on.value = !on.peek()),
        }),
      ),
    ),
    galleryCase(
      gw("states"),
      row(button({ label: gw("slow"), kind: "primary", onClick: pause }), button({ label: gw("off"), disabled: () => true })),
    ),
  );
}

export function iconPart() {
  return part(
    h(
      "div",
      { class: "gallery-icons" },
      iconNames.map((name) => h("div", { class: "gallery-icon" }, icon(name), h("span", { class: "small" }, name))),
    ),
  );
}

export function inputPart() {
  const money = signal(/** @type {import("../../values/money.js").Money | null} */ ({ amount: "1234.50", currency: "EUR" }));
  const choice = signal(/** @type {import("../combobox.js").Choice | null} */ (null));
  /** @param {Parameters<typeof field>[0]} options */
  const one = (options) => field(options);
  return part(
    galleryCase(
      gw("kinds"),
      h(
        "div",
        { class: "gallery-fields" },
        one({ label: gw("reference"), input: (tie) => textInput({ tie, value: signal("4500017723") }) }),
        one({ label: gw("amount"), required: () => true, input: (tie) => moneyInput({ tie, value: money, currency: () => "EUR" }) }),
        one({ label: gw("due"), input: (tie) => dateInput({ tie, value: signal(/** @type {string | null} */ ("2026-12-31")), today: () => today }) }),
        one({ label: gw("quantity"), input: (tie) => numberInput({ tie, value: signal(/** @type {string | null} */ ("1200")), decimals: 2 }) }),
        one({
          label: gw("terms"),
          input: (tie) =>
            selectInput({
              tie,
              value: signal("30"),
              options:
                () => [{ value: "30", label: gw("terms_30") }, { value: "60", label: gw("terms_60") }, { value: "eom", label: gw("terms_eom") }],
            }),
        }),
        one({ label: gw("customer"), hint: gw("customer_hint"), input: (tie) => combobox({ tie, value: choice, load: lookUp }) }),
        one({ label: gw("note"), wide: true, input: (tie) => textArea({ tie, value: signal("") }) }),
        one({ label: gw("email"), input: (tie) => checkbox({ tie, checked: signal(true), label: gw("send") }) }),
      ),
    ),
    galleryCase(
      gw("states"),
      h(
        "div",
        { class: "gallery-fields" },
        one({
          label: gw("email"),
          hint: gw("email_hint"),
          input: (tie) => textInput({ tie, value: signal(""), icon: "letter", placeholder: "buchhaltung@example.de" }),
        }),
        one({ label: gw("email"), error: gw("email_wrong"), input: (tie) => textInput({ tie, value: signal("buchhaltung@") }) }),
        one({
          label: gw("amount"),
          warning: gw("credit_warning"),
          input: (tie) => moneyInput({ tie, value: signal(/** @type {any} */ ({ amount: "64000", currency: "EUR" })), currency: () => "EUR" }),
        }),
        one({ label: gw("readonly"), readonly: () => true, input: (tie) => textInput({ tie, value: signal("RE-2026-000042") }) }),
      ),
    ),
  );
}

/** As a server answers. @type {import("../combobox.js").Load} */
export async function lookUp(query, { signal: stop }) {
  await new Promise((done) => setTimeout(done, 60));
  return stop.aborted ? [] : findCustomers(query).map((one) => ({ value: one.id, label: one.name, detail: one.id }));
}

export function badgePart() {
  return part(
    galleryCase(gw("kinds"), row(...statuses.map(([name, tone]) => badge({ label: gw(/** @type {any} */ (name)), tone })))),
    galleryCase(
      gw("with_icon"),
      row(badge({ label: gw("paid"), tone: "good", icon: "check" }), badge({ label: gw("disputed"), tone: "warn", icon: "flag" })),
    ),
  );
}

export function tabsPart() {
  const chosen = signal("account");
  return part(tabs({
    label: gw("customer"),
    chosen,
    tabs: [
      { id: "account", label: gw("account"), content: () => h("p", null, gw("account_text")) },
      { id: "items", label: gw("items"), count: () => 12, content: () => h("p", null, gw("applied")) },
      { id: "history", label: gw("history"), content: () => h("p", null, gw("history_text")) },
    ],
  }));
}

export function overlayPart() {
  const isPinned = signal(true);
  return part(
    galleryCase(
      gw("menu"),
      row(menuButton({
        label: gw("menu"),
        icon: "more",
        items: () => [
          { label: gw("details"), icon: "document", run() {} },
          { label: gw("import"), icon: "upload", run() {} },
          { label: gw("promised"), checked: () => isPinned.peek(), stay: true, run: () => (isPinned.value = !isPinned.peek()) },
          "line",
          { label: gw("off"), icon: "lock", disabled: () => true },
          { label: gw("reverse"), icon: "undo", danger: true, run() {} },
        ],
      })),
    ),
    galleryCase(
      gw("ask"),
      row(
        button({
          label: gw("ask"),
          onClick: () => void ask({ title: gw("ask_title"), content: () => g("ask_text"), confirm: gw("ask"), danger: true }),
        }),
      ),
    ),
  );
}

export function toastPart() {
  const show = () => {
    toast({ text: g("posted", { number: "RE-2026-000043" }), link: { label: gw("details"), href: "?part=grid" } });
    toast({ text: gw("applied"), undo: () => void toast({ text: gw("undone"), tone: "info" }) });
    toast({ text: gw("taken"), tone: "bad" });
  };
  return part(row(button({ label: gw("show_toast"), onClick: show })));
}

export function statePart() {
  return part(h(
    "div",
    { class: "gallery-cards" },
    h(
      "div",
      { class: "gallery-card" },
      emptyState({ title: gw("none_title"), help: gw("none_text"), icon: "cash", actions: [button({ label: gw("import"), icon: "upload" })] }),
    ),
    h("div", { class: "gallery-card" }, errorState({ error: new Error(g("refused")), retry: () => new Promise((done) => setTimeout(done, 800)) })),
    h("div", { class: "gallery-card" }, errorState({ error: new CallError("unavailable", ""), retry() {} })),
    h("div", { class: "gallery-card" }, loadingState(5)),
  ));
}
