// What tests ask.

/** @param {unknown} value @param {unknown} wanted @param {string} [what] */
export function same(value, wanted, what = "") {
  const [a, b] = [text(value), text(wanted)];
  if (a !== b) throw new Error(`${what ? what + ": " : ""}${a}, and not ${b}`);
}

/** @param {unknown} value */
function text(value) {
  return JSON.stringify(value, (_, one) => typeof one === "bigint" ? `${one}n` : one === undefined ? "undefined" : one);
}

/** @param {() => unknown} run @param {RegExp} [words] */
export async function refused(run, words = /./) {
  try {
    await run();
  } catch (error) {
    if (!words.test(String(error))) throw new Error(`${error} does not say ${words}`);
    return /** @type {any} */ (error);
  }
  throw new Error("it was not refused");
}

/** Until it holds. @param {() => unknown} holds @param {string} what */
export async function eventually(holds, what) {
  for (let i = 0; i < 200; i++) {
    if (holds()) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error(`not in two seconds: ${what}`);
}
