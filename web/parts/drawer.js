// What belongs to a row, beside the list that it is in: the list can be worked on meanwhile. Esc closes it, and the focus goes back.
import { h, textOf } from "../runtime/h.js";
import { effect, scope, untracked } from "../runtime/signal.js";
import { words } from "../words/words.js";
import { button } from "./button.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/**
 * @template T
 * @typedef {{title: (item: T) => Text, subtitle?: (item: T) => Text, content: (item: T) => Node, actions?: (item: T) => Node[]}} DrawerView
 */

/**
 * Shows the item of a signal while there is one; `onClose` takes it out.
 * @template T
 * @param {DrawerView<T> & {item: {readonly value: T | null}, onClose: () => void}} options
 */
export function drawer({ item, onClose, title, subtitle, content, actions }) {
  /** @type {HTMLElement | null} */
  let opener = null;
  const body = h("div", { class: "drawer-body" });
  const element = h("aside", {
    class: "drawer",
    hidden: true,
    tabindex: -1,
    on: {
      keydown: (event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.stopPropagation();
        close();
      },
    },
  }, body);

  function close() {
    const back = opener;
    onClose();
    back?.focus();
  }

  effect(() => {
    const now = item.value;
    if (now && element.hidden) opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    element.hidden = !now;
    if (!now) return body.replaceChildren();
    untracked(() =>
      scope(() =>
        body.replaceChildren(
          h(
            "header",
            { class: "drawer-head" },
            h(
              "div",
              { class: "drawer-titles" },
              h("h2", null, () => textOf(title(now))),
              subtitle ? h("p", { class: "soft" }, () => textOf(subtitle(now))) : null,
            ),
            ...(actions?.(now) ?? []),
            button({ label: words("action.close"), icon: "close", kind: "quiet", iconOnly: true, onClick: close }),
          ),
          h("div", { class: "drawer-content" }, content(now)),
        )
      )
    );
    element.setAttribute("aria-label", textOf(title(now)));
  });
  return element;
}
