// The console of who is signed in: where one can go, and the page that the address names.
import { createPalette } from "../parts/palette.js";
import { shell } from "../parts/shell.js";
import { emptyState } from "../parts/states.js";
import { h } from "../runtime/h.js";
import { shortcuts } from "../runtime/keys.js";
import { createRouter } from "../runtime/router.js";
import { derived, effect, freeScope, onEnd, untracked } from "../runtime/signal.js";
import { call, ledger, listen, offerToSubmit } from "./server.js";
import { may, personOf, signOut } from "./session.js";
import { recordKinds } from "./kinds.js";
import { pages } from "./pages.js";
import { submitting } from "../screens/submit.js";
import { entries as enterable } from "../screens/documents.js";
import { named, s, sw } from "./words.js";

/** @typedef {ReturnType<typeof createRouter<Page>>} Router */
/** @typedef {{router: Router, who: import("./session.js").Who, params: Record<string, string>}} Context */
/**
 * A page of the console. `needs`: the permission without which it is not there, or several of which one is enough; `group` and `icon` where it is in the menu.
 * @typedef {object} Page
 * @property {import("./words.js").Key} title
 * @property {string | string[]} [needs]
 * @property {"work" | "books" | "data" | "settings"} [group]
 * @property {import("../parts/icon.js").IconName} [icon]
 * @property {string[]} [also] other words that find it: pinyin initials
 * @property {(context: Context) => Node} make
 */

/** @param {import("./session.js").Who} who */
export function run(who) {
  const allowed = Object.fromEntries(Object.entries(pages).filter(([, { needs = [] }]) => !needs.length || [needs].flat().some(may)));
  const router = createRouter({ routes: allowed });
  if (location.pathname === "/") router.go("/home", { replace: true });
  offerToSubmit(submitting(router));
  const live = listen(personOf(who));
  onEnd(() => live.end());
  const kinds = recordKinds();
  const menu = () => menuOf(allowed, kinds.all.value);
  const palette = createPalette({
    go: (href) => {
      router.go(href);
      // Also where one was there already.
      focusPage();
    },
    commands: () => [
      ...menu().flatMap(({ group, items }) => items.map((item) => ({ ...item, id: item.href, group: sw(`group.${group}`) }))),
      ...deeds(kinds.all.value).map((one) => ({ ...one, id: one.href, group: sw("group.do"), icon: /** @type {const} */ ("add") })),
    ],
    providers: may("ledger.customer.list") ? [findCustomers] : [],
  });
  const view = derived(() => router.place.value.view);
  // One page for each address; what is in its query is its own affair.
  const path = derived(() => router.place.value.path);
  const main = h("div", { class: "page-place" });
  /** @type {(() => void) | null} */
  let end = null;
  let isFirst = true;
  effect(() => {
    path.value;
    const page = view.value;
    untracked(() => {
      end?.();
      const made = freeScope(() => page ? page.make({ router, who, params: router.place.peek().params }) : missing());
      end = made.end;
      main.replaceChildren(made.value);
      // Who works by keyboard goes on in the page, not before the menu.
      if (isFirst) isFirst = false;
      else focusPage();
    });
  });
  onEnd(() => end?.());
  effect(() => {
    document.title = `${view.value ? s(view.value.title) : s("page.missing")} · ${who.tenant.name}`;
  });
  shortcuts([{ keys: "mod+k", label: sw("palette.open"), run: () => palette.open() }]);
  return shell({
    company: { name: who.tenant.name },
    person: { name: who.person?.name ?? who.principal, detail: who.principal },
    navigation: () => menu().map(({ group, items }) => ({ label: sw(`group.${group}`), items })),
    path: () => path.value,
    search: () => palette.open(),
    live: () => live.state.value,
    signOut: () => void signOut(),
    main: [main, palette.element],
  });
}

const focusPage = () => document.getElementById("main")?.focus({ preventScroll: true });

const groups = /** @type {const} */ (["work", "own", "books", "data", "settings"]);

/**
 * Where one can go, group by group: the pages, and the kinds of the company's own records.
 * @param {Record<string, Page>} allowed @param {import("./kinds.js").RecordKind[]} kinds
 */
function menuOf(allowed, kinds) {
  const pageItems = Object.entries(allowed).map(([href, { group, title, icon = "document", also }]) => ({
    group,
    href,
    label: sw(title),
    icon,
    also,
  }));
  const kindItems = kinds.map(({ name, title }) => (
    { group: /** @type {const} */ ("own"), href: `/records/${name}`, label: title, icon: /** @type {const} */ ("table"), also: [name] }
  ));
  return groups.map((group) => ({ group, items: [...pageItems, ...kindItems].filter((item) => item.group === group) })).filter(({ items }) =>
    items.length
  );
}

/** What can be begun from anywhere. @param {import("./kinds.js").RecordKind[]} kinds @returns {{href: string, label: () => string, also?: string[]}[]} */
function deeds(kinds) {
  return [
    ...(may("ledger.customer.create") ? [{ href: "/customers/new", label: sw("do.customer"), also: ["xjkh"] }] : []),
    ...enterable.filter(([, permission]) => may(permission)).map(([kind]) => ({
      href: `/documents/new/${kind}`,
      label: () => s("enter.title", { text: named("kind", kind) }),
    })),
    ...(may("platform.record.create")
      ? kinds.map(({ name, title }) => ({ href: `/new/${name}`, label: () => s("record.new", { text: title() }) }))
      : []),
  ];
}

function missing() {
  return emptyState({ title: sw("page.missing"), help: sw("page.missing_help"), icon: "search" });
}

/** @type {import("../parts/palette.js").Provider} */
async function findCustomers(text, { signal }) {
  const found = await call(ledger("ListCustomers"), { search: text, pageSize: 8 }, { signal });
  return (found.customers ?? []).map((/** @type {any} */ one) => ({
    id: one.id,
    label: one.name,
    detail: one.number,
    group: sw("page.customers"),
    icon: /** @type {const} */ ("customers"),
    href: `/customers/${one.id}`,
  }));
}
