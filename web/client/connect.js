// Calls of the server by the Connect protocol: JSON by POST, one shape of errors, retries that do nothing twice.

/** @typedef {{field: string, message: string}} Violation */
/**
 * @typedef {object} CallOptions
 * @property {AbortSignal} [signal]
 * @property {string} [intent] of a write: made once for what the person wants, the same however often it is sent
 * @property {number} [timeoutMs]
 * @property {unknown} [held] the request that is done by it, where the call only names it: as approvals would hold it
 */
/** @typedef {(method: string, request: object, options?: CallOptions) => Promise<any>} Call */

const triesMax = 4;
const pauseMs = 250;

/** Why a call was not done. `code` is a code of Connect, `reason` the server's own word for it. */
export class CallError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{reason?: string, metadata?: Record<string, string>, violations?: Violation[], status?: number}} [more]
   */
  constructor(code, message, { reason = "", metadata = {}, violations = [], status = 0 } = {}) {
    super(message);
    this.name = "CallError";
    this.code = code;
    this.reason = reason;
    this.metadata = metadata;
    this.violations = violations;
    /** Of HTTP; 0 where no answer came. */
    this.status = status;
  }

  /** No answer came: whether it was done is not known. */
  get isOffline() {
    return this.code === "unavailable" && this.status === 0;
  }
}

/** Where the body does not say it. @type {Record<number, string>} */
const codes = {
  400: "internal",
  401: "unauthenticated",
  403: "permission_denied",
  404: "unimplemented",
  409: "aborted",
  413: "resource_exhausted",
  429: "unavailable",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

/** A key for what a person wants once. */
export function newIntent() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {{base?: string, timeoutMs?: number, headers?: Record<string, string>}} [options] `base`: where the server is, if not here
 * @returns {Call}
 */
export function createCall({ base = "", timeoutMs = 30_000, headers = {} } = {}) {
  return async (method, request, options = {}) => {
    const end = Date.now() + (options.timeoutMs ?? timeoutMs);
    for (let tries = 1;; tries++) {
      try {
        return await once(`${base}/${method}`, request, headers, { ...options, timeoutMs: Math.max(1, end - Date.now()) });
      } catch (error) {
        const isWrite = options.intent !== undefined;
        const mayRepeat = error instanceof CallError && error.code === "unavailable" && (isWrite || isRead(method));
        const pause = pauseMs * 2 ** (tries - 1) * (0.75 + Math.random() / 2);
        if (!mayRepeat || tries === triesMax || Date.now() + pause > end) throw error;
        await sleep(pause, options.signal);
      }
    }
  };
}

/** Reads may be sent again without a key. @param {string} method */
const isRead = (method) => /\/(Get|List|Find|Check|Preview|Propose|Plan)[A-Z]\w*$/.test(method);

/**
 * @param {string} url
 * @param {object} request
 * @param {Record<string, string>} headers
 * @param {CallOptions & {timeoutMs: number}} options
 */
async function once(url, request, headers, { signal, intent, timeoutMs }) {
  const timeout = AbortSignal.timeout(timeoutMs);
  let answer, text;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "Connect-Protocol-Version": "1",
        "Connect-Timeout-Ms": String(timeoutMs),
        ...(intent === undefined ? {} : { "Idempotency-Key": intent }),
        ...headers,
      },
      body: JSON.stringify(request),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    text = await answer.text();
  } catch (error) {
    if (signal?.aborted) throw new CallError("canceled", "canceled");
    if (timeout.aborted) throw new CallError("deadline_exceeded", "no answer in time");
    throw new CallError("unavailable", error instanceof Error ? error.message : String(error));
  }
  const body = parsed(text);
  if (answer.ok && body) return body;
  if (answer.ok) throw new CallError("internal", "the answer is no JSON", { status: answer.status });
  throw errorOf(answer.status, body);
}

/** @param {string} text @returns {any} */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    // A proxy's page, say.
    return null;
  }
}

/** An answer that says that something was not done. @param {number} status @param {any} body */
export function errorOf(status, body) {
  const code = typeof body?.code === "string" ? body.code : codes[status] ?? "unknown";
  const details = Array.isArray(body?.details) ? body.details : [];
  const violations = details.flatMap((/** @type {any} */ one) => one?.debug?.fieldViolations ?? [])
    .map((/** @type {any} */ one) => ({ field: String(one.field ?? ""), message: String(one.description ?? "") }));
  const info = details.find((/** @type {any} */ one) => one?.type === "google.rpc.ErrorInfo")?.debug ?? {};
  return new CallError(code, typeof body?.message === "string" ? body.message : `HTTP ${status}`, {
    reason: info.reason ?? "",
    metadata: info.metadata ?? {},
    violations,
    status,
  });
}

/** @param {number} ms @param {AbortSignal} [signal] */
export function sleep(ms, signal) {
  return new Promise((done, fail) => {
    const stop = () => {
      clearTimeout(timer);
      fail(new CallError("canceled", "canceled"));
    };
    if (signal?.aborted) return stop();
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      done(undefined);
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
