// Changes of a text in YAML that leave the rest of it as it is: comments, quotes, spaces and the order of everything else.
/** @typedef {import("../vendor/yaml.d.ts").Node} Node */
/** @typedef {import("../vendor/yaml.d.ts").Pair} Pair */
/** @typedef {import("../vendor/yaml.d.ts").YAMLMap} YAMLMap */
/** @typedef {import("../vendor/yaml.d.ts").YAMLSeq} YAMLSeq */
/** @typedef {(string | number)[]} Path */
/**
 * `plain`: a text that looks like a number or a word of YAML is written without quotes, as fields of Remit mean it. `order`: where a new key stands among its like.
 * @typedef {{plain?: boolean, order?: string[]}} How
 */

/** @type {typeof import("../vendor/yaml.d.ts") | null} */
let library = null;
const yaml = () => {
  if (!library) throw new Error("the library is not loaded");
  return library;
};

/** To be waited for before anything else here is used: what few people need comes when they need it. */
export async function loadYAML() {
  library ??= /** @type {typeof import("../vendor/yaml.d.ts")} */ (/** @type {unknown} */ (await import("../vendor/yaml.js")));
}

/** Every scalar a text, as it is written: where a text is asked for, Remit takes 007 and no as such. @param {string} text */
function parsed(text) {
  if (known?.text !== text) known = { text, document: yaml().parseDocument(masked(text), { schema: "failsafe" }) };
  return known.document;
}
/** One text is asked for several times while it is changed. @type {{text: string, document: import("../vendor/yaml.d.ts").ParsedDocument} | null} */
let known = null;

/** The server takes a dash alone within brackets as a text, [-, A], and this library does not: a sign of the same length stands for it. */
const dash = "\ue0f7";
/** @param {string} text */
const masked = (text) => text.replace(/([[,{:]\s*)-(?=\s*[,\]}])/g, `$1${dash}`);
/** @param {any} value @returns {any} */
function unmasked(value) {
  if (typeof value === "string") return value.replaceAll(dash, "-");
  if (Array.isArray(value)) return value.map(unmasked);
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unmasked(one)])) : value;
}

/**
 * What the text says, with all scalars as texts, or why it cannot be read.
 * @param {string} text
 * @returns {{value: any, problem?: undefined} | {value?: undefined, problem: string}}
 */
export function readYAML(text) {
  const found = parsed(text);
  if (found.errors.length) return { problem: found.errors[0].message.split("\n")[0] };
  return { value: unmasked(found.toJS()) };
}

/** With numbers and words of YAML as such. @param {string} text @returns {any} */
export const readTyped = (text) => unmasked(yaml().parseDocument(masked(text)).toJS());

/**
 * Gives what is at the path another value; makes the key, and what is around it, where there is none.
 * @param {string} text @param {Path} path @param {unknown} value @param {How} [how] @returns {string}
 */
export function setValue(text, path, value, how = {}) {
  const { node, rest } = reach(text, path);
  if (!rest.length) return replaced(text, node, value, how);
  const [step, ...below] = rest;
  const whole = below.reduceRight((/** @type {unknown} */ inner, one) => typeof one === "number" ? [inner] : { [one]: inner }, value);
  if (typeof step === "number") return insertItem(text, path.slice(0, path.length - rest.length), step, whole, how);
  const around = node.value;
  if (!around || isEmpty(around)) return node.isRoot ? withKey(text, step, whole, how) : replaced(text, node, { [step]: whole }, how);
  if (!isMap(around)) throw new Error(`${step} has no place here`);
  return keyAdded(text, around, step, whole, how);
}

/** Takes out a key, or an item of a list. @param {string} text @param {Path} path */
export function removeAt(text, path) {
  const { node, rest } = reach(text, path);
  if (rest.length || !node.parent) return text;
  return isMap(node.parent) ? keyRemoved(text, node) : itemRemoved(text, node.parent, Number(path.at(-1)));
}

