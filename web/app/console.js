// The console of who is signed in: where one can go, and the page that the address names.
import { createPalette } from "../parts/palette.js";
import { shell } from "../parts/shell.js";
import { emptyState } from "../parts/states.js";
import { h } from "../runtime/h.js";
import { shortcuts } from "../runtime/keys.js";
import { createRouter } from "../runtime/router.js";
import { derived, effect, freeScope, onEnd, untracked } from "../runtime/signal.js";
import { call, ledger, listen } from "./server.js";
import { may, signOut } from "./session.js";
import { pages } from "./pages.js";
import { s, sw } from "./words.js";

/** @typedef {ReturnType<typeof createRouter<Page>>} Router */
/** @typedef {{router: Router, who: import("./session.js").Who, params: Record<string, string>}} Context */
/**
 * A page of the console. `needs`: the permission without which it is not there; `group` and `icon` where it is in the menu.
 * @typedef {object} Page
 * @property {import("./words.js").Key} title
 * @property {string} [needs]
 * @property {"work" | "books" | "data" | "settings"} [group]
 * @property {import("../parts/icon.js").IconName} [icon]
 * @property {string[]} [also] other words that find it: pinyin initials
 * @property {(context: Context) => Node} make
 */

/** @param {import("./session.js").Who} who */
export function run(who) {
  const allowed = Object.fromEntries(Object.entries(pages).filter(([, page]) => !page.needs || may(page.needs)));
  const router = createRouter({ routes: allowed });
  if (location.pathname === "/") router.go("/home", { replace: true });
  const live = listen();
  onEnd(() => live.end());
  const menu = Object.entries(allowed).filter(([, page]) => page.group);
  const palette = createPalette({
    go: router.go,
    commands: () =>
      menu.map(([href, page]) => ({
        id: href,
        label: sw(page.title),
        group: sw(`group.${/** @type {"work"} */ (page.group)}`),
        icon: page.icon ?? "document",
        href,
        also: page.also,
      })),
    providers: may("ledger.customer.list") ? [findCustomers] : [],
  });
  const view = derived(() => router.place.value.view);
  // One page for each address; what is in its query is its own affair.
  const path = derived(() => router.place.value.path);
  const main = h("div", { class: "page-place" });
  /** @type {(() => void) | null} */
  let end = null;
  effect(() => {
    path.value;
    const page = view.value;
    untracked(() => {
      end?.();
      const made = freeScope(() => page ? page.make({ router, who, params: router.place.peek().params }) : missing());
      end = made.end;
      main.replaceChildren(made.value);
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
    navigation: () =>
      /** @type {const} */ (["work", "books", "data", "settings"]).map((group) => ({
        label: sw(`group.${group}`),
        items: menu.filter(([, page]) => page.group === group).map(([href, page]) => ({
          href,
          label: sw(page.title),
          icon: page.icon ?? "document",
        })),
      })).filter((group) => group.items.length),
    path: () => path.value,
    search: () => palette.open(),
    live: () => live.state.value,
    signOut: () => void signOut(),
    main: [main, palette.element],
  });
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
