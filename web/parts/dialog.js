// A question that must be answered before anything else; for little, since it stands before the data.
import { h, textOf } from "../runtime/h.js";
import { scope } from "../runtime/signal.js";
import { CallError } from "../client/connect.js";
import { t, words } from "../words/words.js";
import { button } from "./button.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/**
 * Opens at once; gives whether it was confirmed. Where `confirm` has work to do that fails, the dialog stays and says why.
 * @param {{title: Text, content?: () => Node | Node[] | string, confirm: Text, danger?: boolean, work?: () => unknown, wide?: boolean, told?: boolean}} options
 *   `told`: there is nothing to choose
 * @returns {Promise<boolean>}
 */
export function ask({ title, content, confirm, danger = false, work, wide = false, told = false }) {
  return new Promise((done) => {
    const before = document.activeElement;
    const { value: dialog, end } = scope(() => {
      const problem = h("div", { class: "dialog-problem", role: "alert", hidden: true });
      /** @type {HTMLFormElement} */
      const form = h(
        "form",
        { class: "dialog-frame", novalidate: true },
        h("h2", { class: "dialog-title", id: "dialog-title" }, () => textOf(title)),
        content ? h("div", { class: "dialog-content" }, content) : null,
        problem,
        h(
          "div",
          { class: "dialog-foot" },
          told ? null : button({ label: words("action.cancel"), onClick: () => void element.close() }),
          button({ label: confirm, kind: danger ? "danger" : "primary", onClick: () => confirmed(problem) }),
        ),
      );
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        void confirmed(problem);
      });
      /** @type {HTMLDialogElement} */
      const element = h("dialog", { class: `dialog${wide ? " dialog-wide" : ""}`, aria: { labelledby: "dialog-title" } }, form);
      return element;
    });

    /** @param {HTMLElement} problem */
    async function confirmed(problem) {
      try {
        await work?.();
        dialog.close("yes");
      } catch (error) {
        problem.hidden = false;
        problem.replaceChildren(whyNot(error));
      }
    }
    dialog.addEventListener("close", () => {
      dialog.remove();
      end();
      if (before instanceof HTMLElement) before.focus();
      done(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** In one sentence, or what is wrong one below the other. @param {unknown} error */
function whyNot(error) {
  const all = error instanceof CallError ? error.violations : [];
  if (all.length < 2) return document.createTextNode(error instanceof Error ? error.message : String(error));
  return h(
    "ul",
    { class: "plain-list" },
    all.map(({ field, message }) => h("li", null, field ? t("form.at", { label: field, text: message }) : message)),
  );
}
