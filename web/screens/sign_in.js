// Signing in: by password, by key, or with an invitation.
import { acceptInvitation, signIn, wasSignedOut } from "../app/session.js";
import { s, sw } from "../app/words.js";
import { CallError } from "../client/connect.js";
import { button } from "../parts/button.js";
import { field } from "../parts/field.js";
import { icon } from "../parts/icon.js";
import { textInput } from "../parts/inputs.js";
import { h } from "../runtime/h.js";
import { signal } from "../runtime/signal.js";
import { language, languages, setLanguage } from "../words/words.js";

const companyKept = "remit.company";

export function signInScreen() {
  const invitation = new URLSearchParams(location.hash.slice(1)).get("invitation") ?? "";
  const way = signal(/** @type {"password" | "key" | "invitation"} */ (invitation ? "invitation" : "password"));
  const values = {
    company: signal(localStorage.getItem(companyKept) ?? ""),
    login: signal(""),
    password: signal(""),
    key: signal(""),
    invitation: signal(invitation),
    again: signal(""),
  };
  const problem = signal("");
  const wrong = signal(/** @type {Record<string, string>} */ ({}));
  const busy = signal(false);

  async function send() {
    if (busy.peek()) return;
    busy.value = true;
    problem.value = "";
    wrong.value = {};
    try {
      if (way.peek() === "key") await signIn({ key: values.key.peek() });
      else if (way.peek() === "invitation") {
        if (values.password.peek() !== values.again.peek()) {
          wrong.value = { again: s("sign_in.not_same") };
          return;
        }
        await acceptInvitation({ invitation: values.invitation.peek(), password: values.password.peek() });
        history.replaceState(null, "", location.pathname);
      } else {
        const company = values.company.peek().trim();
        await signIn({ company, login: values.login.peek(), password: values.password.peek() });
        localStorage.setItem(companyKept, company);
      }
    } catch (error) {
      const violations = error instanceof CallError ? error.violations : [];
      if (violations.length) wrong.value = Object.fromEntries(violations.map((one) => [one.field, one.message]));
      else problem.value = error instanceof CallError && error.isOffline ? s("sign_in.offline") : reason(error, way.peek() === "key");
    } finally {
      busy.value = false;
    }
  }

  /** @param {keyof typeof values} name @param {import("../app/words.js").Key} label @param {{type?: string, autocomplete?: string, hint?: import("../app/words.js").Key}} [more] */
  const input = (name, label, { type, autocomplete, hint } = {}) =>
    field({
      label: sw(label),
      hint: hint && sw(hint),
      error: () => wrong.value[name] ?? "",
      input: (tie) => textInput({ tie, value: values[name], type, autocomplete }),
    });

  /** @param {"password" | "key" | "invitation"} to @param {import("../app/words.js").Key} label */
  const other = (to, label) => h("button", { class: "link", type: "button", on: { click: () => (way.value = to) } }, sw(label));

  const form = h(
    "form",
    { class: "sign-in-form", on: { submit: (event) => (event.preventDefault(), void send()) } },
    h("h1", { class: "sign-in-title" }, () => s(way.value === "invitation" ? "sign_in.invited" : "sign_in.title")),
    h("p", { class: "soft", role: "status", hidden: () => !wasSignedOut.value }, sw("sign_in.was_out")),
    h("p", { class: "sign-in-problem", role: "alert", hidden: () => !problem.value }, icon("alert"), h("span", null, () => problem.value)),
    () => {
      if (way.value === "key") return [input("key", "sign_in.key", { type: "password", hint: "sign_in.key_hint" })];
      if (way.value === "invitation") {
        return [
          input("invitation", "sign_in.invitation"),
          input("password", "sign_in.new_password", { type: "password", autocomplete: "new-password", hint: "sign_in.password_hint" }),
          input("again", "sign_in.again", { type: "password", autocomplete: "new-password" }),
        ];
      }
      return [
        input("company", "sign_in.company", { autocomplete: "organization", hint: "sign_in.company_hint" }),
        input("login", "sign_in.login", { autocomplete: "username" }),
        input("password", "sign_in.password", { type: "password", autocomplete: "current-password" }),
      ];
    },
    button({
      label: () => s(way.value === "invitation" ? "sign_in.begin" : "sign_in.do"),
      kind: "primary",
      type: "submit",
      disabled: () => busy.value,
    }),
    h("p", { class: "sign-in-ways small" }, () => /** @type {Node[]} */ ([
      ...(way.value === "password" ? [] : [other("password", "sign_in.by_password")]),
      ...(way.value === "key" ? [] : [other("key", "sign_in.by_key")]),
      ...(way.value === "invitation" ? [] : [other("invitation", "sign_in.by_invitation")]),
    ])),
  );
  return h(
    "main",
    { class: "sign-in" },
    h("div", { class: "sign-in-frame" }, h("div", { class: "sign-in-mark" }, icon("cash"), h("span", null, "Remit")), form),
    h(
      "p",
      { class: "sign-in-languages small" },
      Object.entries(languages).map(([code, label]) =>
        h("button", {
          class: "link",
          type: "button",
          lang: code,
          aria: { pressed: () => String(language.value === code) },
          on: { click: () => setLanguage(code) },
        }, label)
      ),
    ),
  );
}

/** @param {unknown} error @param {boolean} isByKey */
function reason(error, isByKey) {
  if (!(error instanceof CallError)) return String(error);
  if (error.code === "unauthenticated") return s(isByKey ? "sign_in.key_refused" : "sign_in.refused");
  return error.code === "resource_exhausted" ? s("sign_in.wait", { text: error.message.match(/\d+(?= s$)/)?.[0] ?? "60" }) : error.message;
}
