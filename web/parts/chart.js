// Small charts. Every mark is a link to the rows it is made of, and every chart can be read as a table.
import { h, svg, textOf } from "../runtime/h.js";
import { signal } from "../runtime/signal.js";
import { t, words } from "../words/words.js";
import { button } from "./button.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/**
 * `size` is only for drawing: what is read is `shown`.
 * @typedef {{label: Text, size: number, shown: string, href: string, tone?: string}} Mark
 */

const barHeight = 26;
const lineHeight = 150;

/**
 * The frame of a chart: its title, and the table of the same marks.
 * @param {{title: Text, marks: () => Mark[], draw: (marks: Mark[]) => Node, labels: Text, values: Text}} options
 */
function chart({ title, marks, draw, labels, values }) {
  const asTable = signal(false);
  return h(
    "figure",
    { class: "chart", aria: { label: () => textOf(title) } },
    h(
      "figcaption",
      { class: "chart-head" },
      h("span", { class: "chart-title" }, () => textOf(title)),
      button({
        label: () => asTable.value ? t("chart.as_chart") : t("chart.as_table"),
        icon: "table",
        kind: "quiet",
        iconOnly: true,
        pressed: () => asTable.value,
        onClick: () => (asTable.value = !asTable.peek()),
      }),
    ),
    () => {
      const now = marks();
      if (!now.length) return h("p", { class: "chart-none soft" }, t("chart.none"));
      return asTable.value ? table(now, labels, values) : draw(now);
    },
  );
}

/** @param {Mark[]} marks @param {Text} labels @param {Text} values */
function table(marks, labels, values) {
  return h(
    "table",
    { class: "chart-table" },
    h("thead", null, h("tr", null, h("th", { scope: "col" }, textOf(labels)), h("th", { scope: "col", class: "amount" }, textOf(values)))),
    h(
      "tbody",
      null,
      marks.map((mark) =>
        h(
          "tr",
          null,
          h("th", { scope: "row" }, h("a", { href: mark.href }, textOf(mark.label))),
          h("td", { class: "amount" }, mark.shown),
        )
      ),
    ),
  );
}

/** @param {Mark} mark */
const spoken = (mark) => `${textOf(mark.label)}: ${mark.shown}`;
/** @param {Mark[]} marks */
const largest = (marks) => Math.max(...marks.map((mark) => Math.abs(mark.size)), Number.MIN_VALUE);

/**
 * A bar for each, with its number beside it.
 * @param {{title: Text, marks: () => Mark[], labels?: Text, values?: Text}} options
 */
export function barChart({ title, marks, labels = words("chart.what"), values = words("chart.amount") }) {
  return chart({
    title,
    marks,
    labels,
    values,
    draw: (now) => {
      const most = largest(now);
      return h(
        "ul",
        { class: "bars" },
        now.map((mark) =>
          h(
            "li",
            null,
            h(
              "a",
              { class: "bar", href: mark.href },
              h("span", { class: "bar-label" }, textOf(mark.label)),
              h(
                "span",
                { class: "bar-space", aria: { hidden: "true" } },
                h("span", { class: "bar-mark", style: { width: `${Math.abs(mark.size) / most * 100}%` } }),
              ),
              h("span", { class: "bar-shown amount" }, mark.shown),
            ),
          )
        ),
      );
    },
  });
}

/**
 * One bar of parts from not due to long overdue, with its legend below.
 * @param {{title: Text, marks: () => Mark[], labels?: Text, values?: Text}} options
 */
export function ageingBar({ title, marks, labels = words("chart.age"), values = words("chart.amount") }) {
  return chart({
    title,
    marks,
    labels,
    values,
    draw: (now) => {
      const total = now.reduce((sum, mark) => sum + mark.size, 0) || 1;
      let x = 0;
      const parts = now.map((mark, i) => {
        const width = mark.size / total * 100;
        const part = svg(
          "a",
          { href: mark.href, "aria-label": spoken(mark) },
          svg("title", {}, spoken(mark)),
          svg("rect", { class: `age-${i}`, x: `${x}%`, y: 0, width: `${Math.max(width, 0)}%`, height: barHeight }),
        );
        x += width;
        return mark.size > 0 ? part : null;
      });
      return h(
        "div",
        { class: "ageing" },
        svg("svg", { class: "ageing-bar", height: barHeight, width: "100%", role: "group", "aria-label": textOf(title) }, ...parts),
        h(
          "ul",
          { class: "legend" },
          now.map((mark, i) =>
            h(
              "li",
              null,
              h(
                "a",
                { class: "legend-entry", href: mark.href },
                h("span", { class: `legend-key age-${i}`, aria: { hidden: "true" } }),
                h("span", { class: "legend-label" }, textOf(mark.label)),
                h("span", { class: "amount" }, mark.shown),
              ),
            )
          ),
        ),
      );
    },
  });
}

