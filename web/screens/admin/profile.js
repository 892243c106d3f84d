// What people change of themselves: language, absence, password, and where they are signed in.
import { call, platform } from "../../app/server.js";
import { changePassword, load } from "../../app/session.js";
import { CallError } from "../../client/connect.js";
import { button } from "../../parts/button.js";
import { field } from "../../parts/field.js";
import { textInput } from "../../parts/inputs.js";
import { toast } from "../../parts/toast.js";
import { h } from "../../runtime/h.js";
import { signal } from "../../runtime/signal.js";
import { block, facts, pageHead, s, sentence, sw } from "../common.js";
import { localeOptions, plainForm } from "./common.js";
import { sessionsTable } from "./sessions.js";

/** @param {import("./common.js").Context} context */
export function profilePage({ who, router }) {
  const { person } = who;
  return h(
    "div",
    { class: "page page-narrow" },
    pageHead({ title: sw("page.profile"), detail: who.principal }),
    facts([
      [sw("column.name"), () => person?.name],
      [sw("people.login"), () => person?.login ?? who.principal],
      [sw("people.roles"), () => (who.roles ?? []).join(", ")],
    ]),
    ...(person
      ? [
        block(sw("people.language_and_absence"), [profileForm(person, router.guard)]),
        block(sw("people.password"), [passwordForm()]),
        block(sw("people.sessions"), [sessionsTable({ principal: person.login, mayEnd: true })]),
      ]
      : [h("p", { class: "soft" }, sw("people.is_a_key"))]),
  );
}

/** @param {NonNullable<import("../../app/session.js").Who["person"]>} person @param {(guard: () => boolean) => () => void} guard */
function profileForm(person, guard) {
  return plainForm({
    guard,
    fields: [
      { name: "locale", type: "choice", label: sw("people.language"), options: localeOptions },
      { name: "awayFrom", type: "date", label: sw("people.away_from") },
      { name: "awayUntil", type: "date", label: sw("people.away_until") },
      { name: "substitute", type: "text", label: sw("people.substitute"), hint: sw("people.substitute_hint") },
    ],
    request: { locale: person.locale, awayFrom: person.awayFrom, awayUntil: person.awayUntil, substitute: person.substitute },
    submit: async (request, { intent }) => {
      await call(platform("PersonService", "SetProfile"), request, { intent });
      toast({ text: sw("done.saved") });
      await load();
    },
  });
}

function passwordForm() {
  const values = { old: signal(""), new: signal(""), again: signal("") };
  const wrong = signal(/** @type {Record<string, string>} */ ({}));
  const problem = signal("");

  async function send() {
    [wrong.value, problem.value] = [{}, ""];
    if (values.new.peek() !== values.again.peek()) return void (wrong.value = { again: s("sign_in.not_same") });
    try {
      await changePassword({ old: values.old.peek(), new: values.new.peek() });
      for (const value of Object.values(values)) value.value = "";
      toast({ text: sw("people.password_changed") });
    } catch (error) {
      const violations = error instanceof CallError ? error.violations : [];
      if (violations.length) wrong.value = Object.fromEntries(violations.map((one) => [one.field === "password" ? "new" : one.field, one.message]));
      else problem.value = error instanceof CallError && error.code === "unauthenticated" ? s("people.password_wrong") : sentence(error);
    }
  }

  /** @param {keyof typeof values} name @param {import("../../app/words.js").Key} label @param {string} autocomplete @param {import("../../app/words.js").Key} [hint] */
  const input = (name, label, autocomplete, hint) =>
    field({
      label: sw(label),
      hint: hint && sw(hint),
      error: () => wrong.value[name] ?? "",
      input: (tie) => textInput({ tie, value: values[name], type: "password", autocomplete }),
    });
  return h(
    "form",
    { class: "form", novalidate: true, on: { submit: (event) => event.preventDefault() } },
    h("p", { class: "form-problems", role: "alert", hidden: () => !problem.value }, () => problem.value),
    h(
      "div",
      { class: "form-fields" },
      input("old", "people.password_old", "current-password"),
      input("new", "sign_in.new_password", "new-password", "sign_in.password_hint"),
      input("again", "sign_in.again", "new-password"),
    ),
    h("div", null, button({ label: sw("people.password_change"), onClick: send })),
  );
}
