import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openShapers } from '../support/shaped-calls.js';

/** Times between calls, ms, 0 for calls in one turn. */
const GAPS = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 250 })), { minLength: 1, maxLength: 40 });

interface Ran {
  readonly input: number;
  readonly atMs: number;
}

/** Calls a task at these times, each with its number, and ends each run at once. */
function runsOf(options: Parameters<typeof openShapers>[0], gaps: readonly number[]) {
  const { shapers, clock, runs, call } = openShapers(options);
  const calledAtMs: number[] = [];
  const ran: Ran[] = [];
  const settled: Promise<unknown>[] = [];
  const look = (): void => {
    for (const { input, resolve } of runs.slice(ran.length)) {
      ran.push({ input: input as number, atMs: clock.now() });
      resolve(input);
    }
  };
  const pass = (ms: number): void => {
    for (let n = 0; n < ms; n++) {
      clock.advance(1);
      look();
    }
  };
  for (const [n, gap] of gaps.entries()) {
    pass(gap);
    calledAtMs.push(clock.now());
    settled.push(call(n));
    look();
  }
  pass(1000);
  return { ran, calledAtMs, settled, stats: shapers.stats(), timers: clock.timers };
}

describe('any calls of a throttled task', () => {
  it('run at most once in the time, the first at once and the last at the end', async () => {
    await fc.assert(
      fc.asyncProperty(GAPS, fc.boolean(), fc.boolean(), async (gaps, leading, trailing) => {
        if (!leading && !trailing) return;
        const { ran, calledAtMs, settled, stats, timers } = runsOf(
          { throttle: { everyMs: 100, leading, trailing } },
          gaps,
        );
        for (const [at, run] of ran.slice(1).entries())
          expect(run.atMs - (ran[at]?.atMs ?? 0)).toBeGreaterThanOrEqual(100);
        expect(ran[0]?.atMs).toBe((calledAtMs[0] ?? 0) + (leading ? 0 : 100));
        if (leading) expect(ran[0]?.input).toBe(0);
        if (trailing) expect(ran.at(-1)?.input).toBe(gaps.length - 1);
        // A run that is not at the end of a time begins with its own call.
        else for (const { input, atMs } of ran) expect(atMs).toBe(calledAtMs[input]);
        for (const { input, atMs } of ran) expect(atMs - (calledAtMs[input] ?? 0)).toBeLessThanOrEqual(100);
        await Promise.all(settled);
        expect([stats.ran + stats.superseded, stats.calls, timers]).toEqual([gaps.length, gaps.length, 0]);
      }),
    );
  });
});

describe('any calls of a debounced task', () => {
  it('run once they have stopped, or go on for too long, and the last of them always', async () => {
    await fc.assert(
      fc.asyncProperty(GAPS, fc.constantFrom(Infinity, 100, 150, 400), async (gaps, maxWaitMs) => {
        const { ran, calledAtMs, settled, stats, timers } = runsOf({ debounce: { waitMs: 100, maxWaitMs } }, gaps);
        let first = 0;
        for (const { input, atMs } of ran) {
          const firstAtMs = calledAtMs[first] ?? 0;
          expect(atMs).toBe(Math.min((calledAtMs[input] ?? 0) + 100, firstAtMs + maxWaitMs));
          // No call that came before the run is left behind.
          const next = calledAtMs.findIndex((calledMs, n) => n > input && calledMs < atMs);
          expect(next).toBe(-1);
          first = input + 1;
        }
        expect(ran.at(-1)?.input).toBe(gaps.length - 1);
        await Promise.all(settled);
        expect([stats.ran + stats.superseded, stats.calls, timers]).toEqual([gaps.length, gaps.length, 0]);
      }),
    );
  });
});
