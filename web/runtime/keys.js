// Shortcuts. They belong to a scope, the innermost that has one for the keys takes it; `list` is what the help shows.
import { onEnd, signal } from "./signal.js";

/** @typedef {import("./h.js").Text} Text */
/** @typedef {{keys: string, label: Text, run: (event: KeyboardEvent) => void, group?: Text}} Shortcut "mod+k", "?", "g c" (one after the other) */

/** Between two keys of a sequence. */
const sequenceMs = 900;
export const isMac = typeof navigator !== "undefined" && /mac|iphone|ipad/i.test(navigator.platform ?? "");

/** @type {{value: Shortcut[][], peek(): Shortcut[][]}} */
const scopes = signal(/** @type {Shortcut[][]} */ ([]));
let begun = "";
let begunAt = 0;

/**
 * The shortcuts hold until the scope that they are named in ends.
 * @param {Shortcut[]} shortcuts
 */
export function shortcuts(shortcuts) {
  scopes.value = [...scopes.peek(), shortcuts];
  onEnd(() => {
    scopes.value = scopes.peek().filter((one) => one !== shortcuts);
  });
}

/** What there is now, the innermost first; what is hidden by an inner one is left out. */
export function list() {
  const seen = new Set();
  return scopes.value.toReversed().flat().filter((one) => !seen.has(one.keys) && seen.add(one.keys));
}

/**
 * "mod+shift+k" of an event; mod is ⌘ on a Mac and Ctrl elsewhere.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, shiftKey: boolean}} event
 */
export function keyOf(event) {
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  // Shift is in the sign itself: "?" is not "shift+?".
  const shift = event.shiftKey && (event.key.length > 1 || /[a-z]/.test(name));
  return [mod && "mod", event.altKey && "alt", shift && "shift", name === " " ? "Space" : name].filter(Boolean).join(
    "+",
  );
}

/** As people read it: ["⌘", "K"] or ["Ctrl", "K"]. @param {string} keys */
export function shown(keys) {
  const names = isMac ? { mod: "⌘", alt: "⌥", shift: "⇧" } : { mod: "Ctrl", alt: "Alt", shift: "Shift" };
  return keys.split(/[+ ]/).map((part) => /** @type {Record<string, string>} */ (names)[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const key = keyOf(event);
  const typing = event.target instanceof HTMLElement &&
    (event.target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName));
  if (typing && !key.startsWith("mod+") && !key.startsWith("alt+") && key !== "Escape") return;
  const sequence = event.timeStamp - begunAt < sequenceMs && begun ? `${begun} ${key}` : key;
  const found = find(sequence) ?? find(key);
  if (found) {
    event.preventDefault();
    begun = "";
    found.run(event);
  } else if (!typing && scopes.peek().flat().some((one) => one.keys.startsWith(`${key} `))) {
    begun = key;
    begunAt = event.timeStamp;
  }
}

/** @param {string} keys */
function find(keys) {
  return scopes.peek().toReversed().flat().find((one) => one.keys === keys);
}

if (typeof document !== "undefined") document.addEventListener("keydown", pressed);
