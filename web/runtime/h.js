// Elements. Text and attributes only ever enter as text; a function is read again when what it reads changes.
import { effect, onEnd, untracked } from "./signal.js";

/** @typedef {string | (() => string)} Text what people read: fixed, or in the language of the moment */
/** @typedef {string | number | boolean | null | undefined} Plain */
/** @typedef {Plain | (() => Plain)} Attribute */
/** @typedef {Node | Plain | (Node | Plain)[] | (() => Node | Plain | Node[])} Child */
/**
 * Names that are not here are mistakes.
 * @typedef {"class" | "id" | "title" | "role" | "href" | "rel" | "target" | "download" | "type" | "name" | "for" | "value" | "placeholder" |
 *   "autocomplete" | "inputmode" | "enterkeyhint" | "spellcheck" | "maxlength" | "rows" | "lang" | "scope" | "tabindex" | "hidden" | "inert" |
 *   "disabled" | "readonly" | "checked" | "indeterminate" | "selected" | "draggable" | "popover" | "novalidate" | "colspan" | "datetime"} Name
 */
/** @typedef {{[name in Name]?: Attribute}} Named */
/**
 * `aria` and `data` are without their prefix, `style` are custom properties and what only the moment knows.
 * @typedef {Named & {aria?: Attributes, data?: Attributes, style?: Attributes, on?: Listeners}} Props
 */
/** @typedef {Record<string, Attribute>} Attributes */
/** @typedef {{[name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[name]) => void}} Listeners */

/** What people change is a property: the attribute is only what it was at first. */
const properties = new Set(["value", "checked", "indeterminate", "disabled", "selected", "inert", "hidden"]);
const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props | null} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  // Children first: a select has its value only when it has the option.
  for (const child of children) append(element, child);
  if (props) setProps(element, props);
  return element;
}

/**
 * @param {string} tag
 * @param {Record<string, Attribute | Listeners>} [props]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, props = {}, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(svgNamespace, tag));
  for (const child of children) append(element, child);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "object" && value) listen(element, value);
    else bind(value, (now) => setAttribute(element, name, now));
  }
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {Props} props
 */
export function setProps(element, props) {
  const { aria, data, style, on, ...rest } = props;
  for (const [name, value] of Object.entries(rest)) bind(value, (now) => setProperty(element, name, now));
  for (const [name, value] of Object.entries(aria ?? {})) {
    // Unlike other attributes these say false in words.
    bind(value, (now) => setAttribute(element, `aria-${name}`, typeof now === "boolean" ? String(now) : now));
  }
  for (const [name, value] of Object.entries(data ?? {})) {
    bind(value, (now) => setAttribute(element, `data-${name}`, now));
  }
  for (const [name, value] of Object.entries(style ?? {})) {
    bind(value, (now) => element.style.setProperty(name, now === null || now === undefined ? null : String(now)));
  }
  if (on) listen(element, on);
}

/**
 * @param {Element} element
 * @param {Listeners} listeners
 */
function listen(element, listeners) {
  for (const [name, listener] of Object.entries(listeners)) {
    element.addEventListener(name, /** @type {EventListener} */ (listener));
  }
}

/**
 * @param {Attribute} value
 * @param {(now: Plain) => void} set
 */
function bind(value, set) {
  if (typeof value === "function") effect(() => set(value()));
  else set(value);
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 * @param {Plain} value
 */
function setProperty(element, name, value) {
  if (!properties.has(name)) return setAttribute(element, name, value);
  const target = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (element));
  // Setting the same value again would move the caret.
  if (target[name] !== value) target[name] = value ?? (name === "value" ? "" : false);
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {Plain} value
 */
function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/**
 * @param {Element | DocumentFragment} parent
 * @param {Child} child
 */
export function append(parent, child) {
  if (child === null || child === undefined || child === false || child === true) return;
  if (Array.isArray(child)) {
    for (const one of child) append(parent, one);
  } else if (typeof child === "function") {
    appendLive(parent, child);
  } else {
    parent.append(child instanceof Node ? child : String(child));
  }
}

/**
 * @param {Element | DocumentFragment} parent
 * @param {() => Node | Plain | Node[]} give
 */
function appendLive(parent, give) {
  const end = document.createComment("");
  /** @type {ChildNode[]} */
  let shown = [];
  parent.append(end);
  effect(() => {
    const next = give();
    const text = typeof next === "string" || typeof next === "number" ? String(next) : null;
    if (text !== null && shown.length === 1 && shown[0] instanceof Text) {
      shown[0].data = text;
      return;
    }
    for (const node of shown) node.remove();
    const holder = document.createDocumentFragment();
    append(holder, text ?? /** @type {Child} */ (next));
    shown = [...holder.childNodes];
    end.before(holder);
  });
}

/**
 * The text at this moment, and a reader of its changes where there is one.
 * @param {Text | undefined} text
 */
export function textOf(text) {
  return typeof text === "function" ? text() : text ?? "";
}

/**
 * A listener that ends with the scope it was made in.
 * @template {keyof GlobalEventHandlersEventMap} Name
 * @param {EventTarget} target
 * @param {Name | string} name
 * @param {(event: any) => void} listener
 * @param {AddEventListenerOptions} [options]
 */
export function on(target, name, listener, options) {
  target.addEventListener(name, listener, options);
  onEnd(() => target.removeEventListener(name, listener, options));
}

/**
 * Mounts what `make` gives; ends with all that it made.
 * @param {Element} place
 * @param {() => Node} make
 */
export function mount(place, make) {
  const node = untracked(make);
  place.replaceChildren(node);
}

let ids = 0;
/** An id that no other element of the page has. */
export function newId(prefix = "e") {
  return `${prefix}${++ids}`;
}
