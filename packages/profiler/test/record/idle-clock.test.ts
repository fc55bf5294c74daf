import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IDLE_PHASES, IdleClock } from '../../src/record/idle-clock.js';

const phase = fc.constantFrom(...IDLE_PHASES);
const changes = fc.array(fc.record({ phase, afterMs: fc.double({ min: 0, max: 10, noNaN: true }) }), {
  maxLength: 300,
});

/** Time in each phase between two moments, counted change by change. */
function counted(all: readonly { phase: string; atMs: number }[], from: number, to: number): number[] {
  const sums = IDLE_PHASES.map(() => 0);
  for (const [i, { phase: each, atMs }] of all.entries()) {
    const end = all[i + 1]?.atMs ?? Infinity;
    const ms = Math.min(to, end) - Math.max(from, atMs);
    const at = IDLE_PHASES.indexOf(each as (typeof IDLE_PHASES)[number]);
    if (ms > 0) sums[at] = (sums[at] ?? 0) + ms;
  }
  return sums;
}

describe('the clock of idleness', () => {
  it('gives the time in each phase between any two moments', () => {
    const moments = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(phase, changes, moments, (first, all, [a, b]) => {
        const clock = new IdleClock(first, 100);
        const known = [{ phase: first as string, atMs: 100 }];
        for (const { phase: next, afterMs } of all) {
          const atMs = (known.at(-1)?.atMs ?? 0) + afterMs;
          known.push({ phase: next, atMs });
          clock.change(next, atMs);
        }
        const length = (known.at(-1)?.atMs ?? 0) - 100 + 5;
        const [from, to] = [100 + Math.min(a, b) * length, 100 + Math.max(a, b) * length];
        const sums = new Float64Array(IDLE_PHASES.length);
        clock.addTo(sums, from, to);
        for (const [i, ms] of counted(known, from, to).entries()) expect(sums[i]).toBeCloseTo(ms, 6);
      }),
    );
  });

  it('loses nothing of the whole when it forgets old changes, and stays exact for recent ones', () => {
    const clock = new IdleClock('noWork', 0);
    const known = [{ phase: 'noWork', atMs: 0 }];
    for (let i = 1; i <= 20_000; i++) {
      const next = IDLE_PHASES[i % IDLE_PHASES.length] ?? 'noWork';
      clock.change(next, i);
      known.push({ phase: next, atMs: i });
    }
    expect(clock.isCoarse).toBe(true);
    const whole = new Float64Array(IDLE_PHASES.length);
    clock.addTo(whole, 0, 20_000);
    for (const [i, ms] of counted(known, 0, 20_000).entries()) expect(whole[i]).toBeCloseTo(ms, 6);
    const recent = new Float64Array(IDLE_PHASES.length);
    clock.addTo(recent, 18_500.5, 19_900.25);
    for (const [i, ms] of counted(known, 18_500.5, 19_900.25).entries()) expect(recent[i]).toBeCloseTo(ms, 6);
    const old = new Float64Array(IDLE_PHASES.length);
    clock.addTo(old, 3000, 6000);
    expect(old.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(3000, 6);
  });

  it('counts a change that comes late as simultaneous with the one before', () => {
    const clock = new IdleClock('noWork', 0);
    clock.change('starved', 10);
    clock.change('notParallel', 5);
    const sums = new Float64Array(IDLE_PHASES.length);
    clock.addTo(sums, 0, 20);
    expect([...sums]).toEqual([10, 10, 0, 0, 0]);
  });
});
