import { CallError, createCall, newIntent } from "../client/connect.js";
import { createCache, idsOf, keyOf } from "../client/cache.js";
import { createLive, eventReader } from "../client/live.js";
import { effect, scope } from "../runtime/signal.js";
import { eventually, refused, same } from "./expect.js";

/**
 * A real server on a port of its own, for as long as the test.
 * @param {(request: Request) => Response | Promise<Response>} answer
 * @param {(base: string) => Promise<void>} test
 */
async function served(answer, test) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, answer);
  try {
    await test(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}
/** @param {number} status @param {unknown} body */
const json = (status, body) => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

Deno.test("A call is a POST of JSON with the headers of Connect", async () => {
  await served(async (request) => {
    const { pathname } = new URL(request.url);
    const headers = ["content-type", "connect-protocol-version", "idempotency-key"].map((name) => request.headers.get(name));
    return json(200, {
      pathname,
      headers,
      method: request.method,
      body: await request.json(),
      timeout: Number(request.headers.get("connect-timeout-ms")) > 0,
    });
  }, async (base) => {
    same(await createCall({ base })("remit.ledger.v1.LedgerService/ListCustomers", { pageSize: 5 }), {
      pathname: "/remit.ledger.v1.LedgerService/ListCustomers",
      headers: ["application/json", "1", null],
      method: "POST",
      body: { pageSize: 5 },
      timeout: true,
    });
  });
});

Deno.test("A write is repeated with the same key, a bounded number of times; without a key it is not", async () => {
  /** @type {(string | null)[]} */
  let keys = [];
  await served((request) => {
    keys.push(request.headers.get("idempotency-key"));
    return keys.length < 3 ? json(503, { code: "unavailable", message: "later" }) : json(200, {});
  }, async (base) => {
    const call = createCall({ base });
    const intent = newIntent();
    await call("a.B/PostC", {}, { intent });
    same(keys, [intent, intent, intent]);
    keys = [];
    await refused(() => call("a.B/PostC", {}), /later/);
    same(keys.length, 1);
    keys = [];
    await call("a.B/ListC", {});
    same(keys.length, 3);
  });
});

Deno.test("A refusal has code, reason and fields, and is not repeated", async () => {
  let count = 0;
  await served(() => {
    count++;
    return json(400, {
      code: "invalid_argument",
      message: "no",
      details: [
        { type: "google.rpc.BadRequest", debug: { fieldViolations: [{ field: "customer.number", description: "is needed" }] } },
        { type: "google.rpc.ErrorInfo", debug: { reason: "NUMBER", domain: "ledger.remit" } },
      ],
    });
  }, async (base) => {
    const error = await refused(() => createCall({ base })("a.B/ListC", {}), /no/);
    same([error instanceof CallError, error.code, error.reason, error.violations, count], [
      true,
      "invalid_argument",
      "NUMBER",
      [{ field: "customer.number", message: "is needed" }],
      1,
    ]);
  });
});

Deno.test("Bodies that are no JSON are borne, whatever the status", async () => {
  for (
    const [status, code] of /** @type {[number, string][]} */ ([[502, "unavailable"], [500, "unknown"], [401, "unauthenticated"], [200, "internal"]])
  ) {
    await served(() => new Response("<html>", { status }), async (base) => {
      same((await refused(() => createCall({ base })("a.B/DoC", {}))).code, code);
    });
  }
  await served(() => json(400, [1]), async (base) => same((await refused(() => createCall({ base })("a.B/DoC", {}))).message, "HTTP 400"));
});

Deno.test("No server, no time, and who leaves", async () => {
  const none = await refused(() => createCall({ base: "http://127.0.0.1:1" })("a.B/DoC", {}));
  same([none.code, none.isOffline], ["unavailable", true]);
  await served(() => new Promise((done) => setTimeout(() => done(json(200, {})), 300)), async (base) => {
    same((await refused(() => createCall({ base })("a.B/DoC", {}, { timeoutMs: 30 }))).code, "deadline_exceeded");
    const leave = new AbortController();
    setTimeout(() => leave.abort(), 20);
    same((await refused(() => createCall({ base })("a.B/DoC", {}, { signal: leave.signal }))).code, "canceled");
  });
});

Deno.test("One request has one key, whatever the order of its fields", () => {
  same(keyOf({ b: [1, { d: 1, c: "x" }], a: undefined }), keyOf({ b: [1, { c: "x", d: 1 }] }));
  same(keyOf({ "a:1,b": 1 }) === keyOf({ a: 1, b: 1 }), false);
  same([...idsOf({ id: "1", customers: [{ id: "2", payerId: "3", name: "4" }] })], ["1", "2", "3"]);
});

Deno.test("An answer is asked once, and again when what it speaks of has changed", async () => {
  let count = 0;
  const cache = createCache((_, request) => Promise.resolve({ count: ++count, customer: { id: "c1" }, request }));
  const first = scope(() => cache.read("a.B/GetC", { id: "c1" }));
  const second = scope(() => cache.read("a.B/GetC", { id: "c1" }));
  const list = scope(() => cache.read("a.B/ListC", {}, { topics: ["invoice"] }));
  await eventually(() => first.value.state.value.data && list.value.state.value.data, "answers");
  same([count, first.value.state === second.value.state], [2, true]);
  cache.changed("customer/other");
  same(count, 2);
  cache.changed("invoice/new");
  await eventually(() => count === 3, "the list again");
  first.end();
  cache.changed("customer/c1");
  await eventually(() => count === 5, "both again");
  second.end();
  list.end();
  cache.changed("customer/c1");
  same([count, cache.size], [5, 0]);
});

Deno.test("An error leaves what was there; an answer that nobody waits for is given up", async () => {
  let fails = false, aborted = false;
  const cache = createCache((_, __, options) => {
    options?.signal?.addEventListener("abort", () => aborted = true);
    return fails ? Promise.reject(new CallError("internal", "here")) : Promise.resolve({ id: "1" });
  });
  const made = scope(() => cache.read("a.B/GetC", {}));
  await eventually(() => made.value.state.value.data, "the answer");
  fails = true;
  cache.reset();
  await eventually(() => made.value.state.value.error, "the error");
  same(made.value.state.value.data, { id: "1" });
  made.end();
  scope(() => cache.read("a.B/GetD", {})).end();
  same(aborted, true);
});

Deno.test("Events in pieces are whole events", () => {
  /** @type {unknown[]} */
  const told = [];
  const feed = eventReader((event) => told.push(event));
  for (const piece of [": hello\n\nid: 1\nda", 'ta: {"a":', "1}\n", "\nevent: reset\nid: 2\ndata: {}\r\n\r\n:\n\n"]) feed(piece);
  same(told, [{ name: "message", id: "1", data: '{"a":1}' }, { name: "reset", id: "2", data: "{}" }]);
});

Deno.test("Events are resumed where they were left, and it is known whether the server is there", async () => {
  /** @type {(string | null)[]} */
  const from = [];
  /** @type {string[]} */
  const told = [];
  /** @type {string[]} */
  const states = [];
  await served((request) => {
    from.push(request.headers.get("last-event-id"));
    if (from.length === 2) return json(503, {});
    const text = from.length === 1 ? 'id: 7\ndata: {"type":"x.CustomerChanged","aggregate":"customer/1"}\n\n' : "event: reset\nid: 9\ndata: {}\n\n";
    return new Response(text, { headers: { "content-type": "text/event-stream" } });
  }, async (base) => {
    const live = createLive({ url: `${base}/events`, pauseMs: 5, onEvent: (event) => told.push(event.aggregate), onReset: () => told.push("reset") });
    const end = effect(() => void states.push(live.state.value));
    await eventually(() => from.length >= 4, "it comes again");
    end();
    live.end();
  });
  same([from.slice(0, 4), told.slice(0, 2)], [[null, "7", "7", "9"], ["customer/1", "reset"]]);
  same(states.slice(0, 3), ["connecting", "online", "offline"]);
});

Deno.test("An answer that is the same as before makes nothing anew; asked for once it is given from what is kept until something changes", async () => {
  let [count, fails] = [0, false];
  const cache = createCache(() => (count++, fails ? Promise.reject(new CallError("internal", "here")) : Promise.resolve({ id: "1" })));
  same([await cache.ask("a.B/GetC", {}, { topics: ["c"] }), await cache.ask("a.B/GetC", {}, { topics: ["c"] }), count], [
    { id: "1" },
    { id: "1" },
    1,
  ]);
  const made = scope(() => cache.read("a.B/GetC", {}, { topics: ["c"] }));
  const before = made.value.state.value.data;
  cache.changed("c/2");
  await eventually(() => count === 2 && !made.value.state.value.loading, "it is asked again");
  same(made.value.state.value.data === before, true);
  made.end();
  cache.changed("c/2");
  fails = true;
  await refused(() => cache.ask("a.B/GetC", {}), /here/);
  fails = false;
  same([await cache.ask("a.B/GetC", {}), count], [{ id: "1" }, 4]);
  const stop = new AbortController();
  const asked = refused(() => cache.ask("a.B/GetD", {}, { signal: stop.signal }), /canceled/);
  stop.abort();
  await asked;
});
