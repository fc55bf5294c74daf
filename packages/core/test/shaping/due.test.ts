import { describe, expect, it } from 'vitest';
import type { ShapingRules } from '../../src/contract/resolve-shaping.js';
import { dueAtMs, isAnswered } from '../../src/shaping/due.js';

/** Times of runs for calls at these times. */
function runs(rules: ShapingRules, calls: readonly number[]): number[] {
  const ran: number[] = [];
  let first: number | undefined;
  let due: number | undefined;
  let ranAtMs = -Infinity;
  const runUntil = (nowMs: number): void => {
    if (due === undefined || due > nowMs) return;
    ran.push(due);
    ranAtMs = due;
    due = first = undefined;
  };
  for (const at of calls) {
    runUntil(at - 0.001);
    if (isAnswered(rules, ranAtMs, at)) continue;
    first ??= at;
    due = dueAtMs(rules, { firstAtMs: first, lastAtMs: at, ranAtMs });
    runUntil(at);
  }
  runUntil(Infinity);
  return ran;
}

const every = (ms: number, count: number): number[] => Array.from({ length: count }, (_, n) => n * ms);

describe('debounced calls', () => {
  it('run once they have stopped: ten keystrokes are one run', () => {
    expect(runs({ what: 'debounce', waitMs: 300, maxWaitMs: Infinity }, every(100, 10))).toEqual([1200]);
  });

  it('run all the same when they do not stop', () => {
    expect(runs({ what: 'debounce', waitMs: 300, maxWaitMs: 500 }, every(100, 10))).toEqual([500, 1100]);
  });
});

describe('throttled calls', () => {
  const throttle = { what: 'throttle', everyMs: 100, leading: true, trailing: true } as const;

  it('run at once, then at most once in their time: a hundred scroll events are some ten runs', () => {
    expect(runs(throttle, every(10, 100))).toEqual(every(100, 11));
  });

  it('run only at the beginning of their time where the last one does not matter', () => {
    expect(runs({ ...throttle, trailing: false }, every(30, 8))).toEqual([0, 120]);
  });

  it('run only at the end of their time where the first one does not matter', () => {
    expect(runs({ ...throttle, leading: false }, every(30, 8))).toEqual([100, 220]);
  });

  it('that come seldom all run', () => {
    expect(runs(throttle, every(150, 4))).toEqual(every(150, 4));
  });
});
