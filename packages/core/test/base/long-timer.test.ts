import { describe, expect, it } from 'vitest';
import { LongTimer } from '../../src/base/long-timer.js';
import { FakeClock } from '../support/fake-clock.js';

const LONGEST_MS = 1000;

/** A timer on a clock that waits a second at most, and when it fired. */
function longTimer(delayMs: number): { clock: FakeClock; fired: number[]; timer: LongTimer } {
  const clock = new FakeClock(0);
  const fired: number[] = [];
  const short = {
    now: () => clock.now(),
    after(ms: number, callback: () => void) {
      expect(ms).toBeLessThanOrEqual(LONGEST_MS);
      return clock.after(ms, callback);
    },
  };
  return { clock, fired, timer: new LongTimer(short, LONGEST_MS, delayMs, () => fired.push(clock.now())) };
}

describe('LongTimer', () => {
  it.each([1001, 2000, 3500.5])('fires once, when its whole delay of %d ms has passed', (delayMs) => {
    const { clock, fired } = longTimer(delayMs);
    clock.advance(10 * LONGEST_MS);
    expect(fired).toEqual([delayMs]);
    expect(clock.timers).toBe(0);
  });

  it('never fires for a delay of Infinity', () => {
    const { clock, fired } = longTimer(Infinity);
    clock.advance(1000 * LONGEST_MS);
    expect(fired).toEqual([]);
  });

  it.each([0, 1500, 2500])('does not fire when it is cancelled after %d ms', (afterMs) => {
    const { clock, fired, timer } = longTimer(3000);
    clock.advance(afterMs);
    timer.cancel();
    clock.advance(10 * LONGEST_MS);
    expect(fired).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});
