import { en } from "../words/en.js";
import { zhCN } from "../words/zh-CN.js";
import { setLanguage, t, words } from "../words/words.js";
import { same } from "./expect.js";

const root = new URL("..", import.meta.url);
const folders = ["runtime/", "client/", "values/", "parts/"];

/** @param {URL} folder @returns {AsyncGenerator<[string, string]>} */
async function* sources(folder) {
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(entry.name, folder);
    if (entry.isDirectory) yield* sources(new URL(`${url}/`));
    else if (entry.name.endsWith(".js")) yield [url.pathname, await Deno.readTextFile(url)];
  }
}

Deno.test("Both catalogues have the same keys with the same places, in the order of keys", () => {
  same(Object.keys(zhCN), Object.keys(en));
  same(Object.keys(en), Object.keys(en).toSorted());
  const places = (/** @type {unknown} */ text) => [...new Set(JSON.stringify(text).match(/\{\w+\}/g))].sort();
  for (const key of /** @type {(keyof typeof en)[]} */ (Object.keys(en))) same(places(zhCN[key]), places(en[key]), key);
});

Deno.test("Every key in the code is in the catalogue", async () => {
  for (const folder of folders) {
    for await (const [path, text] of sources(new URL(folder, root))) {
      if (path.includes("/gallery")) continue;
      for (const [, ...keys] of text.matchAll(/\b(?:t|words)\(\s*"([^"]+)"|key: "([a-z_]+\.[a-z_]+)"|Refusal\("([^"]+)"/g)) {
        const key = keys.find(Boolean) ?? "";
        if (!Object.hasOwn(en, key)) throw new Error(`${path}: ${key} is in no catalogue`);
      }
    }
  }
});

Deno.test("Every key of the catalogue is used", async () => {
  let code = "";
  for await (const [path, text] of sources(root)) if (!path.includes("/words/") && !path.includes("/tests/")) code += text;
  // Terms are the glossary of all screens; the names of filters are put together.
  const unused = Object.keys(en).filter((key) => !code.includes(`"${key}"`) && !/^(term|filter)\./.test(key));
  same(unused, []);
});

Deno.test("No text for people is in the code", async () => {
  for (const folder of folders) {
    for await (const [path, text] of sources(new URL(folder, root))) {
      if (path.includes("/gallery") || path.endsWith("values/date.js") || path.endsWith("values/number.js") || path.endsWith("values/money.js")) {
        continue;
      }
      const code = text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "");
      const chinese = code.match(/[\u4e00-\u9fff]+/);
      if (chinese) throw new Error(`${path} has ${chinese[0]}`);
    }
  }
});

Deno.test("Sentences are filled in, counted, and change with the language", () => {
  const rows = words("grid.rows", { count: 1234 });
  setLanguage("en-GB");
  same([rows(), t("grid.rows", { count: 1 }), t("form.at", { label: "A", text: "{label}" })], ["1,234 rows", "1 row", "A: {label}"]);
  setLanguage("zh-Hans-CN");
  same([rows(), t("grid.rows", { count: 1 })], ["共 1,234 行", "共 1 行"]);
  setLanguage("en");
});
