// What stands round every screen: where one can go, for which company one works, and how it looks.
import { h, textOf } from "../runtime/h.js";
import { effect, signal } from "../runtime/signal.js";
import { languages, setLanguage, t, words } from "../words/words.js";
import { language } from "../words/words.js";
import { button } from "./button.js";
import { icon } from "./icon.js";
import { menuButton } from "./menu.js";
import { toastPlace } from "./toast.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/** @typedef {"system" | "light" | "dark"} Theme */
/** @typedef {"compact" | "comfortable"} Density */
/** @typedef {{href: string, label: Text, icon: import("./icon.js").IconName, count?: () => number | null}} NavItem */
/** @typedef {{label?: Text, items: NavItem[]}} NavGroup */

export const theme = signal(/** @type {Theme} */ ("system"));
export const density = signal(/** @type {Density} */ ("compact"));

/** The root follows how it is to look; what a person chose is kept in this browser. @param {Storage | null} store */
export function followLook(store) {
  const kept = JSON.parse(store?.getItem("remit.look") ?? "{}");
  theme.value = kept.theme ?? theme.peek();
  density.value = kept.density ?? density.peek();
  if (kept.language) setLanguage(kept.language);
  effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === "system") delete dataset.theme;
    else dataset.theme = theme.value;
    dataset.density = density.value;
    store?.setItem("remit.look", JSON.stringify({ theme: theme.value, density: density.value, language: language.value }));
  });
}

/**
 * @param {{company: {name: string, others?: {name: string, run: () => void}[]}, person: {name: string, detail?: string}, navigation: () => NavGroup[],
 *   path: () => string, search?: () => void, live?: () => "connecting" | "online" | "offline", signOut?: () => void, main: Node[]}} options
 */
export function shell({ company, person, navigation, path, search, live, signOut, main }) {
  const menuOpen = signal(false);
  const nav = h(
    "nav",
    { class: () => `shell-nav${menuOpen.value ? " shell-nav-open" : ""}`, id: "navigation", aria: { label: words("shell.navigation") } },
    () => navigation().map((group) => navGroup(group, path, () => (menuOpen.value = false))),
  );
  nav.addEventListener("keydown", (event) => {
    if (event.key === "Escape") menuOpen.value = false;
  });
  return h(
    "div",
    { class: "shell" },
    h("a", { class: "skip", href: "#main" }, words("shell.skip")),
    h(
      "header",
      { class: "shell-head" },
      h(
        "span",
        { class: "shell-burger" },
        button({
          label: words("shell.menu"),
          icon: "menu",
          kind: "quiet",
          iconOnly: true,
          expanded: () => menuOpen.value,
          onClick: () => (menuOpen.value = !menuOpen.peek()),
        }),
      ),
      h("span", { class: "shell-mark", aria: { hidden: "true" } }, icon("cash")),
      companyPart(company),
      search
        ? h(
          "button",
          { class: "shell-search", type: "button", on: { click: search } },
          icon("search"),
          h("span", null, words("shell.search")),
          h("kbd", null, "Ctrl K"),
        )
        : h("span", { class: "shell-search-none" }),
      () => live?.() === "offline" && h("span", { class: "shell-offline", role: "status" }, icon("warning"), h("span", null, t("shell.offline"))),
      personMenu(person, signOut),
    ),
    nav,
    h("main", { class: "shell-main", id: "main", tabindex: -1 }, ...main),
    toastPlace(),
  );
}

/** @param {{name: string, others?: {name: string, run: () => void}[]}} company */
function companyPart({ name, others = [] }) {
  if (!others.length) return h("span", { class: "shell-company" }, name);
  return menuButton({
    label: name,
    kind: "quiet",
    caret: true,
    items: () => [
      { title: words("shell.company") },
      { label: name, checked: () => true },
      ...others.map((other) => ({
        label: other.name,
        checked: () => false,
        run: other.run,
      })),
    ],
  });
}

/** @param {NavGroup} group @param {() => string} path @param {() => void} gone */
function navGroup(group, path, gone) {
  return h(
    "div",
    { class: "nav-group" },
    group.label ? h("div", { class: "nav-title" }, () => textOf(group.label)) : null,
    h(
      "ul",
      null,
      group.items.map((item) => {
        const isHere = () => path() === item.href || path().startsWith(`${item.href}/`);
        return h(
          "li",
          null,
          h(
            "a",
            { class: "nav-link", href: item.href, aria: { current: () => isHere() ? "page" : null }, on: { click: gone } },
            icon(item.icon),
            h("span", { class: "nav-label" }, () => textOf(item.label)),
            () => {
              const count = item.count?.();
              return !!count && h("span", { class: "nav-count figures" }, count);
            },
          ),
        );
      }),
    ),
  );
}

/** @param {{name: string, detail?: string}} person @param {() => void} [signOut] */
function personMenu(person, signOut) {
  /** @type {[Theme, () => string][]} */
  const themes = [["system", words("shell.theme_system")], ["light", words("shell.theme_light")], ["dark", words("shell.theme_dark")]];
  /** @type {[Density, () => string][]} */
  const densities = [["compact", words("shell.compact")], ["comfortable", words("shell.comfortable")]];
  return menuButton({
    label: () => t("shell.person", { name: person.name }),
    icon: "person",
    kind: "quiet",
    iconOnly: true,
    align: "end",
    items: () => [
      { title: person.detail ? `${person.name} · ${person.detail}` : person.name },
      "line",
      { title: words("shell.language") },
      ...Object.entries(languages).map(([code, label]) => ({ label, checked: () => language.peek() === code, run: () => setLanguage(code) })),
      "line",
      { title: words("shell.theme") },
      ...themes.map(([value, label]) => ({ label, checked: () => theme.peek() === value, run: () => (theme.value = value) })),
      "line",
      { title: words("shell.density") },
      ...densities.map(([value, label]) => ({ label, checked: () => density.peek() === value, run: () => (density.value = value) })),
      ...(signOut ? [/** @type {const} */ ("line"), { label: words("shell.sign_out"), icon: /** @type {const} */ ("external"), run: signOut }] : []),
    ],
  });
}
