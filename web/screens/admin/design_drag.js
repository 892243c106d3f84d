// Putting things in another order by dragging one of them: what is dragged follows the pointer, the others make room. Esc lets it be.

/** What moves less was a click. */
const beginPx = 5;
const edgePx = 48;
const scrollPx = 14;

/**
 * @param {HTMLElement} place
 * @param {object} options
 * @param {() => HTMLElement[]} options.items in their order
 * @param {string} options.handle a selector of what an item is taken by
 * @param {"x" | "y"} [options.axis]
 * @param {(from: number, to: number) => void} options.move
 */
export function sortable(place, { items, handle, axis = "y", move }) {
  place.addEventListener("pointerdown", (event) => {
    const grip = event.target instanceof Element ? event.target.closest(handle) : null;
    if (!grip || event.button !== 0 || !place.contains(grip)) return;
    const all = items();
    const from = all.findIndex((one) => one.contains(grip));
    if (from >= 0) begin(event, all, from);
  });

  /** @param {PointerEvent} first @param {HTMLElement[]} all @param {number} from */
  function begin(first, all, from) {
    const at = (/** @type {PointerEvent} */ event) => axis === "y" ? event.clientY : event.clientX;
    const boxes = all.map((one) => one.getBoundingClientRect()).map((box) => axis === "y" ? [box.top, box.bottom] : [box.left, box.right]);
    const scroller = axis === "y" ? document.getElementById("main") : null;
    const scrolledAt = scroller?.scrollTop ?? 0;
    const dragged = all[from];
    const size = boxes[from][1] - boxes[from][0] + (boxes[1] ? Math.max(0, boxes[1][0] - boxes[0][1]) : 0);
    let isDragging = false;
    let to = from;

    /** @param {PointerEvent} event */
    function follow(event) {
      if (event.pointerId !== first.pointerId) return;
      if (!isDragging && Math.abs(at(event) - at(first)) < beginPx) return;
      if (!isDragging) start();
      event.preventDefault();
      if (scroller) scrollAt(scroller, event.clientY);
      const shift = at(event) - at(first) + (scroller?.scrollTop ?? 0) - scrolledAt;
      const [begins, ends] = [boxes[from][0] + shift, boxes[from][1] + shift];
      // Whose middle it has passed has made room.
      const before = boxes.findIndex(([a, b], i) => i < from && begins < (a + b) / 2);
      const after = boxes.findLastIndex(([a, b], i) => i > from && ends > (a + b) / 2);
      to = before >= 0 ? before : after >= 0 ? after : from;
      show(shift);
    }
    function start() {
      isDragging = true;
      dragged.classList.add("dragged");
      place.classList.add("dragging");
    }
    /** @param {number} shift */
    function show(shift) {
      for (const [i, one] of all.entries()) {
        const aside = i === from ? shift : i > from && i <= to ? -size : i < from && i >= to ? size : 0;
        one.style.setProperty("transform", aside ? `translate${axis.toUpperCase()}(${aside}px)` : null);
      }
    }
    /** @param {boolean} isMeant */
    function end(isMeant) {
      stop.abort();
      for (const one of all) one.style.removeProperty("transform");
      dragged.classList.remove("dragged");
      place.classList.remove("dragging");
      if (!isDragging) return;
      // The click that follows at once is not meant for what is below.
      const unmeant = new AbortController();
      addEventListener("click", (event) => (event.stopPropagation(), event.preventDefault()), { capture: true, signal: unmeant.signal });
      setTimeout(() => unmeant.abort(), 0);
      if (isMeant && to !== from) move(from, to);
    }
    const stop = new AbortController();
    const { signal } = stop;
    addEventListener("pointermove", follow, { signal, passive: false });
    addEventListener("pointerup", () => end(true), { signal });
    addEventListener("pointercancel", () => end(false), { signal });
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      end(false);
    }, { signal, capture: true });
  }
}

/** Near its edges what is dragged over scrolls. @param {HTMLElement} scroller @param {number} y */
function scrollAt(scroller, y) {
  const { top, bottom } = scroller.getBoundingClientRect();
  if (y < top + edgePx) scroller.scrollTop -= scrollPx;
  else if (y > bottom - edgePx) scroller.scrollTop += scrollPx;
}
