// Buttons, and links that look like them. One that works waits, and says so.
import { h, textOf } from "../runtime/h.js";
import { derived, signal } from "../runtime/signal.js";
import { icon } from "./icon.js";
import { shown } from "../runtime/keys.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/**
 * @typedef {object} ButtonOptions
 * @property {Text} label
 * @property {import("./icon.js").IconName} [icon]
 * @property {"plain" | "primary" | "quiet" | "danger"} [kind]
 * @property {boolean} [iconOnly] the label is a title then
 * @property {() => unknown} [onClick] while what it gives is pending, the button is busy
 * @property {string | (() => string)} [href] makes it a link
 * @property {() => boolean} [disabled]
 * @property {() => boolean} [pressed] of a button that is on or off
 * @property {() => boolean} [expanded]
 * @property {"button" | "submit"} [type]
 * @property {string} [keys] the shortcut that does the same
 * @property {boolean} [caret] shows that there is more below
 * @property {string} [popover] what it opens: "menu", "dialog", "listbox"
 */

/** @param {ButtonOptions} options @returns {HTMLButtonElement | HTMLAnchorElement} */
export function button(options) {
  const { label, icon: name, kind = "plain", iconOnly = false, href, keys } = options;
  const busy = signal(false);
  const isOff = derived(() => busy.value || !!options.disabled?.());
  const content = [
    name ? () => icon(busy.value ? "spinner" : name) : () => busy.value && icon("spinner"),
    iconOnly ? h("span", { class: "unseen" }, () => textOf(label)) : h("span", { class: "button-label" }, () => textOf(label)),
    options.caret ? icon("chevronDown", "button-caret") : null,
    keys ? h("span", { class: "button-keys", aria: { hidden: "true" } }, shown(keys).map((key) => h("kbd", null, key))) : null,
  ];
  const props = {
    class: `button button-${kind}${iconOnly ? " button-icon" : ""}`,
    title: iconOnly ? () => textOf(label) : undefined,
  };
  if (href) return h("a", { ...props, href }, ...content);

  async function click() {
    // It keeps the focus while it works, so it is not `disabled` then.
    if (isOff.peek()) return;
    const work = options.onClick?.();
    if (!(work instanceof Promise)) return;
    busy.value = true;
    try {
      await work;
    } finally {
      busy.value = false;
    }
  }
  return h("button", {
    ...props,
    type: options.type ?? "button",
    aria: {
      disabled: () => isOff.value || null,
      busy: () => busy.value || null,
      pressed: options.pressed ? () => String(options.pressed?.()) : undefined,
      expanded: options.expanded ? () => String(options.expanded?.()) : undefined,
      haspopup: options.popover,
    },
    on: options.type === "submit" ? { click: (event) => isOff.peek() && event.preventDefault() } : { click: () => void click() },
  }, ...content);
}
