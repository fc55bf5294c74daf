/**
 * A number from 0 to 1. Tests may fix what Math.random() draws, so it is looked up at each call; a fake that draws no such number,
 * or throws, spreads nothing, and ends nothing either.
 */
export function random(): number {
  try {
    const drawn: unknown = globalThis.Math.random();
    return typeof drawn === 'number' && drawn >= 0 && drawn <= 1 ? drawn : 0.5;
  } catch {
    // The fake's own error. What is drawn only spreads things out in time.
    return 0.5;
  }
}
