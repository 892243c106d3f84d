// How well a text fits what was typed: all its signs in their order, better at the beginnings of words and next to each other.

/**
 * 0: does not fit. The best place for each sign is not sought: the first is good enough for short texts.
 * @param {string} query
 * @param {string} text
 */
export function fuzzyScore(query, text) {
  const wanted = query.toLowerCase().replace(/\s+/g, "");
  const given = text.toLowerCase();
  if (!wanted) return 1;
  const whole = given.indexOf(query.toLowerCase().trim());
  if (whole >= 0) return 1000 - whole - given.length / 100 + (isStart(given, whole) ? 500 : 0);
  let score = 0, at = -1;
  for (const sign of wanted) {
    const next = given.indexOf(sign, at + 1);
    if (next < 0) return 0;
    score += next === at + 1 ? 8 : isStart(given, next) ? 6 : 1;
    at = next;
  }
  return Math.max(1, score - given.length / 100);
}

/** @param {string} text @param {number} at */
const isStart = (text, at) => at === 0 || /[\s\-_/.,()（）]/.test(text[at - 1]);
