/**
 * A number from 0 to 1. Tests may fix the values of Math.random(), so it is looked up at each call. A fake that throws or gives
 * no such number spreads nothing, and breaks nothing either.
 */
export function random(): number {
  try {
    const drawn: unknown = globalThis.Math.random();
    return typeof drawn === 'number' && drawn >= 0 && drawn <= 1 ? drawn : 0.5;
  } catch {
    // The fake's own error is ignored: random numbers only spread events over time.
    return 0.5;
  }
}
