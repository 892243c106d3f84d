// Where what opens over the page stands: below what it belongs to, above it where there is no room.
import { on } from "../runtime/h.js";

const gap = 4;
const margin = 8;

/**
 * Opens a popover at an element.
 * @param {HTMLElement} popover
 * @param {Element} anchor
 * @param {{align?: "start" | "end", sameWidth?: boolean}} [how]
 */
export function openAt(popover, anchor, { align = "start", sameWidth = false } = {}) {
  if (!popover.matches(":popover-open")) popover.showPopover();
  const at = anchor.getBoundingClientRect();
  const { style } = popover;
  if (sameWidth) style.setProperty("min-width", `${at.width}px`);
  const width = popover.offsetWidth;
  const below = innerHeight - at.bottom - gap - margin;
  const above = at.top - gap - margin;
  const isAbove = popover.scrollHeight > below && above > below;
  style.setProperty("max-height", `${Math.max(120, isAbove ? above : below)}px`);
  const left = align === "end" ? at.right - width : at.left;
  style.setProperty("left", `${Math.max(margin, Math.min(left, innerWidth - width - margin))}px`);
  style.setProperty("top", isAbove ? "auto" : `${at.bottom + gap}px`);
  style.setProperty("bottom", isAbove ? `${innerHeight - at.top + gap}px` : "auto");
}

/** A popover does not move with what it stands at: it closes. @param {HTMLElement} popover */
export function closeOnMove(popover) {
  on(globalThis, "resize", () => popover.matches(":popover-open") && popover.hidePopover());
  on(document, "scroll", (event) => {
    if (event.target instanceof Node && popover.contains(event.target)) return;
    if (popover.matches(":popover-open")) popover.hidePopover();
  }, { capture: true, passive: true });
}