/** Puts an item into a list before the one with that index; the list is made where there is none. @param {string} text @param {Path} path @param {number} index @param {unknown} value @param {How} [how] @returns {string} */
export function insertItem(text, path, index, value, how = {}) {
  const { node, rest } = reach(text, path);
  const list = node.value;
  if (rest.length || !list || !isList(list) || !list.items.length) return setList(text, path, value, how);
  const at = Math.min(index, list.items.length);
  if (list.flow) return flowInserted(text, list, at, flowText(value, how));
  const column = columnOf(text, startOf(list));
  const like = list.items[Math.min(at, list.items.length - 1)];
  const isBlock = isObject(value) && isMap(like) && !like.flow;
  const eol = eolOf(text);
  const lines = `${" ".repeat(column)}- ${isBlock ? blockText(value, column + 2, how, eol) : lineText(value, how)}${eol}`;
  const chunks = chunksOf(text, list);
  if (at < chunks.length) return spliced(text, chunks[at].start, chunks[at].start, lines);
  const end = /** @type {Chunk} */ (chunks.at(-1)).end;
  return text[end - 1] === "\n" ? spliced(text, end, end, lines) : spliced(text, end, end, eol + lines.trimEnd());
}

/** Another place for an item of a list; its comments go with it. @param {string} text @param {Path} path @param {number} from @param {number} to */
export function moveItem(text, path, from, to) {
  const { node, rest } = reach(text, path);
  const list = node.value;
  if (rest.length || !list || !isList(list) || from === to) return text;
  const order = list.items.map((_, i) => i);
  const [moved] = order.splice(from, 1);
  if (moved === undefined) return text;
  order.splice(to, 0, moved);
  return list.flow ? flowReordered(text, list, order) : reordered(text, list, order);
}

/** @param {string} text @param {Path} path @param {number} index */
export function duplicateItem(text, path, index) {
  const list = reach(text, path).node.value;
  if (!list || !isList(list) || !list.items[index]) return text;
  const order = list.items.map((_, i) => i);
  order.splice(index + 1, 0, index);
  return list.flow ? flowReordered(text, list, order) : reordered(text, list, order);
}

/** @typedef {{value: Node | null, parent?: Node, pair?: Pair, isRoot?: boolean}} Place */

/**
 * As far as the path goes in this text, and what is left of it.
 * @param {string} text @param {Path} path @returns {{node: Place, rest: Path}}
 */
function reach(text, path) {
  const document = parsed(text);
  if (document.errors.length) throw new Error(document.errors[0].message.split("\n")[0]);
  /** @type {Place} */
  let node = { value: document.contents, isRoot: true };
  for (const [i, step] of path.entries()) {
    const around = node.value;
    if (around && isMap(around)) {
      const pair = /** @type {Pair[]} */ (around.items).find((one) => one.key.value === step);
      if (!pair) return { node, rest: path.slice(i) };
      node = { value: pair.value, parent: around, pair };
    } else if (around && isList(around) && around.items[Number(step)]) {
      node = { value: /** @type {Node} */ (around.items[Number(step)]), parent: around };
    } else return { node, rest: path.slice(i) };
  }
  return { node, rest: [] };
}

/** @param {unknown} node @returns {node is YAMLMap} */
const isMap = (node) => yaml().isMap(node);
/** @param {unknown} node @returns {node is YAMLSeq} */
const isList = (node) => yaml().isSeq(node);
/** @param {Node} node */
const isEmpty = (node) => !node.range || node.range[0] === node.range[1] || (isMap(node) && !node.items.length);
/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
/** @param {Node} node */
const isBlock = (node) => !!node.type?.startsWith("BLOCK") || ((isMap(node) || isList(node)) && !node.flow);