/**
 * A line over time; each point is a link.
 * @param {{title: Text, marks: () => Mark[], labels?: Text, values?: Text}} options
 */
export function lineChart({ title, marks, labels = words("chart.day"), values = words("chart.amount") }) {
  return chart({
    title,
    marks,
    labels,
    values,
    draw: (now) => {
      const points = pointsOf(now, 100, lineHeight - 24);
      // A grid of 100 units is stretched to the width: what must not be stretched is drawn by percent.
      return h(
        "div",
        { class: "line-chart" },
        svg(
          "svg",
          {
            class: "line-area",
            viewBox: `0 0 100 ${lineHeight - 12}`,
            preserveAspectRatio: "none",
            width: "100%",
            height: lineHeight - 12,
            "aria-hidden": "true",
          },
          svg("path", { class: "line-fill", d: `M${points.map(([x, y]) => `${x} ${y + 6}`).join("L")}V${lineHeight - 12}H${points[0][0]}Z` }),
          svg("path", { class: "line-stroke", d: `M${points.map(([x, y]) => `${x} ${y + 6}`).join("L")}` }),
        ),
        svg(
          "svg",
          { class: "line-points", width: "100%", height: lineHeight - 12, role: "group", "aria-label": textOf(title) },
          ...now.map((mark, i) =>
            svg(
              "a",
              { href: mark.href, "aria-label": spoken(mark) },
              svg("title", {}, spoken(mark)),
              svg("circle", { class: "line-target", cx: `${points[i][0]}%`, cy: points[i][1] + 6, r: 12 }),
              svg("circle", { class: "line-point", cx: `${points[i][0]}%`, cy: points[i][1] + 6, r: 3 }),
            )
          ),
        ),
        lineLabels(now, points),
      );
    },
  });
}

/** The first, the middle and the last: of all there would be no room. @param {Mark[]} marks @param {[number, number][]} points */
function lineLabels(marks, points) {
  const shown = [...new Set([0, marks.length >> 1, marks.length - 1])];
  return h(
    "div",
    { class: "line-labels", aria: { hidden: "true" } },
    shown.map((i) => h("span", { style: { left: `${points[i][0]}%`, translate: `-${points[i][0]}%` } }, textOf(marks[i].label))),
  );
}

/**
 * A line as small as a word, as a link; it has no axis, so it is said in words what it shows.
 * @param {{label: Text, sizes: number[], href: string}} options
 */
export function sparkline({ label, sizes, href }) {
  const points = pointsOf(sizes.map((size) => ({ label: "", size, shown: "", href })), 80, 18);
  return h(
    "a",
    { class: "spark", href, aria: { label: () => textOf(label) }, title: () => textOf(label) },
    svg(
      "svg",
      { width: 84, height: 24, viewBox: "-2 -3 84 24", "aria-hidden": "true" },
      svg("path", { class: "line-stroke", d: `M${points.map((point) => point.join(" ")).join("L")}` }),
      svg("circle", { class: "line-end", cx: points.at(-1)?.[0] ?? 0, cy: points.at(-1)?.[1] ?? 0, r: 2 }),
    ),
  );
}

/** @param {Mark[]} marks @param {number} width @param {number} height @returns {[number, number][]} */
function pointsOf(marks, width, height) {
  const least = Math.min(0, ...marks.map((mark) => mark.size));
  const span = Math.max(...marks.map((mark) => mark.size)) - least || 1;
  const step = width / Math.max(1, marks.length - 1);
  return marks.map((mark, i) => [round(i * step), round(height - (mark.size - least) / span * height)]);
}

/** @param {number} value */
const round = (value) => Math.round(value * 100) / 100;
