// A flow on a canvas: its steps as buttons, what leads where as lines. Keys go along the lines.
import { h, newId, svg, textOf } from "../runtime/h.js";
import { derived, signal } from "../runtime/signal.js";
import { layout } from "../values/flow.js";
import { icon } from "./icon.js";

/** @typedef {import("../runtime/h.js").Text} Text */
/** @typedef {import("../values/flow.js").StepKind} StepKind */
/** @typedef {{tone: "now" | "past" | "bad" | "slow" | "", text?: string}} Mark what is said of a step beside its name */
/**
 * @typedef {object} GraphOptions
 * @property {Text} label
 * @property {() => unknown} steps
 * @property {(step: any) => string} name what people call one
 * @property {(kind: StepKind) => string} kind what people call what it does
 * @property {(name: string) => Mark} [mark]
 * @property {(from: string, to: string) => boolean} [isGone] whether a case went this way
 * @property {() => string} chosen
 * @property {(name: string) => void} choose
 */

/** @type {Record<StepKind, import("./icon.js").IconName>} */
const icons = {
  approve: "approve",
  decide: "table",
  carry: "check",
  call: "plug",
  notify: "bell",
  wait: "clock",
  split: "split",
  join: "join",
  end: "stop",
  "": "alert",
};
const [width, height, across, down, margin] = [184, 48, 32, 52, 28];

