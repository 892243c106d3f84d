// Below the rows: how many there are, how many are chosen, and what they come to.
import { h, textOf } from "../../runtime/h.js";
import { effect, onEnd, signal } from "../../runtime/signal.js";
import { formatMoney } from "../../values/money.js";
import { formatNumber } from "../../values/number.js";
import { locale, t } from "../../words/words.js";

/** @param {import("./model.js").GridModel} model */
export function gridStatus(model) {
  const { source } = model;
  const totals = signal(/** @type {ReturnType<typeof model.totals> | null} */ (null));
  let frame = 0;
  // Of many rows it takes longer than a key may: after the frame in which the choice is seen.
  effect(() => {
    model.selection.value;
    model.range.value;
    model.shown.value;
    source.changes();
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      totals.value = model.range.peek() || model.selected.size ? model.totals() : null;
    });
  });
  onEnd(() => cancelAnimationFrame(frame));

  const counted = () => {
    source.changes();
    if (source.error()) return "";
    const count = source.count();
    if (source.loading() && !source.isWhole()) return t("state.loading");
    return t(source.isWhole() ? "grid.rows" : "grid.rows_so_far", { count });
  };
  return h(
    "div",
    { class: "grid-status" },
    h("span", { role: "status" }, counted),
    h("span", { class: "grid-totals figures", role: "status", data: { totals: "" } }, () => {
      const now = totals.value;
      if (!now) return "";
      return [
        h("span", { class: "total-count" }, now.cells ? t("grid.cells", { count: now.cells }) : t("grid.selected", { count: now.rows })),
        ...now.sums.flatMap(({ column, amounts }) => [
          h("span", { class: "total-label" }, textOf(column.label)),
          ...amounts.map((money) =>
            h("strong", { class: "total-sum" }, money.currency ? formatMoney(money, locale.value) : formatNumber(money.amount, locale.value))
          ),
        ]),
        ...(now.missing ? [h("span", { class: "total-missing" }, t("grid.missing", { count: now.missing }))] : []),
      ];
    }),
  );
}
