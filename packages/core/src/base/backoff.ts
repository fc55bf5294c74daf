/**
 * Delay before try number `tries` + 1, in milliseconds: a random time up to min(maxMs, baseMs · 2^(tries−1)), "full jitter".
 * The randomness spreads retries that failed together.
 * @param tries failures so far, 1 or more
 * @param random a number from 0 to 1
 */
export function nextDelayMs(tries: number, baseMs: number, maxMs: number, random: number): number {
  // The exponent ends at 32: 0 · 2^5000 would be NaN.
  return random * Math.min(maxMs, baseMs * 2 ** Math.min(32, Math.max(0, tries - 1)));
}