/** @param {GraphOptions} options */
export function flowGraph({ label, steps, name, kind, mark = () => ({ tone: "" }), isGone = () => false, chosen, choose }) {
  // What is the same is not drawn again.
  const written = derived(() => JSON.stringify(steps() ?? []));
  const drawn = derived(() => layout(JSON.parse(written.value)));
  const focused = signal("");
  const end = newId("flow-end");
  const size = derived(() => ({
    x: 2 * margin + Math.max(1, drawn.value.widest) * (width + across) - across + 40,
    y: 2 * margin + Math.max(1, drawn.value.ranks) * (height + down) - down,
  }));
  const placeOf = (/** @type {import("../values/flow.js").Placed} */ node) => ({
    x: (size.value.x - 40) / 2 + (node.place - (node.count - 1) / 2) * (width + across) - width / 2,
    y: margin + node.rank * (height + down),
  });

  /** @param {import("../values/flow.js").Layout["edges"][number]} edge */
  function line(edge) {
    const nodes = drawn.value.nodes;
    const [from, to] = [edge.from, edge.to].map((one) => nodes.find((node) => node.name === one));
    if (!from || !to) return [];
    const [a, b] = [placeOf(from), placeOf(to)];
    const [x1, y1, x2, y2] = [a.x + width / 2, a.y + height, b.x + width / 2, b.y];
    const isUp = to.rank <= from.rank;
    // Ways back, and those past other steps, go around where there is nothing.
    const isLeft = x1 < (size.value.x - 40) / 2 - 1;
    const side = isLeft ? 12 + 6 * (from.rank % 4) : size.value.x - 12 - 6 * (from.rank % 4);
    const edgeOf = (/** @type {{x: number}} */ at) => isLeft ? at.x : at.x + width;
    const isFar = to.rank - from.rank > 1 && x1 === x2;
    const path = isUp
      ? `M ${edgeOf(a)} ${a.y + height / 2} C ${side} ${a.y + height / 2}, ${side} ${b.y + height / 2}, ${edgeOf(b)} ${b.y + height / 2}`
      : isFar
      ? `M ${x1} ${y1} C ${x1 + width * 0.8} ${y1 + down}, ${x2 + width * 0.8} ${y2 - down}, ${x2} ${y2}`
      : `M ${x1} ${y1} C ${x1} ${y1 + down / 2}, ${x2} ${y2 - down / 2}, ${x2} ${y2}`;
    const gone = isGone(edge.from, edge.to);
    const made = [svg("path", { class: `flow-line flow-line-${edge.kind}${gone ? " flow-line-gone" : ""}`, d: path, "marker-end": `url(#${end})` })];
    if (edge.label && !isUp) {
      const short = edge.label.length > 26 ? `${edge.label.slice(0, 25)}…` : edge.label;
      const at = isFar ? x1 + width * 0.55 : (x1 + x2) / 2;
      made.push(
        svg(
          "text",
          { class: "flow-when", x: at, y: y1 + down / 2 + 4 + (x2 > x1 ? 8 : x2 < x1 ? -6 : 0), "text-anchor": "middle" },
          svg("title", {}, edge.label),
          short,
        ),
      );
    }
    return made;
  }

  /** @param {KeyboardEvent} event @param {import("../values/flow.js").Placed} node */
  function keyDown(event, node) {
    const { nodes, edges } = drawn.peek();
    const beside = (/** @type {number} */ by) => nodes.find((one) => one.rank === node.rank && one.place === node.place + by)?.name;
    /** @type {Record<string, () => string | undefined>} */
    const ways = {
      ArrowDown: () => edges.find((edge) => edge.from === node.name && !edge.isBack)?.to ?? nodes[nodes.indexOf(node) + 1]?.name,
      ArrowUp: () => edges.find((edge) => edge.to === node.name && !edge.isBack)?.from ?? nodes[nodes.indexOf(node) - 1]?.name,
      ArrowLeft: () => beside(-1),
      ArrowRight: () => beside(1),
      Home: () => nodes[0]?.name,
      End: () => nodes.at(-1)?.name,
    };
    const next = ways[event.key]?.();
    if (!next || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    focused.value = next;
    /** @type {HTMLElement | null} */ (canvas.querySelector(`[data-step="${CSS.escape(next)}"]`))?.focus();
  }

  /** @param {import("../values/flow.js").Placed} node */
  function button(node) {
    const { x, y } = placeOf(node);
    const said = () => mark(node.name);
    const isFirst = () => (drawn.value.nodes.some((one) => one.name === focused.value) ? focused.value : drawn.value.nodes[0]?.name) === node.name;
    return h(
      "button",
      {
        type: "button",
        class: () =>
          `flow-step flow-step-${node.kind || "none"} flow-tone-${said().tone || "none"}${chosen() === node.name ? " flow-step-chosen" : ""}`,
        tabindex: () => isFirst() ? 0 : -1,
        data: { step: node.name },
        style: { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` },
        aria: { pressed: () => String(chosen() === node.name) },
        on: {
          click: () => choose(node.name),
          focus: () => (focused.value = node.name),
          keydown: (event) => keyDown(event, node),
        },
      },
      icon(icons[node.kind], "flow-icon"),
      h(
        "span",
        { class: "flow-text" },
        h("bdi", { class: "flow-name", title: node.name }, () => name(node.step)),
        h("span", { class: "flow-said" }, () => said().text || kind(node.kind)),
      ),
    );
  }

  const canvas = h(
    "div",
    { class: "flow-canvas", role: "group", aria: { label: () => textOf(label) }, tabindex: -1 },
    () => [
      h(
        "div",
        { class: "flow-paper", style: { width: `${size.value.x}px`, height: `${size.value.y}px` } },
        svg(
          "svg",
          { class: "flow-lines", width: size.value.x, height: size.value.y, "aria-hidden": "true" },
          svg(
            "defs",
            {},
            svg("marker", {
              id: end,
              viewBox: "0 0 8 8",
              class: "flow-end",
              refX: 7,
              refY: 4,
              markerWidth: 9,
              markerUnits: "userSpaceOnUse",
              markerHeight: 9,
              orient: "auto-start-reverse",
            }, svg("path", { d: "M 0 0 L 8 4 L 0 8 z" })),
          ),
          ...drawn.value.edges.flatMap(line),
        ),
        ...drawn.value.nodes.map(button),
      ),
    ],
  );
  return canvas;
}
