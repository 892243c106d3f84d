// Answers that come in parts, by the Connect protocol: envelopes of JSON, the last of which says how it ended.
import { CallError, errorOf } from "./connect.js";

/**
 * @typedef {object} StreamOptions
 * @property {(message: any) => void} onMessage
 * @property {AbortSignal} [signal]
 * @property {string} [intent] of a write: made once for what the person wants, the same however often it is sent
 * @property {number} [timeoutMs]
 */
/** @typedef {(method: string, request: object, options: StreamOptions) => Promise<void>} Stream settles when the stream has ended */

const headBytes = 5;
const flagCompressed = 1;
const flagEnd = 2;
/** Files of many rows are taken for minutes. */
const usualMs = 3_600_000;

/** @param {unknown} message */
export function envelope(message) {
  const text = new TextEncoder().encode(JSON.stringify(message));
  const bytes = new Uint8Array(headBytes + text.length);
  new DataView(bytes.buffer).setUint32(1, text.length);
  bytes.set(text, headBytes);
  return bytes;
}

/**
 * Feeds bytes as they come, however they are cut; gives each envelope that is whole.
 * @param {(flags: number, text: string) => void} told
 */
export function envelopeReader(told) {
  let rest = new Uint8Array(0);
  const decoder = new TextDecoder();
  return {
    /** @param {Uint8Array} bytes */
    feed(bytes) {
      const all = new Uint8Array(rest.length + bytes.length);
      all.set(rest);
      all.set(bytes, rest.length);
      let at = 0;
      while (all.length - at >= headBytes) {
        const length = new DataView(all.buffer, at + 1).getUint32(0);
        if (all.length - at - headBytes < length) break;
        told(all[at], decoder.decode(all.subarray(at + headBytes, at + headBytes + length)));
        at += headBytes + length;
      }
      rest = all.slice(at);
    },
  };
}

/**
 * @param {{base?: string, headers?: Record<string, string>}} [options] `base`: where the server is, if not here
 * @returns {Stream}
 */
export function createStream({ base = "", headers = {} } = {}) {
  return async (method, request, { onMessage, signal, intent, timeoutMs = usualMs }) => {
    try {
      const answer = await fetch(`${base}/${method}`, {
        method: "POST",
        headers: {
          "Content-Type": "application/connect+json",
          "Connect-Protocol-Version": "1",
          "Connect-Timeout-Ms": String(timeoutMs),
          ...(intent === undefined ? {} : { "Idempotency-Key": intent }),
          ...headers,
        },
        body: envelope(request),
        signal,
      });
      if (!answer.ok || !answer.body) throw errorOf(answer.status, await answer.json().catch(() => null));
      await readAll(answer.body, answer.status, onMessage);
    } catch (error) {
      if (signal?.aborted) throw new CallError("canceled", "canceled");
      if (error instanceof CallError) throw error;
      throw new CallError("unavailable", error instanceof Error ? error.message : String(error));
    }
  };
}

/** @param {ReadableStream<Uint8Array>} body @param {number} status @param {(message: any) => void} onMessage */
async function readAll(body, status, onMessage) {
  /** @type {any} */
  let end = null;
  const { feed } = envelopeReader((flags, text) => {
    if (flags & flagCompressed) throw new CallError("internal", "what was not asked for: a compressed envelope", { status });
    if (flags & flagEnd) end = JSON.parse(text);
    else onMessage(JSON.parse(text));
  });
  for await (const bytes of /** @type {AsyncIterable<Uint8Array>} */ (/** @type {unknown} */ (body))) feed(bytes);
  // Without it nobody knows whether that was all.
  if (!end) throw new CallError("unavailable", "the answer ended before its time", { status });
  if (end.error) throw errorOf(status, end.error);
}
