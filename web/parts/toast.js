// Short news, with a way back where there is one. Those that can be undone stay as long as somebody is at them.
import { h, textOf } from "../runtime/h.js";
import { scope } from "../runtime/signal.js";
import { words } from "../words/words.js";
import { button } from "./button.js";
import { icon } from "./icon.js";

/** @typedef {import("../runtime/h.js").Text} Text */
const staysMs = 6000;
const staysWithUndoMs = 12_000;

/** @type {HTMLElement | null} */
let place = null;

/** Where toasts come, once a page: it must be there before it is spoken of. */
export function toastPlace() {
  place = h("div", { class: "toasts", role: "status", aria: { live: "polite" } });
  return place;
}

/** @param {{text: Text, tone?: "good" | "bad" | "info", undo?: () => unknown, link?: {label: Text, href: string}}} options */
export function toast({ text, tone = "good", undo, link }) {
  if (!place?.isConnected) document.body.append(toastPlace());
  const { value: element, end } = scope(() =>
    h(
      "div",
      { class: `toast toast-${tone}` },
      icon(tone === "good" ? "approve" : tone === "bad" ? "alert" : "info"),
      h("span", { class: "toast-text" }, () => textOf(text)),
      link ? h("a", { href: link.href }, () => textOf(link.label)) : null,
      undo
        ? button({
          label: words("action.undo"),
          icon: "undo",
          kind: "quiet",
          onClick: async () => {
            await undo();
            close();
          },
        })
        : null,
      button({ label: words("action.dismiss"), icon: "close", kind: "quiet", iconOnly: true, onClick: () => close() }),
    )
  );
  let timer = 0;
  const wait = () => (timer = setTimeout(close, undo ? staysWithUndoMs : staysMs));
  const stay = () => clearTimeout(timer);
  function close() {
    stay();
    element.remove();
    end();
  }
  for (const name of ["pointerenter", "focusin"]) element.addEventListener(name, stay);
  for (const name of ["pointerleave", "focusout"]) element.addEventListener(name, () => (stay(), wait()));
  place?.append(element);
  // What failed stays until it was read.
  if (tone !== "bad") wait();
  return close;
}
