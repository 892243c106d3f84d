import { duplicateItem, insertItem, loadYAML, moveItem, readTyped, readYAML, removeAt, setValue } from "../values/yaml_text.js";
import { refused, same } from "./expect.js";

await loadYAML();

const written = `# What we ask of every invoice.
kind: form # once for each method
name: invoice
title: {en: Invoice, zh: 发票}
fields:
  # By the contract
  - name: due_on   # a day
    default: "has(it.terms) ? it.due_on : it.issued_on + days(30)"

  # 成本中心
  - {name: cost_centre, type: text, one_of: [A100, 'B200', "C: 3"]} # own
  - name: note
    help: |
      Two lines
      of help
    # why
    max: 200
checks: []
`;

Deno.test("What is not changed stays as it is, to the byte", () => {
  const edits = [
    [setValue(written, ["fields", 0, "name"], "issued_on"), "name: due_on ", "name: issued_on "],
    [setValue(written, ["title", "zh"], "票据: 一"), "zh: 发票", 'zh: "票据: 一"'],
    [setValue(written, ["fields", 1, "one_of", 1], "it's"), "'B200'", "'it''s'"],
    [setValue(written, ["fields", 2, "help"], "One line # not a comment"), "|\n      Two lines\n      of help", '"One line # not a comment"'],
    [setValue(written, ["fields", 0, "required"], "true"), 'days(30)"\n', 'days(30)"\n    required: "true"\n'],
    [setValue(written, ["fields", 1, "label"], { en: "Cost centre", zh: "成本中心" }), '3"]}', '3"], label: {en: Cost centre, zh: 成本中心}}'],
    [setValue(written, ["fields", 2, "max"], "300", { plain: true }), "max: 200", "max: 300"],
    [removeAt(written, ["fields", 2, "max"]), "    # why\n    max: 200\n", ""],
    [removeAt(written, ["fields", 1, "one_of", 0]), "A100, ", ""],
    [
      removeAt(written, ["fields", 0]),
      '  # By the contract\n  - name: due_on   # a day\n    default: "has(it.terms) ? it.due_on : it.issued_on + days(30)"\n',
      "",
    ],
    [removeAt(written, ["fields", 0, "name"]), "- name: due_on   # a day\n    default", "- default"],
    [insertItem(written, ["checks"], 0, { name: "a", that: "it.x == 'y'" }), "checks: []\n", "checks:\n  - name: a\n    that: it.x == 'y'\n"],
    [insertItem(written, ["fields"], 3, { name: "z", clean: ["trim"] }), "max: 200\n", "max: 200\n  - name: z\n    clean: [trim]\n"],
    [insertItem(written, ["with"], 0, { name: "c" }), "checks: []\n", "checks: []\nwith:\n  - name: c\n"],
  ];
  for (const [made, before, after] of edits) same(made, written.replace(before, () => after));
});

Deno.test("A list's items move with their comments", () => {
  const moved = moveItem(written, ["fields"], 2, 0);
  same(moved.indexOf("- name: note") < moved.indexOf("# By the contract\n  - name: due_on   # a day"), true);
  same(moveItem(moved, ["fields"], 0, 2).split("\n").sort(), written.split("\n").sort());
  const flow = "a: [\n  # one\n  x, # of x\n  y,\n  z # of z\n]\n";
  same(moveItem(flow, ["a"], 0, 2), "a: [\n  y,\n  z, # of z\n  # one\n  x # of x\n]\n");
  same(duplicateItem("a: [x, y]\n", ["a"], 0), "a: [x, x, y]\n");
  same(moveItem("a:\n- x # 1\n- y", ["a"], 1, 0), "a:\n- y\n- x # 1");
  same(removeAt("a:\n  - x\nb: c\n", ["a", 0]), "a: []\nb: c\n");
  same(insertItem("a: [] # none\n", ["a"], 0, "x"), "a: [x] # none\n");
  same(moveItem("a:\r\n  - x\r\n  - y\r\n", ["a"], 0, 1), "a:\r\n  - y\r\n  - x\r\n");
});

Deno.test("Texts that look like something else stay texts, and those that hide something say so", () => {
  for (
    const text of [
      "true",
      "no",
      "007",
      "1e3",
      "2026-01-05",
      "null",
      "~",
      "",
      "- a",
      "a: b",
      "a #b",
      "#a",
      "'",
      '"',
      "[a",
      "{",
      "&a",
      "*a",
      "!a",
      "%",
      "@",
      "`",
      "> 5",
      "| x",
      "a,b",
      "?",
      " a ",
      "中：文",
      "a\nb",
      "a\tb",
      "\u202eabc",
      "\u2028",
      "<img onerror=alert(1)>",
    ]
  ) {
    for (const path of [["title", "en"], ["name"], ["fields", 1, "one_of", 0], ["fields", 2, "help"], ["new"]]) {
      const made = setValue(written, path, text);
      same([readYAML(made).value, typed(made, path)], [model(written, path, text), text], `${JSON.stringify(text)} at ${path}`);
    }
  }
  same(setValue("a: x\n", ["a"], "\u2028"), 'a: "\\u2028"\n');
  same([":x", "?x"].map((text) => setValue("a: [b]\n", ["a", 0], text)), ['a: [":x"]\n', 'a: ["?x"]\n']);
  same(setValue("a:\n", ["a"], "12", { plain: true }), "a: 12\n");
});

