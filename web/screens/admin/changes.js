// What is different between two versions of a company's documents.
import { named } from "../../app/words.js";
import { badge } from "../../parts/badge.js";
import { h } from "../../runtime/h.js";
import { sw } from "../common.js";

/** @type {Record<string, import("../../parts/badge.js").Tone>} */
const tones = { ADDED: "good", CHANGED: "info", REMOVED: "bad" };

/** @param {any[]} changes */
export function changesView(changes) {
  if (!changes.length) return h("p", { class: "soft" }, sw("config.no_changes"));
  return h(
    "ul",
    { class: "changes" },
    changes.map((one) =>
      h(
        "li",
        null,
        h(
          "p",
          { class: "change-title" },
          badge({ label: () => named("config", one.action), tone: tones[one.action] }),
          h("code", null, `${one.kind}.${one.name}`),
        ),
        h(
          "dl",
          { class: "change-fields" },
          (one.fields ?? []).flatMap((/** @type {any} */ field) => [
            h("dt", null, h("code", null, field.field)),
            h("dd", null, field.before ? h("del", null, field.before) : null, field.after ? h("ins", null, field.after) : null),
          ]),
        ),
      )
    ),
  );
}
