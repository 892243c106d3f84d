// A word with a colour, which never says it alone.
import { h, textOf } from "../runtime/h.js";
import { icon } from "./icon.js";

/** @typedef {"neutral" | "info" | "good" | "warn" | "bad"} Tone */
/** @param {{label: import("../runtime/h.js").Text, tone?: Tone, icon?: import("./icon.js").IconName}} options */
export function badge({ label, tone = "neutral", icon: name }) {
  return h(
    "span",
    { class: `badge badge-${tone}` },
    name ? icon(name) : h("span", { class: "badge-dot", aria: { hidden: "true" } }),
    h("span", null, () => textOf(label)),
  );
}
