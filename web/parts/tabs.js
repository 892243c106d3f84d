// Views of one thing, one at a time.
import { h, newId, textOf } from "../runtime/h.js";
import { each } from "../runtime/list.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/**
 * @param {{tabs: {id: string, label: Text, count?: () => number | null, content: () => Node}[], chosen: import("../runtime/signal.js").Writable<string>, label: Text}} options
 */
export function tabs({ tabs, chosen, label }) {
  const prefix = newId("tab");
  const now = () => tabs.find((tab) => tab.id === chosen.value) ?? tabs[0];

  /** @param {KeyboardEvent} event */
  function keyDown(event) {
    const at = tabs.indexOf(now());
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    chosen.value = /** @type {{id: string}} */ (tabs.at(to % tabs.length)).id;
    document.getElementById(`${prefix}-${chosen.peek()}`)?.focus();
  }
  return h(
    "div",
    { class: "tabs" },
    h(
      "div",
      { class: "tabs-list", role: "tablist", aria: { label: () => textOf(label) }, on: { keydown: keyDown } },
      ...tabs.map((tab) =>
        h(
          "button",
          {
            class: "tab",
            type: "button",
            role: "tab",
            id: `${prefix}-${tab.id}`,
            tabindex: () => now() === tab ? 0 : -1,
            aria: { selected: () => String(now() === tab), controls: `${prefix}-panel` },
            on: { click: () => (chosen.value = tab.id) },
          },
          h("span", null, () => textOf(tab.label)),
          () => typeof tab.count?.() === "number" && h("span", { class: "tab-count figures" }, tab.count()),
        )
      ),
    ),
    h(
      "div",
      { class: "tab-panel", role: "tabpanel", id: `${prefix}-panel`, tabindex: 0, aria: { labelledby: () => `${prefix}-${now().id}` } },
      // Only when another is chosen: what is open in one stays.
      ...each(() => [now()], (tab) => tab.id, (tab) => tab.value.content()),
    ),
  );
}
