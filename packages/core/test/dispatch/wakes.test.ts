import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Sleeper, Wakes } from '../../src/dispatch/wakes.js';
import { FakeClock } from '../support/fake-clock.js';

function open() {
  const clock = new FakeClock(0);
  const woken: [name: number, atMs: number][] = [];
  const wakes = new Wakes(clock, () => {});
  const sleeper = (name: number): Sleeper => ({
    wakeAtMs: 0,
    heapIndex: -1,
    wake: () => void woken.push([name, clock.now()]),
  });
  return { clock, wakes, woken, sleeper };
}

describe('lines that sleep', () => {
  it('wake in the order of their times, each at its own, and share one timer', () => {
    const step = fc.record({ name: fc.nat(20), what: fc.constantFrom('sleep', 'sleep', 'cancel'), ms: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const { clock, wakes, woken, sleeper } = open();
        const sleepers = Array.from({ length: 21 }, (_, name) => sleeper(name));
        const due = new Map<number, number>();
        const expected: [number, number][] = [];
        for (const { name, what, ms } of steps) {
          if (what === 'sleep') {
            wakes.wakeAt(sleepers[name] as Sleeper, clock.now() + ms + 1);
            due.set(name, clock.now() + ms + 1);
          } else {
            wakes.cancel(sleepers[name] as Sleeper);
            due.delete(name);
          }
          expect(clock.timers).toBeLessThanOrEqual(1);
          clock.advance(10);
          for (const [each, atMs] of due) {
            if (atMs > clock.now()) continue;
            expected.push([each, atMs]);
            due.delete(each);
          }
        }
        clock.advance(1000);
        expected.push(...due);
        const sorted = (list: typeof woken) => [...list].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
        expect(woken.map(([, atMs]) => atMs)).toEqual(sorted(woken).map(([, atMs]) => atMs));
        expect(sorted(woken)).toEqual(sorted(expected));
        expect(clock.timers).toBe(0);
      }),
    );
  });

  it('leave no timer behind when the last of them is cancelled', () => {
    const { clock, wakes, sleeper } = open();
    const only = sleeper(1);
    wakes.wakeAt(only, 50);
    expect(clock.timers).toBe(1);
    wakes.cancel(only);
    expect(clock.timers).toBe(0);
  });
});
