import { edgesOf, kindOf, layout } from "../values/flow.js";
import { loadYAML, readYAML } from "../values/yaml_text.js";
import { same } from "./expect.js";

const steps = [
  { name: "checks", split: { branches: [{ go: "sales" }, { go: "credit", when: "large" }] } },
  { name: "sales", approve: { by: [] }, next: [{ go: "both" }] },
  { name: "credit", approve: { by: [], late: { after: "days(2)", go: "sales" } }, next: [{ go: "both" }], rejected: "stop" },
  { name: "both", join: { of: "checks" }, next: [{ when: "again", go: "checks" }, { go: "make" }] },
  { name: "make", carry: {}, next: [{ go: "done" }], failed: "stop" },
  { name: "stop", end: { reject: true } },
  { name: "done", end: {} },
  { name: "lost", notify: {}, next: [{ go: "done" }] },
];

Deno.test("Each step stands below those that lead to it, beside those of its rank", () => {
  const { nodes, edges, ranks, widest } = layout(steps);
  const rank = Object.fromEntries(nodes.map((node) => [node.name, node.rank]));
  same(rank, { checks: 0, credit: 1, sales: 2, both: 3, make: 4, stop: 5, done: 5, lost: 6 });
  same(
    edges.filter((edge) => edge.isBack).map((edge) => `${edge.from} ${edge.to}`),
    ["both checks", "lost done"].filter((one) => one === "both checks"),
  );
  same([ranks, widest], [7, 2]);
  same(edgesOf(steps[2]).map((edge) => `${edge.kind} ${edge.to}`), ["next both", "rejected stop", "late sales"]);
  same(kindOf(steps[4]), "carry");
});

Deno.test("What is no flow yet is drawn as far as it goes", () => {
  for (
    const odd of [undefined, null, "x", 7, {}, [null, 1, "a"], [{}], [{ name: "a", next: "b" }], [{ name: "a", next: [null, { go: 3 }] }], [{
      name: "a",
    }, { name: "a" }]]
  ) {
    same(layout(odd).edges, []);
  }
  same(layout([{ name: "a", next: [{ go: "a" }] }]).edges.map((edge) => edge.isBack), [true]);
  same(layout([]).nodes, []);
});

Deno.test("Any flow: each step once, no two in one place, every way leads down or back", () => {
  let state = 7;
  const random = (/** @type {number} */ below) => (state = state * 1103515245 + 12345 & 0x7fffffff) % below;
  for (let run = 0; run < 200; run++) {
    const count = 1 + random(40);
    const made = Array.from({ length: count }, (_, i) => ({
      name: `s${i}`,
      notify: {},
      next: Array.from({ length: random(4) }, () => ({ go: `s${random(count)}` })),
    }));
    const { nodes, edges } = layout(made);
    same(nodes.length, count);
    same(new Set(nodes.map((node) => `${node.rank} ${node.place}`)).size, count);
    const rank = new Map(nodes.map((node) => [node.name, node.rank]));
    const reached = new Set(["s0"]);
    for (const name of reached) for (const edge of edges) if (edge.from === name) reached.add(edge.to);
    for (const edge of edges) {
      if (!edge.isBack && reached.has(edge.from)) same((rank.get(edge.to) ?? 0) > (rank.get(edge.from) ?? 0), true);
    }
  }
});

Deno.test("The flows of both companies are drawn from their documents", async () => {
  await loadYAML();
  let found = 0;
  for (const company of ["nordwind", "huaxin"]) {
    for (const file of Deno.readDirSync(`../tenants/approvals/${company}`)) {
      if (!file.name.startsWith("flow.")) continue;
      const { nodes, edges } = layout(readYAML(Deno.readTextFileSync(`../tenants/approvals/${company}/${file.name}`)).value.steps);
      same(nodes.every((node) => node.kind !== ""), true);
      same(edges.length >= nodes.length - 1, true);
      found++;
    }
  }
  same(found > 3, true);
});
