// Lists whose items keep their elements, by key, when the list changes.
import { effect, freeScope, onEnd, signal, untracked } from "./signal.js";

/**
 * `make` is called once for each key, with a signal of its item; elements move, and keep focus and what was typed where they stay.
 * @template Item
 * @param {() => readonly Item[]} items
 * @param {(item: Item) => string | number} keyOf
 * @param {(item: {readonly value: Item}, index: {readonly value: number}) => Node} make
 * @returns {Node[]}
 */
export function each(items, keyOf, make) {
  const end = document.createComment("");
  const holder = document.createDocumentFragment();
  holder.append(end);
  /** @typedef {{node: ChildNode, item: {value: Item}, index: {value: number}, end: () => void}} Entry */
  /** @type {Map<string | number, Entry>} */
  let entries = new Map();

  effect(() => {
    const now = items();
    untracked(() => {
      /** @type {Map<string | number, Entry>} */
      const next = new Map();
      now.forEach((item, i) => {
        const key = keyOf(item);
        if (next.has(key)) throw new Error(`two items have the key ${key}`);
        const known = entries.get(key);
        if (known) {
          known.item.value = item;
          known.index.value = i;
        }
        next.set(key, known ?? enter(item, i));
      });
      for (const [key, entry] of entries) {
        if (next.has(key)) continue;
        entry.end();
        entry.node.remove();
      }
      entries = next;
      place([...next.values()], end);
    });
  });

  /** @param {Item} item @param {number} i @returns {Entry} */
  function enter(item, i) {
    const values = { item: signal(item), index: signal(i) };
    const made = freeScope(() => /** @type {ChildNode} */ (make(values.item, values.index)));
    return { ...values, node: made.value, end: made.end };
  }

  onEnd(() => entries.forEach((entry) => entry.end()));
  return [...holder.childNodes];
}

/**
 * From the last to the first, moving only what does not stand right: who is typing in one keeps the caret.
 * @param {{node: ChildNode}[]} entries
 * @param {ChildNode} end
 */
function place(entries, end) {
  const focused = document.activeElement;
  let next = end;
  for (let i = entries.length - 1; i >= 0; i--) {
    const { node } = entries[i];
    if (node.nextSibling !== next || node.parentNode !== next.parentNode) next.before(node);
    next = node;
  }
  // One that had to move itself would lose the focus.
  if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}