/** @param {Node} node */
const startOf = (node) => /** @type {number[]} */ (node.range)[0];
/** Where its own text ends, without what only divides it from the next. @param {string} text @param {Node} node @returns {number} */
function endOf(text, node) {
  const [start, end] = /** @type {number[]} */ (node.range);
  if (!isMap(node) && !isList(node)) return node.type?.startsWith("BLOCK") ? start + text.slice(start, end).trimEnd().length : end;
  if (node.flow) return end;
  const last = /** @type {any} */ (node.items.at(-1));
  if (isList(node)) return endOf(text, last);
  const value = last.value;
  return value && value.range[0] !== value.range[1] ? endOf(text, value) : colonOf(text, last);
}
/** After the colon of a key. @param {string} text @param {Pair} pair */
const colonOf = (text, pair) => text.indexOf(":", /** @type {number[]} */ (pair.key.range)[1]) + 1;
/** @param {string} text @param {number} at */
const lineStart = (text, at) => text.lastIndexOf("\n", at - 1) + 1;
/** Where the next line begins. @param {string} text @param {number} at */
function nextLine(text, at) {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}
/** @param {string} text @param {number} at */
const columnOf = (text, at) => at - lineStart(text, at);
/** @param {string} text */
const eolOf = (text) => text.includes("\r\n") ? "\r\n" : "\n";
/** @param {string} text @param {number} from @param {number} to @param {string} put */
const spliced = (text, from, to, put) => text.slice(0, from) + put + text.slice(to);

/** The start of the comment lines that stand directly above a line, not deeper than it. @param {string} text @param {number} line @param {number} column */
function withComments(text, line, column) {
  let start = line;
  while (start > 0) {
    const above = lineStart(text, start - 1);
    const indent = /^( *)#/.exec(text.slice(above, start))?.[1];
    if (indent === undefined || indent.length > column) break;
    start = above;
  }
  // What a document begins with is said of all of it.
  return start === 0 ? line : start;
}

/** @param {string} text @param {Place} place @param {unknown} value @param {How} how */
function replaced(text, { value: old, pair, parent, isRoot }, value, how) {
  if (isRoot) return isObject(value) ? `${blockText(value, 0, how, eolOf(text))}${eolOf(text)}` : text;
  const isFlow = !!parent?.flow;
  const put = isFlow ? flowText(value, how, old) : lineText(value, how, old);
  if (!old || isEmpty(old) && !text.slice(...rangeOf(old)).length) {
    const at = pair ? colonOf(text, pair) : startOf(/** @type {Node} */ (old));
    return spliced(text, at, at, ` ${put}`);
  }
  if (!isBlock(old)) return spliced(text, startOf(old), endOf(text, old), put);
  const begin = pair ? colonOf(text, pair) : startOf(old);
  return spliced(text, begin, endOf(text, old), pair ? ` ${put}` : put);
}
/** @param {Node} node @returns {[number, number]} */
const rangeOf = (node) => [/** @type {number[]} */ (node.range)[0], /** @type {number[]} */ (node.range)[1]];

/** @param {string} text @param {YAMLMap} map @param {string} key @param {unknown} value @param {How} how */
function keyAdded(text, map, key, value, how) {
  const names = map.items.map((pair) => String(pair.key.value));
  const rank = how.order?.indexOf(key) ?? -1;
  // Behind the last of those that come before it by custom.
  let at = names.length - 1;
  if (rank >= 0) at = names.findLastIndex((name) => (how.order?.indexOf(name) ?? -1) < rank);
  if (at < 0) at = names.length - 1;
  const before = map.items[at];
  const end = before.value && before.value.range?.[0] !== before.value.range?.[1] ? endOf(text, before.value) : colonOf(text, before);
  if (map.flow) return spliced(text, end, end, `, ${scalarText(key, true)}: ${flowText(value, how)}`);
  const column = columnOf(text, startOf(map.items[0].key));
  const eol = eolOf(text);
  const line = `${" ".repeat(column)}${keyText(key, value, column, how, eol)}`;
  const next = nextLine(text, end);
  return text[next - 1] === "\n" ? spliced(text, next, next, line + eol) : spliced(text, next, next, eol + line);
}

