import type { ShapingRules } from '../contract/resolve-shaping.js';

/** Times of calls and runs, ms. */
export interface ShapingTimes {
  /** The first call that waits. */
  readonly firstAtMs: number;
  /** The latest call. */
  readonly lastAtMs: number;
  /** The latest run; −Infinity before the first. */
  readonly ranAtMs: number;
}

/** Time at which the latest call runs. */
export function dueAtMs(rules: ShapingRules, { firstAtMs, lastAtMs, ranAtMs }: ShapingTimes): number {
  if (rules.what === 'debounce') return Math.min(lastAtMs + rules.waitMs, firstAtMs + rules.maxWaitMs);
  return rules.leading ? Math.max(firstAtMs, ranAtMs + rules.everyMs) : firstAtMs + rules.everyMs;
}

/** Whether the latest run answers a call of now. */
export function isAnswered(rules: ShapingRules, ranAtMs: number, nowMs: number): boolean {
  return rules.what === 'throttle' && !rules.trailing && nowMs < ranAtMs + rules.everyMs;
}

/** Time from which a shaper without waiting calls is like a new one. */
export function restsFromMs(rules: ShapingRules, ranAtMs: number): number {
  return rules.what === 'throttle' ? ranAtMs + rules.everyMs : ranAtMs;
}
