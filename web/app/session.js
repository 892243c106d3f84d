// Who is signed in, and what they may.
import { CallError, errorOf } from "../client/connect.js";
import { signal } from "../runtime/signal.js";
import { setLanguage } from "../words/words.js";
import { call, callAs, platform } from "./server.js";

/**
 * @typedef {object} Who
 * @property {{slug: string, name: string, baseCurrency: string, timeZone: string, locale: string}} tenant
 * @property {string} principal
 * @property {string[]} [permissions] patterns
 * @property {string[]} [roles]
 * @property {string} businessDate
 * @property {{id: string, login: string, name: string, locale?: string, awayFrom?: string, awayUntil?: string, substitute?: string}} [person]
 */

export const who = signal(/** @type {Who | null} */ (null));

/** Whether who was signed in is not any more, without having said so in this tab. */
export const wasSignedOut = signal(false);

/** "nordwind/anna": also what is kept in the browser is kept for. @param {Who} now */
export const personOf = (now) => `${now.tenant.slug}/${now.principal}`;

/** Asks the server; null where nobody is signed in. */
export async function load() {
  callAs("");
  let now = null;
  try {
    now = await call(platform("KeyService", "WhoAmI"), {});
  } catch (error) {
    if (!(error instanceof CallError) || error.code !== "unauthenticated") throw error;
  }
  if (now) callAs(personOf(now));
  // Who is the same is not drawn anew.
  if (JSON.stringify(now) !== JSON.stringify(who.peek())) {
    if (!now && who.peek()) wasSignedOut.value = true;
    if (now) wasSignedOut.value = false;
    who.value = now;
  }
  return who.peek();
}

/** Other tabs of this browser have the same session: they are told of its end, and of another. */
const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("remit-session");
/** @param {() => void} then */
export function onOtherTab(then) {
  if (tabs) tabs.onmessage = then;
}

/** What a person has not chosen in this browser is as the server says. @param {Who} now @param {Storage | null} store */
export function followPerson(now, store) {
  if (!JSON.parse(store?.getItem("remit.look") ?? "{}").language) setLanguage(now.person?.locale || now.tenant.locale);
}

/**
 * @param {string} path
 * @param {object | null} body
 */
async function ask(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: body ? "POST" : "DELETE",
      headers: { "Content-Type": "application/json" },
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch (error) {
    throw new CallError("unavailable", error instanceof Error ? error.message : String(error));
  }
  if (answer.ok) return;
  throw errorOf(answer.status, await answer.json().catch(() => null));
}

/** @param {{company: string, login: string, password: string} | {key: string}} secret */
export async function signIn(secret) {
  await ask("/session", secret);
  await load();
  tabs?.postMessage("in");
}

/** @param {{invitation: string, password: string}} given */
export async function acceptInvitation(given) {
  await ask("/session/invitation", given);
  await load();
  tabs?.postMessage("in");
}

/** @param {{old: string, new: string}} passwords */
export const changePassword = (passwords) => ask("/session/password", passwords);

export async function signOut() {
  await ask("/session", null);
  callAs("");
  who.value = null;
  wasSignedOut.value = false;
  tabs?.postMessage("out");
}

/** Whether who is signed in may: as the server counts permissions. @param {string} permission */
export function may(permission) {
  const wanted = permission.split(".");
  return (who.value?.permissions ?? []).some((pattern) => covers(pattern.split("."), wanted));
}

/** @param {string[]} own @param {string[]} wanted @returns {boolean} */
function covers(own, wanted) {
  if (!own.length || !wanted.length) return !own.length && !wanted.length;
  if (own[0] === "*" && own.length === 1) return true;
  return (own[0] === "*" || own[0] === wanted[0]) && covers(own.slice(1), wanted.slice(1));
}
