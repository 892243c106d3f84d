import { createStream, envelope, envelopeReader } from "../client/stream.js";
import { refused, same } from "./expect.js";

/**
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

/** @param {unknown} message */
function last(message) {
  const bytes = envelope(message);
  bytes[0] = 2;
  return bytes;
}

/** @param {Uint8Array<ArrayBuffer>[]} parts */
const streamed = (...parts) => new Response(new Blob(parts), { headers: { "content-type": "application/connect+json" } });

Deno.test("Envelopes are read however the bytes are cut", () => {
  const bytes = new Uint8Array([...envelope({ name: "华信" }), ...envelope({}), ...last({})]);
  for (const size of [1, 2, 7, bytes.length]) {
    /** @type {string[]} */
    const told = [];
    const { feed } = envelopeReader((flags, text) => told.push(`${flags} ${text}`));
    for (let at = 0; at < bytes.length; at += size) feed(bytes.subarray(at, at + size));
    same(told, ['0 {"name":"华信"}', "0 {}", "2 {}"], `by ${size}`);
  }
});

Deno.test("A request is an envelope, with the key of what the person wants; each message is told, and the end", async () => {
  await served(async (request) => {
    const sent = new Uint8Array(await request.arrayBuffer());
    const headers = ["content-type", "idempotency-key"].map((name) => request.headers.get(name));
    return streamed(
      envelope({ headers, length: sent[4], body: JSON.parse(new TextDecoder().decode(sent.subarray(5))) }),
      envelope({ n: "2" }),
      last({}),
    );
  }, async (base) => {
    /** @type {any[]} */
    const told = [];
    await createStream({ base })("a.B/ImportC", { a: 1 }, { intent: "wish", onMessage: (message) => told.push(message) });
    same(told, [{ headers: ["application/connect+json", "wish"], length: 7, body: { a: 1 } }, { n: "2" }]);
  });
});

Deno.test("An error at the end, before the first message, or no end at all is told", async () => {
  const details = [{ type: "google.rpc.BadRequest", debug: { fieldViolations: [{ field: "file", description: "is empty" }] } }];
  const error = { code: "invalid_argument", message: "no", details };
  await served(({ url }) => {
    if (url.endsWith("/End")) return streamed(envelope({}), last({ error }));
    if (url.endsWith("/Cut")) return streamed(envelope({}));
    return new Response(JSON.stringify({ code: "permission_denied", message: "not you" }), { status: 403 });
  }, async (base) => {
    const stream = createStream({ base });
    let count = 0;
    const options = { onMessage: () => count++ };
    const ended = await refused(() => stream("a.B/End", {}, options), /no/);
    same([ended.code, ended.violations, count], ["invalid_argument", [{ field: "file", message: "is empty" }], 1]);
    same((await refused(() => stream("a.B/Cut", {}, options))).code, "unavailable");
    same((await refused(() => stream("a.B/Not", {}, options))).code, "permission_denied");
  });
});

Deno.test("Who leaves cancels", async () => {
  await served(() => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(envelope({})) })), async (base) => {
    const stop = new AbortController();
    const wanted = createStream({ base })("a.B/ImportC", {}, { signal: stop.signal, onMessage: () => stop.abort() });
    same((await refused(() => wanted)).code, "canceled");
  });
});
