import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProgressRules } from '../../src/contract/call-terms.js';
import { BUILT_IN_TASK } from '../../src/contract/resolve-task.js';
import { toTerms } from '../../src/pool/terms.js';
import { ProgressPace } from '../../src/shaping/progress-pace.js';
import { FakeClock } from '../support/fake-clock.js';

function open(given: number | ProgressRules) {
  const rules = typeof given === 'number' ? { everyMs: given, burst: 1 } : given;
  const clock = new FakeClock(0);
  const passed: [atMs: number, value: unknown][] = [];
  return { clock, passed, pace: new ProgressPace(rules, clock, (value) => passed.push([clock.now(), value])) };
}

describe('progress at a pace', () => {
  it('comes once in a time, the first value at once and the last one before the end', () => {
    const { clock, passed, pace } = open(50);
    for (let n = 0; n < 1000; n++) {
      pace.take(n);
      clock.advance(1);
    }
    pace.end(true);
    const values = passed.map(([, value]) => value);
    expect([values[0], values.at(-1)]).toEqual([0, 999]);
    expect(passed).toHaveLength(21);
    const times = passed.slice(0, -1).map(([atMs]) => atMs);
    expect(times.every((atMs, index) => index === 0 || atMs - (times[index - 1] ?? 0) >= 50)).toBe(true);
    expect(clock.timers).toBe(0);
  });

  it('passes an undefined value on as any other', () => {
    const { passed, pace } = open(50);
    pace.take(1);
    pace.take(undefined);
    pace.end(true);
    expect(passed.map(([, value]) => value)).toEqual([1, undefined]);
  });

  it('without any end passes the first value and the last', () => {
    const { clock, passed, pace } = open(Infinity);
    for (const value of [1, 2, 3]) pace.take(value);
    clock.advance(1e9);
    pace.end(true);
    expect(passed.map(([, value]) => value)).toEqual([1, 3]);
  });

  it('of a caller that has left ends at once, and takes nothing more', () => {
    const { clock, passed, pace } = open(50);
    for (const value of [1, 2]) pace.take(value);
    pace.end(false);
    pace.take(3);
    clock.advance(1000);
    expect([passed.map(([, value]) => value), clock.timers]).toEqual([[1], 0]);
  });

  it('is that of a display where the call sets none: at most 20 values in any second, and the last one', () => {
    const { progressPace } = toTerms({ onProgress: () => {} }, BUILT_IN_TASK);
    const pauses = fc.array(fc.oneof(fc.nat(3), fc.nat(300)), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(pauses, (pausesMs) => {
        const { clock, passed, pace } = open(progressPace as ProgressRules);
        for (const [n, pauseMs] of pausesMs.entries()) {
          clock.advance(pauseMs);
          pace.take(n);
        }
        pace.end(true);
        const times = passed.map(([atMs]) => atMs);
        for (const from of times) {
          expect(times.filter((atMs) => atMs >= from && atMs < from + 1000).length).toBeLessThanOrEqual(20);
        }
        expect(passed.at(-1)?.[1]).toBe(pausesMs.length - 1);
      }),
    );
  });

  it('lets a few values in a row all come', () => {
    const { progressPace } = toTerms({ onProgress: () => {} }, BUILT_IN_TASK);
    const { passed, pace } = open(progressPace as ProgressRules);
    for (let n = 0; n < 10; n++) pace.take(n);
    pace.end(true);
    expect(passed.map(([, value]) => value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
