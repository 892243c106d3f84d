// The gallery: each part in each of its states, in both languages and themes, by the URL: ?part=grid&lang=zh-CN&theme=dark
import { h, mount } from "../runtime/h.js";
import { list as shortcutList, shortcuts, shown } from "../runtime/keys.js";
import { createRouter } from "../runtime/router.js";
import { derived, effect, freeScope, untracked } from "../runtime/signal.js";
import { setLanguage, words } from "../words/words.js";
import { ask } from "./dialog.js";
import { badgePart, buttonPart, iconPart, inputPart, overlayPart, part, statePart, tabsPart, toastPart } from "./gallery/controls.js";
import { chartPart, formPart } from "./gallery/figures.js";
import { findCustomers, gridPart, pagesPart } from "./gallery/lists.js";
import { g, gw } from "./gallery/words.js";
import { createPalette } from "./palette.js";
import { density, shell, theme } from "./shell.js";
import { button } from "./button.js";

/** @typedef {ReturnType<typeof createRouter>} Router */
/** @type {Record<string, {icon: import("./icon.js").IconName, group: "basics" | "data" | "feedback", make: (router: Router) => Node}>} */
const parts = {
  button: { icon: "approve", group: "basics", make: buttonPart },
  icon: { icon: "sun", group: "basics", make: iconPart },
  input: { icon: "edit", group: "basics", make: inputPart },
  badge: { icon: "flag", group: "basics", make: badgePart },
  tabs: { icon: "bookmark", group: "basics", make: tabsPart },
  grid: { icon: "table", group: "data", make: gridPart },
  pages: { icon: "columns", group: "data", make: pagesPart },
  form: { icon: "document", group: "data", make: formPart },
  chart: { icon: "chart", group: "data", make: chartPart },
  overlay: { icon: "menu", group: "feedback", make: overlayPart },
  palette: { icon: "search", group: "feedback", make: () => palettePart() },
  toast: { icon: "bell", group: "feedback", make: toastPart },
  state: { icon: "info", group: "feedback", make: statePart },
};

const router = createRouter({ routes: { "/*": "gallery" } });
const query = router.place.peek().query;
setLanguage(query.lang ?? "en");
theme.value = query.theme === "dark" ? "dark" : query.theme === "light" ? "light" : "system";
density.value = query.density === "comfortable" ? "comfortable" : "compact";
effect(() => {
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
  document.documentElement.dataset.density = density.value;
});

/** The same view, of another part. @param {string} name */
const hrefOf = (name) => `?${new URLSearchParams(Object.entries({ ...query, view: "", state: "", part: name }).filter(([, value]) => value))}`;

const palette = createPalette({
  go: router.go,
  commands: () => [
    ...Object.entries(parts).map(([name, { icon }]) => ({
      id: name,
      label: gw(/** @type {any} */ (name)),
      group: gw("go"),
      icon,
      href: hrefOf(name),
    })),
    { id: "invoice", label: gw("invoice_new"), group: gw("do"), icon: "add", href: hrefOf("form"), also: ["lrfp"], keys: "c" },
    {
      id: "statement",
      label: gw("statement"),
      group: gw("do"),
      icon: "bank",
      run: () => void ask({ title: gw("statement"), confirm: gw("import") }),
      also: ["dryhdzd"],
    },
  ],
  providers: [async (text) => {
    await new Promise((done) => setTimeout(done, 50));
    return findCustomers(text).map((one) => ({
      id: one.id,
      label: one.name,
      detail: one.id,
      group: gw("find"),
      icon: "customers",
      href: hrefOf("grid"),
    }));
  }],
});

function palettePart() {
  return part(h("div", { class: "gallery-row" }, button({ label: gw("open_palette"), icon: "search", keys: "mod+k", onClick: palette.open })));
}

shortcuts([
  { keys: "mod+k", label: words("palette.title"), run: palette.open },
  { keys: "g g", label: gw("grid"), run: () => router.go(hrefOf("grid")) },
  { keys: "g f", label: gw("form"), run: () => router.go(hrefOf("form")) },
  { keys: "?", label: words("keys.title"), run: () => void help() },
]);

function help() {
  return ask({
    title: words("keys.title"),
    confirm: words("action.close"),
    told: true,
    content: () =>
      h(
        "dl",
        { class: "gallery-facts" },
        shortcutList().flatMap(({ keys, label }) => [
          h("dt", null, label),
          h("dd", null, shown(keys).map((key) => h("kbd", null, key))),
        ]),
      ),
  });
}

const name = derived(() => Object.hasOwn(parts, router.place.value.query.part ?? "") ? router.place.value.query.part : "button");
const content = h("div", { class: "gallery-content" });
let ending = { end() {} };
effect(() => {
  const now = name.value;
  untracked(() => {
    ending.end();
    const made = freeScope(() => parts[now].make(router));
    content.replaceChildren(made.value);
    ending = made;
  });
});
effect(() => {
  document.title = `Remit · ${g(/** @type {any} */ (name.value))}`;
});

const app = document.getElementById("app");
if (app) {
  mount(app, () =>
    shell({
      company: { name: "Nordwind Handels GmbH", others: [{ name: "华信电子科技有限公司", run() {} }] },
      person: { name: "Anna Weber", detail: "anna.weber@nordwind.example" },
      path: () => hrefOf(name.value),
      navigation: () =>
        /** @type {const} */ (["basics", "data", "feedback"]).map((group) => ({
          label: gw(group),
          items: Object.entries(parts).filter(([, one]) => one.group === group).map(([key, one]) => ({
            href: hrefOf(key),
            icon: one.icon,
            label: gw(/** @type {any} */ (key)),
            count: () => key === "pages" ? 5000 : null,
          })),
        })),
      search: palette.open,
      live: () => query.live === "off" ? "offline" : "online",
      signOut() {},
      main: [h("header", { class: "gallery-head" }, h("h1", null, () => g(/** @type {any} */ (name.value)))), content, palette.element],
    }));
}
