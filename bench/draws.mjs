// Draws the next key, in the same order for every contestant.

/** @returns a function of numbers below 1, evenly spread (mulberry32) */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Every one of `count` keys as often as any other. */
export function evenly(count, random) {
  return () => Math.floor(random() * count);
}

/** The n-th key 1/n as often as the first (Zipf's law). */
export function byRank(count, random) {
  const upTo = [];
  for (let rank = 1, sum = 0; rank <= count; rank++) upTo.push((sum += 1 / rank));
  return () => {
    const at = random() * upTo.at(-1);
    return upTo.findIndex((sum) => at < sum);
  };
}
