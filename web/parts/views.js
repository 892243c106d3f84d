// Saved views: states of the URL that have a name. Where they are kept is behind a small store, so that it can become the server.
import { keptName } from "../client/kept.js";
import { newId, textOf } from "../runtime/h.js";
import { derived, signal } from "../runtime/signal.js";
import { t, words } from "../words/words.js";
import { ask } from "./dialog.js";
import { field } from "./field.js";
import { textInput } from "./inputs.js";
import { menuButton } from "./menu.js";
import { toast } from "./toast.js";

/** @typedef {{id: string, name: string, query: string}} View */
/** @typedef {{list: () => View[], save: (view: View) => void, remove: (id: string) => void}} ViewStore */

/** In this browser. @param {string} key @returns {ViewStore} */
export function localViews(key) {
  const name = keptName(key);
  const views = signal(/** @type {View[]} */ (read()));
  function read() {
    try {
      const found = JSON.parse(localStorage.getItem(name) ?? "[]");
      return Array.isArray(found) ? found : [];
    } catch {
      // What another version or a person left there is no reason to show nothing.
      return [];
    }
  }
  /** @param {View[]} next */
  function write(next) {
    views.value = next;
    localStorage.setItem(name, JSON.stringify(next));
  }
  return {
    list: () => views.value,
    save: (view) => write([...views.peek().filter((one) => one.id !== view.id), view]),
    remove: (id) => write(views.peek().filter((one) => one.id !== id)),
  };
}

/**
 * @param {{store: ViewStore, query: {value: string, peek(): string}, standard: import("../runtime/h.js").Text}} options `query`: the state that is
 *   shown, as it stands in the URL; "" is the standard view
 */
export function savedViews({ store, query, standard }) {
  const now = derived(() => store.list().find((view) => view.query === query.value));
  const name = () => now.value?.name ?? (query.value ? t("views.changed") : textOf(standard));

  async function save() {
    const value = signal("");
    const confirmed = await ask({
      title: words("views.save"),
      confirm: words("action.save"),
      content: () => field({ label: words("views.name"), required: () => true, input: (tie) => textInput({ tie, value, maxlength: 60 }) }),
      work: () => {
        if (!value.peek().trim()) throw new Error(t("views.name_needed"));
      },
    });
    if (confirmed) store.save({ id: newId(`${Date.now()}-`), name: value.peek().trim(), query: query.peek() });
  }
  /** @param {View} view */
  function remove(view) {
    store.remove(view.id);
    toast({ text: t("views.removed", { name: view.name }), undo: () => store.save(view) });
  }
  return menuButton({
    label: name,
    icon: "bookmark",
    caret: true,
    items: () => {
      const known = now.peek();
      return [
        { label: standard, checked: () => !query.peek(), run: () => (query.value = "") },
        ...store.list().map((view) => ({ label: view.name, checked: () => known === view, run: () => (query.value = view.query) })),
        "line",
        { label: words("views.save"), icon: "add", run: () => void save(), disabled: () => !!known || !query.peek() },
        ...(known ? [{ label: words("views.remove"), icon: /** @type {const} */ ("trash"), danger: true, run: () => remove(known) }] : []),
      ];
    },
  });
}