Deno.test("A dash alone in a cell is read as the server reads it", () => {
  const table = "rows:\n  - {when: [-, key], then: [60]} # -\n  - {when: [ - ], then: ['[-, a]', -]}\n";
  same(readYAML(table).value, { rows: [{ when: ["-", "key"], then: ["60"] }, { when: ["-"], then: ["[-, a]", "-"] }] });
  same(setValue(table, ["rows", 0, "when", 0], "> 5"), table.replace("[-, key]", '["> 5", key]'));
  same(moveItem(table, ["rows", 0, "when"], 0, 1), table.replace("[-, key]", "[key, -]"));
});

Deno.test("What is no YAML is refused in words", async () => {
  same(!!readYAML("a: [b\nc: d").problem, true);
  await refused(() => setValue("a: [b", ["a"], "c"));
  same(readYAML("a: 007\nb: no\n").value, { a: "007", b: "no" });
});

/** @param {string} text @param {(string | number)[]} path */
const typed = (text, path) => path.reduce((value, step) => value?.[step], readTyped(text));

/** @param {string} text @param {(string | number)[]} path @param {unknown} value */
function model(text, path, value) {
  const whole = readYAML(text).value;
  let inner = whole;
  for (const step of path.slice(0, -1)) inner = inner[step];
  inner[/** @type {string} */ (path.at(-1))] = value;
  return whole;
}

Deno.test("Random edits of real documents give what the same edits give of their values", async () => {
  const documents = [written, ...await real()];
  let seed = 7;
  const random = (/** @type {number} */ below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  const texts = ["x", "true", "12", "a: b # c", "合同", "2026-01-05", "it's", '"', "", "a\nb", "[", "- "];
  for (const document of documents) {
    for (let round = 0; round < 60; round++) {
      let text = document;
      for (let i = 0; i < 4; i++) {
        const { value } = readYAML(text);
        const places = all(value);
        const { path, inner } = places[random(places.length)];
        const made = texts[random(texts.length)];
        const before = text;
        if (Array.isArray(inner)) {
          const [a, b] = [random(inner.length + 1), random(inner.length + 1)];
          const kind = random(4);
          if (kind === 0) {
            const item = random(2) ? made : { name: made, list: [made, "y"] };
            text = insertItem(text, path, a, item);
            inner.splice(a, 0, item);
          } else if (inner.length > 1 && a < inner.length && b < inner.length) {
            if (kind === 1) {
              text = moveItem(text, path, a, b);
              inner.splice(b, 0, ...inner.splice(a, 1));
              same(comments(text), comments(before), `comments of ${before}`);
            } else if (kind === 2) {
              text = duplicateItem(text, path, a);
              inner.splice(a + 1, 0, structuredClone(inner[a]));
            } else {
              text = removeAt(text, [...path, a]);
              inner.splice(a, 1);
            }
          }
        } else {
          const keys = Object.keys(inner);
          const key = random(3) && keys.length ? keys[random(keys.length)] : `k${random(5)}`;
          if (random(4) === 0 && keys.length > 1 && keys.includes(key)) {
            text = removeAt(text, [...path, key]);
            delete inner[key];
          } else {
            const put = random(3) ? made : { any: made };
            text = setValue(text, [...path, key], put);
            inner[key] = put;
          }
        }
        same(sorted(readYAML(text).value), sorted(value), `${before}\n→ ${text}\n at ${path}`);
      }
    }
  }
});

/** The documents of the companies beside the project, where they may be read. */
async function real() {
  const folder = new URL("../../tenants/", import.meta.url);
  if ((await Deno.permissions.query({ name: "read", path: folder })).state !== "granted") return [];
  const found = [];
  for (const company of ["huaxin", "nordwind"]) {
    for await (const { name } of Deno.readDir(new URL(`${company}/`, folder))) {
      if (name.endsWith(".yaml")) found.push(await Deno.readTextFile(new URL(`${company}/${name}`, folder)));
    }
  }
  return found;
}

/** @param {any} value @param {(string | number)[]} path @returns {{path: (string | number)[], inner: any}[]} */
function all(value, path = []) {
  if (typeof value !== "object") return [];
  const entries = Array.isArray(value) ? value.map((one, i) => /** @type {const} */ ([i, one])) : Object.entries(value);
  return [{ path, inner: value }, ...entries.flatMap(([key, one]) => all(one, [...path, key]))];
}

/** @param {string} text */
const comments = (text) => (text.match(/# .*/g) ?? []).map((one) => one.trim()).sort();

/** Keys in one order. @param {any} value @returns {any} */
const sorted = (value) =>
  Array.isArray(value)
    ? value.map(sorted)
    : value && typeof value === "object"
    ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
    : value;
