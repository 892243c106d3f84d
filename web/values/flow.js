// A flow's steps as a graph: what leads where, and where each stands when it is drawn from above to below. Of documents as written, and as the server has them.

/** @typedef {"approve" | "decide" | "carry" | "call" | "notify" | "wait" | "split" | "join" | "end" | ""} StepKind */
/** @typedef {"next" | "branch" | "rejected" | "failed" | "late"} EdgeKind */
/** @typedef {{from: string, to: string, kind: EdgeKind, label: string}} Edge */
/** @typedef {{name: string, kind: StepKind, step: any, rank: number, place: number, count: number}} Placed `place` of the `count` of its rank */
/** @typedef {{nodes: Placed[], edges: (Edge & {isBack: boolean})[], ranks: number, widest: number}} Layout */

/** @type {StepKind[]} */
export const stepKinds = ["approve", "decide", "carry", "call", "notify", "wait", "split", "join", "end"];

/** @param {any} step @returns {StepKind} */
export const kindOf = (step) => stepKinds.find((kind) => step?.[kind] !== undefined && step[kind] !== null) ?? "";

/** @param {unknown} value @returns {any[]} */
const list = (value) => Array.isArray(value) ? value.filter((one) => one !== null && typeof one === "object") : [];
/** @param {unknown} value */
const text = (value) => typeof value === "string" ? value : "";

/** @param {any} step @returns {Edge[]} */
export function edgesOf(step) {
  const from = text(step?.name);
  /** @type {Edge[]} */
  const edges = [];
  /** @param {unknown} to @param {EdgeKind} kind @param {unknown} [label] */
  const add = (to, kind, label) => {
    if (text(to)) edges.push({ from, to: text(to), kind, label: text(label) });
  };
  for (const way of list(step?.next)) add(way.go, "next", way.when);
  for (const way of list(step?.split?.branches)) add(way.go, "branch", way.when);
  add(step?.rejected, "rejected");
  add(step?.failed, "failed");
  add(step?.approve?.late?.go, "late");
  add(step?.wait?.late?.go, "late");
  return edges;
}

/**
 * Each step below all that lead to it, but for ways back; steps of one rank beside each other in the order of those above them. What cannot be reached stands last.
 * @param {unknown} steps @returns {Layout}
 */
export function layout(steps) {
  /** @type {Map<string, any>} */
  const known = new Map();
  for (const step of list(steps)) if (text(step.name) && !known.has(step.name)) known.set(step.name, step);
  const names = [...known.keys()];
  const edges = names.flatMap((name) => edgesOf(known.get(name))).filter((edge) => known.has(edge.to));
  const out = Map.groupBy(edges, (edge) => edge.from);

  // Ways back are those to a step that is on the way here. Without recursion: a flow may be long.
  /** @type {Set<Edge>} */
  const back = new Set();
  /** @type {Map<string, "open" | "done">} */
  const seen = new Map();
  /** @type {string[]} */
  const order = [];
  for (const first of names) {
    if (seen.has(first)) continue;
    /** @type {{name: string, at: number}[]} */
    const path = [{ name: first, at: 0 }];
    seen.set(first, "open");
    while (path.length) {
      const here = path[path.length - 1];
      const edge = (out.get(here.name) ?? [])[here.at++];
      if (!edge) {
        seen.set(here.name, "done");
        order.push(here.name);
        path.pop();
      } else if (seen.get(edge.to) === "open") {
        back.add(edge);
      } else if (!seen.has(edge.to)) {
        seen.set(edge.to, "open");
        path.push({ name: edge.to, at: 0 });
      }
    }
  }

  /** @type {Map<string, number>} */
  const rank = new Map(names.map((name) => [name, 0]));
  for (const name of order.reverse()) {
    for (const edge of out.get(name) ?? []) {
      if (!back.has(edge)) rank.set(edge.to, Math.max(rank.get(edge.to) ?? 0, (rank.get(name) ?? 0) + 1));
    }
  }
  const reached = new Set(names.slice(0, 1));
  for (const name of reached) for (const edge of out.get(name) ?? []) reached.add(edge.to);
  const deepest = Math.max(0, ...[...reached].map((name) => rank.get(name) ?? 0));
  for (const name of names) if (!reached.has(name)) rank.set(name, deepest + 1 + (rank.get(name) ?? 0));

  /** @type {Map<string, number>} Where it stands from left to right, 0 in the middle. */
  const middle = new Map();
  /** @type {Placed[]} */
  const nodes = [];
  const rows = Map.groupBy(names, (name) => rank.get(name) ?? 0);
  const ranks = [...rows.keys()].sort((a, b) => a - b);
  for (const [row, key] of ranks.entries()) {
    const above = (/** @type {string} */ name) => {
      const from = edges.filter((edge) => edge.to === name && !back.has(edge) && middle.has(edge.from)).map((edge) => middle.get(edge.from) ?? 0);
      return from.length ? from.reduce((sum, one) => sum + one, 0) / from.length : 0;
    };
    const line = (rows.get(key) ?? []).map((name) => ({ name, at: above(name) })).sort((a, b) => a.at - b.at);
    for (const [place, { name }] of line.entries()) {
      middle.set(name, place - (line.length - 1) / 2);
      nodes.push({ name, kind: kindOf(known.get(name)), step: known.get(name), rank: row, place, count: line.length });
    }
  }
  return {
    nodes,
    edges: edges.map((edge) => ({ ...edge, isBack: back.has(edge) })),
    ranks: ranks.length,
    widest: Math.max(0, ...nodes.map((node) => node.count)),
  };
}