/** A first key of a text that has none yet. @param {string} text @param {string} key @param {unknown} value @param {How} how */
function withKey(text, key, value, how) {
  const eol = eolOf(text);
  const begin = text === "" || text.endsWith("\n") ? text : text + eol;
  return `${begin}${keyText(key, value, 0, how, eol)}${eol}`;
}

/** @param {string} text @param {Place} place */
function keyRemoved(text, { parent, pair }) {
  const map = /** @type {YAMLMap} */ (parent);
  const { items } = map;
  const i = items.indexOf(/** @type {Pair} */ (pair));
  const own = /** @type {Pair} */ (pair);
  const start = startOf(own.key);
  const end = own.value && !isEmptyText(own.value) ? endOf(text, own.value) : colonOf(text, own);
  if (map.flow) {
    if (i < items.length - 1) return spliced(text, start, startOf(items[i + 1].key), "");
    return i > 0 ? spliced(text, pairEnd(text, items[i - 1]), end, "") : spliced(text, start, end, "");
  }
  if (items.length === 1) return spliced(text, start, end, "{}");
  const line = lineStart(text, start);
  const next = nextLine(text, end);
  if (!text.slice(line, start).trim()) return spliced(text, withComments(text, line, start - line), next, "");
  // The first behind a dash: the next takes its place, unless a comment of its own stands before it.
  const following = startOf(items[i + 1].key);
  const between = text.slice(next, following);
  return between.trim() ? spliced(text, start, next - eolOf(text).length, "") : spliced(text, start, following, "");
}
/** @param {Node} node */
const isEmptyText = (node) => node.range?.[0] === node.range?.[1];
/** @param {string} text @param {Pair} pair */
const pairEnd = (text, pair) => pair.value && !isEmptyText(pair.value) ? endOf(text, pair.value) : colonOf(text, pair);

/** @param {string} text @param {Node} parent @param {number} index */
function itemRemoved(text, parent, index) {
  const list = /** @type {YAMLSeq} */ (parent);
  if (list.flow) return flowReordered(text, list, list.items.map((_, i) => i).filter((i) => i !== index));
  const chunks = chunksOf(text, list);
  if (chunks.length > 1) return spliced(text, chunks[index].start, chunks[index].end, "");
  // An empty list: the dash has no other way to say it.
  const [{ start, end }] = chunks;
  return spliced(text, text[start - 1] === "\n" ? start - eolOf(text).length : start, end, ` []${text[end - 1] === "\n" ? eolOf(text) : ""}`);
}

/** A list with one item, where none is or an empty one. @param {string} text @param {Path} path @param {unknown} value @param {How} how @returns {string} */
function setList(text, path, value, how) {
  const { node, rest } = reach(text, path);
  const isInFlow = !!(rest.length ? node.value?.flow : node.parent?.flow);
  const key = path.at(-1);
  if (isInFlow || !isObject(value) || rest.length > 1 || typeof key !== "string") return setValue(text, path, [value], how);
  const eol = eolOf(text);
  if (rest.length) {
    const map = node.value;
    // First a place for it, then the list below.
    const placed = map && isMap(map) && map.items.length ? keyAdded(text, map, key, [], how) : setValue(text, path, [], how);
    return setList(placed, path, value, how);
  }
  const pair = /** @type {Pair} */ (node.pair);
  const column = columnOf(text, startOf(pair.key));
  const begin = colonOf(text, pair);
  const end = pair.value && !isEmptyText(pair.value) ? endOf(text, pair.value) : begin;
  const item = `${eol}${" ".repeat(column + 2)}- ${blockText(value, column + 4, how, eol)}`;
  // What stands behind the empty list on its line, stays there.
  const line = nextLine(text, end);
  const tail = text.slice(end, line).replace(/\r?\n$/, "");
  return text.slice(0, begin) + tail.trimEnd() + item + text.slice(end + tail.length);
}

