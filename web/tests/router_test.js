import { matchPath, withQuery } from "../runtime/router.js";
import { keyOf, shown } from "../runtime/keys.js";
import { same } from "./expect.js";

Deno.test("A pattern gives what its names stand for", () => {
  same(matchPath("/customers/:id", "/customers/C%2F1"), { id: "C/1" });
  same(matchPath("/customers/:id", "/customers"), null);
  same(matchPath("/customers", "/customers/"), {});
  same(matchPath("/settings/*", "/settings/forms/1"), {});
  same(matchPath("/:a/:b", "/%E4%BD%A0/%"), { a: "你", b: "%" });
  same(matchPath("/customers", "/cash"), null);
});

Deno.test("One view has one address", () => {
  same(withQuery("/cash?b=2&a=1", { c: "3" }), "/cash?a=1&b=2&c=3");
  same(withQuery("/cash?a=1", { a: null }), "/cash");
  same(withQuery("/cash", { q: "a&b=华信" }), "/cash?q=a%26b%3D%E5%8D%8E%E4%BF%A1");
});

Deno.test("Keys have one name each", () => {
  const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
  same(keyOf({ ...none, key: "K", ctrlKey: true }), "mod+k");
  same(keyOf({ ...none, key: "?", shiftKey: true }), "?");
  same(keyOf({ ...none, key: "ArrowUp", shiftKey: true }), "shift+ArrowUp");
  same(keyOf({ ...none, key: "G", shiftKey: true }), "shift+g");
  same(shown("mod+k"), ["Ctrl", "K"]);
  same(shown("g c"), ["G", "C"]);
});
