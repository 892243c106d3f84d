// A button that opens a list of things to do or to choose.
import { h, textOf } from "../runtime/h.js";
import { signal } from "../runtime/signal.js";
import { button } from "./button.js";
import { icon } from "./icon.js";
import { closeOnMove, openAt } from "./overlay.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/**
 * `checked`: one of several that hold or do not. `danger`: takes something away. "line" divides.
 * @typedef {{label: Text, icon?: import("./icon.js").IconName, run?: () => void, href?: string, checked?: () => boolean, disabled?: () => boolean,
 *   danger?: boolean, keys?: string, stay?: boolean} | "line" | {title: Text}} MenuItem
 */

/**
 * @param {Omit<import("./button.js").ButtonOptions, "onClick" | "href"> & {items: () => MenuItem[], align?: "start" | "end"}} options
 * @returns {HTMLElement}
 */
export function menuButton({ items, align = "start", ...options }) {
  const open = signal(false);
  const opener = button({ ...options, popover: "menu", expanded: () => open.value, onClick: () => toggle() });
  const menu = popMenu({ label: options.label, onClose: () => (open.value = false) });

  function toggle() {
    if (open.peek()) return menu.close();
    open.value = true;
    menu.open(items(), opener, align);
  }
  opener.addEventListener("keydown", (/** @type {any} */ event) => {
    if (event.key !== "ArrowDown" || open.peek()) return;
    event.preventDefault();
    toggle();
  });
  return h("span", { class: "menu-frame" }, opener, menu.element);
}

/**
 * A menu that something else opens.
 * @param {{label: Text, onClose?: () => void}} options
 */
export function popMenu({ label, onClose }) {
  /** @type {Element | null} */
  let anchor = null;
  const element = h("div", {
    class: "menu",
    role: "menu",
    popover: "manual",
    aria: { label: () => textOf(label) },
    on: {
      keydown: (event) => keyDown(event),
      focusout: (event) => {
        const next = event.relatedTarget;
        if (!(next instanceof Node && (element.contains(next) || anchor?.contains(next)))) close(false);
      },
    },
  });
  closeOnMove(element);

  /** @param {MenuItem[]} items @param {Element} at @param {"start" | "end"} [align] */
  function open(items, at, align = "start") {
    anchor = at;
    element.replaceChildren(...items.map((item) => entry(item, close)));
    openAt(element, at, { align });
    entries()[0]?.focus();
  }
  function close(back = true) {
    if (!element.matches(":popover-open")) return;
    element.hidePopover();
    onClose?.();
    if (back && anchor instanceof HTMLElement) anchor.focus();
  }
  const entries = () => /** @type {HTMLElement[]} */ ([...element.querySelectorAll("[role^=menuitem]:not([aria-disabled=true])")]);

  /** @param {KeyboardEvent} event */
  function keyDown(event) {
    const all = entries();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) all.at(to % all.length)?.focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else if (event.key.length === 1 && event.key !== " ") byLetter(all, at, event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  return { element, open, close };
}

/** @param {HTMLElement[]} all @param {number} at @param {string} letter */
function byLetter(all, at, letter) {
  const rest = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  rest.find((one) => one.textContent?.trim().toLowerCase().startsWith(letter.toLowerCase()))?.focus();
}

/** @param {MenuItem} item @param {() => void} close */
function entry(item, close) {
  if (item === "line") return h("div", { class: "menu-line", role: "separator" });
  if ("title" in item) return h("div", { class: "menu-title", role: "presentation" }, textOf(item.title));
  const { checked, keys } = item;
  const content = [
    checked ? (checked() ? icon("check") : h("span", { class: "icon" })) : item.icon && icon(item.icon),
    h("span", { class: "menu-label" }, textOf(item.label)),
    keys && h("kbd", null, keys),
  ];
  const props = {
    class: `menu-item${item.danger ? " menu-danger" : ""}`,
    role: checked ? "menuitemcheckbox" : "menuitem",
    tabindex: -1,
    aria: { checked: checked && String(checked()), disabled: item.disabled?.() ? "true" : null },
  };
  if (item.href) return h("a", { ...props, href: item.href, on: { click: close } }, ...content);
  return h("button", {
    ...props,
    type: "button",
    on: {
      click: (event) => {
        if (item.disabled?.()) return;
        if (!item.stay) close();
        item.run?.();
        // One that holds or not shows at once what it is now.
        if (item.stay && checked) {
          const now = entry(item, close);
          /** @type {HTMLElement} */ (event.currentTarget).replaceWith(now);
          now.focus();
        }
      },
    },
  }, ...content);
}
