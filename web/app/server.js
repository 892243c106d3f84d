// The server of this console: calls of its methods, answers that stay current, and whether it can be reached.
import { createCache } from "../client/cache.js";
import { CallError, createCall } from "../client/connect.js";
import { heldOf, submitted } from "../client/held.js";
import { createLive } from "../client/live.js";
import { signal } from "../runtime/signal.js";

/** @typedef {import("../client/connect.js").CallOptions} CallOptions */

/** Whom the page shows as signed in: the server refuses what is asked by the page of another than the browser's session is of. @type {Record<string, string>} */
const headers = {};
const once = createCall({ headers });
/** @param {string} person "nordwind/anna"; "": nobody */
export function callAs(person) {
  if (person) headers["Remit-Person"] = btoa(String.fromCharCode(...new TextEncoder().encode(person)));
  else delete headers["Remit-Person"];
}
/** Grows when the server says that somebody else is signed in. */
export const otherSession = signal(0);
/** Grows when the server says that nobody is signed in any more. */
export const signedOut = signal(0);

/** Offers to submit what approvals hold; gives whether it was. @type {(held: import("../client/held.js").Held) => Promise<boolean>} */
let offer = () => Promise.resolve(false);
/** @param {typeof offer} how */
export const offerToSubmit = (how) => void (offer = how);

/** @type {import("../client/connect.js").Call} */
export async function call(method, request, options) {
  try {
    return await once(method, request, options);
  } catch (error) {
    if (error instanceof CallError && error.reason === "OTHER_SESSION") otherSession.value++;
    else if (error instanceof CallError && error.code === "unauthenticated") signedOut.value++;
    const held = options ? heldOf(method, request, error, options) : null;
    if (!held || !await offer(held)) throw error;
    submitted.value = options?.intent ?? "";
    // It is neither done nor refused, and the case is shown instead of who asked.
    return new Promise(() => {});
  }
}

const cache = createCache(call);
export const read = cache.read;
export const ask = cache.ask;
/** After a write of one's own, where the event is still on its way. */
export const changed = cache.changed;

/** Listens while somebody is signed in. @param {string} person */
export function listen(person) {
  return createLive({ name: `remit-live ${person}`, headers, onEvent: (event) => cache.changed(event.aggregate), onReset: cache.reset });
}

/** @param {string} method */
export const ledger = (method) => `remit.ledger.v1.LedgerService/${method}`;
/** @param {string} method */
export const books = (method) => `remit.ledger.v1.BooksService/${method}`;
/** @param {string} service @param {string} method */
export const platform = (service, method) => `remit.platform.v1.${service}/${method}`;
