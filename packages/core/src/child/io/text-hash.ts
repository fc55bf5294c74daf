const { imul } = Math;
const BETWEEN = 32;

/** A hash of 53 bits over texts, as 11 digits of base 36. It tells them apart, and proves nothing. */
export function textHash(texts: readonly string[]): string {
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  for (const text of texts) {
    // One code more for the gap, so that "a b" and "ab" differ. Joined first, the same texts take twice the time.
    for (let index = 0; index <= text.length; index++) {
      const code = index < text.length ? text.charCodeAt(index) : BETWEEN;
      high = imul(high ^ code, 0x01000193);
      low = imul(low ^ code, 0x5bd1e995) + high;
    }
  }
  high = imul(high ^ (high >>> 15), 0x2c1b3c6d);
  low = imul(low ^ (low >>> 13), 0x297a2d39);
  high ^= low >>> 16;
  low ^= high >>> 14;
  return ((high & 0x1fffff) * 2 ** 32 + (low >>> 0)).toString(36).padStart(11, '0');
}