/** @typedef {{start: number, end: number}} Chunk the lines of an item with the comments above it */
/** @param {string} text @param {YAMLSeq} list @returns {Chunk[]} */
function chunksOf(text, list) {
  const column = columnOf(text, startOf(list));
  const begin = startOf(list);
  const last = nextLine(text, Math.max(begin, endOf(text, list)));
  /** @type {number[]} */
  const marks = [];
  for (let line = lineStart(text, begin); line < last; line = nextLine(text, line)) {
    const at = line + column;
    // The first may stand behind another dash.
    const isFirst = !marks.length;
    if (text[at] === "-" && /\s|$/.test(text[at + 1] ?? "") && (isFirst || !text.slice(line, at).trim())) marks.push(line);
  }
  return marks.map((mark, i) => {
    const end = nextLine(text, Math.max(mark, itemEnd(text, list.items[i], mark + column + 1)));
    const start = text.slice(mark, mark + column).trim() ? mark + column : withComments(text, mark, column);
    return { start, end: deeperComments(text, end, column) };
  });
}
/** @param {string} text @param {Node} item @param {number} dash */
const itemEnd = (text, item, dash) => isEmptyText(item) ? dash : endOf(text, item);
/** Comments below an item that are deeper than its dash are its own. @param {string} text @param {number} end @param {number} column */
function deeperComments(text, end, column) {
  let at = end;
  while (at < text.length) {
    const next = nextLine(text, at);
    const indent = /^( *)#/.exec(text.slice(at, next))?.[1];
    if (indent === undefined || indent.length <= column) break;
    at = next;
  }
  return at;
}

/** The items in another order, or some twice; what stands between them stays. @param {string} text @param {YAMLSeq} list @param {number[]} order */
function reordered(text, list, order) {
  const chunks = chunksOf(text, list);
  const eol = eolOf(text);
  const column = columnOf(text, startOf(list));
  const pieces = chunks.map(({ start, end }) => {
    const piece = text.slice(start, end);
    // Behind another dash the first has no indent of its own.
    const lines = text[start - 1] === "\n" || start === 0 ? piece : " ".repeat(column) + piece;
    return lines.endsWith("\n") ? lines : lines + eol;
  });
  const gaps = chunks.map(({ end }, i) => i < chunks.length - 1 ? text.slice(end, chunks[i + 1].start) : "");
  let body = order.map((one, i) => pieces[one] + (i < order.length - 1 ? gaps[i] ?? "" : "")).join("");
  const { start } = chunks[0];
  const end = /** @type {Chunk} */ (chunks.at(-1)).end;
  if (text[start - 1] !== "\n" && start !== 0) body = body.slice(column);
  if (text[end - 1] !== "\n") body = body.slice(0, body.length - eol.length);
  return spliced(text, start, end, body);
}

/** @param {string} text @param {YAMLSeq} list @param {number} at @param {string} put */
function flowInserted(text, list, at, put) {
  if (at < list.items.length) return spliced(text, startOf(list.items[at]), startOf(list.items[at]), `${put}, `);
  const end = endOf(text, /** @type {Node} */ (list.items.at(-1)));
  return spliced(text, end, end, `, ${put}`);
}

