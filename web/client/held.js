// Requests that the company's approvals hold: what is offered then, and which of them were submitted.
import { signal } from "../runtime/signal.js";
import { CallError } from "./connect.js";

/** @typedef {{method: string, request: any, error: CallError}} Held */

/** The intent of the request that was submitted last: the form that has it is done with it. */
export const submitted = signal("");

/**
 * What was held, as its method wants it; null where it is another refusal, or the request is not there to be submitted.
 * @param {string} method @param {any} request @param {unknown} error @param {import("./connect.js").CallOptions} options
 * @returns {Held | null}
 */
export function heldOf(method, request, error, { intent, held }) {
  if (!(error instanceof CallError) || error.reason !== "APPROVAL_NEEDED" || intent === undefined) return null;
  const wanted = error.metadata.method || method;
  if (held !== undefined) return { method: wanted, request: held, error };
  return wanted === method ? { method, request, error } : null;
}
