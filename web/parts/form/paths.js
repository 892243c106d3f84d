// Where fields are: "invoice.due_on" as the server says it, "invoice.dueOn" as JSON has it, "lines[2].net" of a row.

/** As JSON has it; names of a company's own stay as they are. @param {string} field */
export function jsonPath(field) {
  const [names, ...own] = field.split(/(?<=^|\.)custom(?=\.|$)/);
  const camel = names.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  return [camel, ...own].join("custom");
}

/** @param {string} path @returns {(string | number)[]} */
function steps(path) {
  return path.split(/[.[\]]+/).filter(Boolean).map((step) => /^\d+$/.test(step) ? Number(step) : step);
}

/** @param {any} message @param {string} path */
export function valueAt(message, path) {
  return steps(path).reduce(
    (value, step) => value === null || value === undefined ? undefined : Object.hasOwn(value, step) ? value[step] : undefined,
    message,
  );
}

/**
 * Sets what is in a message, making what is around it; undefined takes it out.
 * @param {any} message @param {string} path @param {unknown} value
 */
export function setAt(message, path, value) {
  const all = steps(path);
  const last = /** @type {string | number} */ (all.pop());
  let inner = message;
  for (const [i, step] of all.entries()) {
    if (step === "__proto__") return;
    if (!Object.hasOwn(inner, step)) {
      if (value === undefined) return;
      inner[step] = typeof (all[i + 1] ?? last) === "number" ? [] : {};
    }
    inner = inner[step];
  }
  if (value === undefined) delete inner[last];
  else inner[last] = value;
}