/** Comments go with their items: those above it, and the one behind it. @param {string} text @param {YAMLSeq} list @param {number[]} order */
function flowReordered(text, list, order) {
  const { items } = list;
  const open = startOf(list) + 1;
  const close = endOf(text, list) - 1;
  if (!order.length) return spliced(text, open, close, "");
  const between = items.map((item, i) => text.slice(i ? endOf(text, items[i - 1]) : open, startOf(item)));
  const rest = text.slice(endOf(text, /** @type {Node} */ (items.at(-1))), close);
  const parts = [...between, rest].map((glue, i) => {
    const found = /^(\s*,)?([ \t]*#[^\n]*)?(\r?\n)?((?:[ \t]*#[^\n]*\n)*)(\s*)$/.exec(glue);
    const [, comma = "", trail = "", newline = "", lead = "", indent = ""] = found ?? [glue, glue];
    // A comment behind the bracket is of the list itself.
    return i === 0 ? { comma: comma + trail, trail: "", newline, lead, indent } : { comma, trail, newline, lead, indent };
  });
  const own = items.map((item, i) => ({ lead: parts[i].lead, value: text.slice(startOf(item), endOf(text, item)), trail: parts[i + 1].trail }));
  const eol = eolOf(text);
  let body = "";
  order.forEach((one, i) => {
    // More items than before: as the last were divided.
    const glue = parts[i < items.length ? i : Math.max(1, items.length - 1)] ?? parts[0];
    const before = i ? own[order[i - 1]].trail : "";
    const comma = i ? (glue.comma || ",") : glue.comma;
    const isBroken = before || own[one].lead;
    body += comma + before + (isBroken ? glue.newline || eol : glue.newline) + own[one].lead +
      (i && !glue.newline && !glue.indent ? " " : glue.indent) + own[one].value;
  });
  const last = parts[items.length];
  const trail = own[/** @type {number} */ (order.at(-1))].trail;
  body += last.comma + trail + (trail ? last.newline || eol : last.newline) + last.lead + last.indent;
  return spliced(text, open, close, body);
}

/** A value behind a key or a dash. @param {unknown} value @param {How} how @param {Node | null} [old] */
const lineText = (value, how, old) => typeof value === "object" && value !== null ? flowText(value, how) : scalarText(value, false, how, old);

/** @param {Record<string, unknown>} value @param {number} column @param {How} how @param {string} eol */
const blockText = (value, column, how, eol) =>
  Object.entries(value).map(([key, one]) => keyText(key, one, column, how, eol)).join(eol + " ".repeat(column));

/** A list of things stands below its key, all else behind it. @param {string} key @param {unknown} value @param {number} column @param {How} how @param {string} eol */
function keyText(key, value, column, how, eol) {
  const name = scalarText(key, false);
  if (!Array.isArray(value) || !value.length || !value.every(isObject)) return `${name}: ${lineText(value, how)}`;
  return `${name}:${value.map((one) => `${eol}${" ".repeat(column + 2)}- ${flowText(one, how)}`).join("")}`;
}

/** @param {unknown} value @param {How} how @param {Node | null} [old] @returns {string} */
function flowText(value, how, old) {
  if (Array.isArray(value)) return `[${value.map((one) => flowText(one, how)).join(", ")}]`;
  if (!isObject(value)) return scalarText(value, true, how, old);
  return `{${Object.entries(value).map(([key, one]) => `${scalarText(key, true)}: ${flowText(one, how)}`).join(", ")}}`;
}

/** What YAML 1.1 and 1.2 take in different ways, or nobody sees, is written by its code. */
// deno-lint-ignore no-control-regex
const unseen = /[\u0000-\u001f\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** @param {unknown} value @param {boolean} isFlow @param {How} [how] @param {Node | null} [old] whose quotes it keeps @returns {string} */
function scalarText(value, isFlow, { plain = false } = {}, old) {
  if (typeof value !== "string") return String(value);
  if (value.search(unseen) >= 0) {
    return JSON.stringify(value).replace(unseen, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
  }
  const { Document, Scalar } = yaml();
  const scalar = new Scalar(value);
  // The server's library takes these for signs there.
  if (isFlow && /^[?:]/.test(value)) scalar.type = "QUOTE_DOUBLE";
  // Quotes that were not needed are how somebody writes.
  else if (!plain && old?.type?.startsWith("QUOTE") && !/^["']/.test(scalarText(old.value, isFlow))) scalar.type = old.type;
  const document = new Document([scalar], plain ? { schema: "failsafe" } : {});
  document.contents.flow = isFlow;
  const written = document.toString({ lineWidth: 0 }).trim();
  return isFlow ? written.slice(1, -1).trim() : written.slice(2);
}
