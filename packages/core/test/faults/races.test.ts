import { isPoolError, type Pool } from '@millpond/core';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { fault, rejection } from './lab.js';
import { until } from './system.js';

const RUNS = 15;
const FLOOD = 200_000;
const ABORTED = new Error('aborted');

/** Keeps the event loop of this process busy. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** submitted = queued + dispatched + completed + failed + cancelled, none below 0. */
function expectSum(pool: Pool): void {
  const { submitted, queued, dispatched, completed, failed, cancelled } = pool.stats().tasks;
  expect(queued + dispatched + completed + failed + cancelled).toBe(submitted);
  expect(Math.min(queued, dispatched, completed, failed, cancelled)).toBeGreaterThanOrEqual(0);
}

const TASK = fc.record({
  ms: fc.integer({ min: 0, max: 6 }),
  blocks: fc.boolean(),
  hears: fc.boolean(),
  fails: fc.boolean(),
  timeoutMs: fc.option(fc.integer({ min: 1, max: 6 })),
  abortAfterMs: fc.option(fc.integer({ min: 0, max: 8 })),
});

describe('things that happen at the same moment', () => {
  for (const [row, isInFrames, what, expected] of [
    ['26', false, 'results in the log', 'the second frame brings nothing new'],
    [
      '26c',
      true,
      'results in frames only (very short, idempotent; threads: values for a port)',
      'the second is ignored and counted',
    ],
  ] as const) {
    fault(
      {
        row,
        fault: 'every frame of results sent twice',
        injected: `the worker module patches its own channel; ${what}`,
        expected: `${expected}; each task settles once, with its own result`,
      },
      async (lab) => {
        const pool = lab.pool('reply-twice.mjs', isInFrames ? { tasks: { ping: { idempotent: true } } } : {});
        const run = async (n: number): Promise<unknown> => {
          if (!isInFrames || lab.kind === 'process') return pool.run('ping', n);
          return ((await pool.run('pack', n)) as Blob).size;
        };
        // A handler is known to be very short after thousands of calls.
        const isEnough = (rounds: number): boolean =>
          rounds >= 5 && (!isInFrames || pool.stats().ignoredResults >= 500);
        for (let rounds = 0; !isEnough(rounds); rounds++) {
          const ends = await Promise.all(Array.from({ length: 100 }, (_, n) => run(n)));
          expect(ends).toEqual(Array.from({ length: 100 }, (_, n) => n));
        }
        // One of them may have come too late to have had any.
        const repeats = (await pool.broadcast('repeats')) as number[];
        expect(Math.max(...repeats)).toBeGreaterThan(0);
        expect(lab.deaths(pool)).toEqual([]);
        return 'all right, no death';
      },
    );
  }

  fault(
    {
      row: '26b',
      fault: 'result after the timeout, twice',
      injected: 'the handler ignores the signal and returns 60 ms late, within the grace; its result is sent twice',
      expected: 'ERR_TASK_TIMEOUT; the late result is ignored and counted; the worker lives',
    },
    async (lab) => {
      const pool = lab.pool('reply-twice.mjs', { workers: 1, graceMs: 5000 });
      const error = await rejection(pool.run('late', 100, { timeoutMs: 40 }));
      expect(isPoolError(error, 'ERR_TASK_TIMEOUT')).toBe(true);
      await until('it has ended', () => pool.stats().workerList[0]?.state === 'idle');
      expect(await pool.run('repeats')).toBeGreaterThan(0);
      await until('the late one has come', () => pool.stats().ignoredResults >= 1);
      expect(lab.deaths(pool)).toEqual([]);
      return 'ERR_TASK_TIMEOUT, late result ignored, worker kept';
    },
  );

  fault(
    {
      row: '27b',
      fault: 'result against timeout against abort, real workers',
      injected: `${RUNS} times up to 24 random tasks of 0–6 ms, timeouts of 1–6 ms, aborts after 0–8 ms (fast-check)`,
      expected: 'each settles once, for a reason that applied to it; the counts add up at every look',
    },
    async (lab) => {
      const pool = lab.pool('mixed.mjs', { graceMs: 200, prefetch: 4 });
      await pool.ready();
      const property = fc.asyncProperty(fc.array(TASK, { minLength: 1, maxLength: 24 }), async (tasks) => {
        const timers: NodeJS.Timeout[] = [];
        const ends = tasks.map(async ({ timeoutMs, abortAfterMs, ...input }) => {
          const abort = new AbortController();
          if (abortAfterMs !== null) timers.push(setTimeout(() => abort.abort(ABORTED), abortAfterMs));
          const options = { signal: abort.signal, ...(timeoutMs === null ? {} : { timeoutMs }) };
          const end = await pool.run('work', input, options).then(
            (value) => ({ value }),
            (error: unknown) => ({ error }),
          );
          expectSum(pool);
          if ('value' in end) expect([end.value, input.fails]).toEqual([input.ms, false]);
          else if (end.error === ABORTED) expect(abortAfterMs).not.toBeNull();
          else if (isPoolError(end.error, 'ERR_TASK_TIMEOUT')) expect(timeoutMs).not.toBeNull();
          else expect((end.error as Error).message).toBe('as told');
        });
        await Promise.all(ends);
        timers.forEach(clearTimeout);
      });
      await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
      expect(lab.deaths(pool)).toEqual([]);
      return `${RUNS} runs, each task settled once, counts add up`;
    },
  );

  fault(
    {
      row: '28',
      fault: "parent's event loop blocked",
      injected:
        'a synchronous loop of 3 s; tasks of 20 ms with timeoutMs 300; a worker that starts, startTimeoutMs 800',
      expected: 'a task that ended in time succeeds; no worker is killed for its silence',
    },
    async (lab) => {
      const pool = lab.pool('mixed.mjs', { timeoutMs: 300, graceMs: 100 });
      await pool.ready();
      const starting = lab.pool('mixed.mjs', { startTimeoutMs: 800 });
      const task = { ms: 20, blocks: false, hears: false, fails: false };
      const ends = [pool.run('work', task), pool.run('work', task)];
      await new Promise((resolve) => setImmediate(resolve));
      block(3000);
      expect(await Promise.all(ends)).toEqual([20, 20]);
      await starting.ready();
      expect([...lab.deaths(pool), ...lab.deaths(starting)]).toEqual([]);
      return 'all done, no worker killed';
    },
  );

  fault(
    {
      row: '29',
      fault: 'flood',
      injected: '200,000 run() at once with queue.max 1,000; then map over 20,000 inputs',
      expected:
        'ERR_QUEUE_FULL beyond the queue; the first ones are taken and all run; map waits instead, in order; memory bounded',
    },
    async (lab) => {
      const pool = lab.pool('ping.mjs', { queue: { max: 1000 } });
      await pool.ready();
      const before = process.memoryUsage().rss;
      const order: number[] = [];
      let full = 0;
      await Promise.all(
        Array.from({ length: FLOOD }, (_, n) =>
          pool.run('ping', n).then(
            (value) => order.push(value as number),
            (error: unknown) => (full += Number(isPoolError(error, 'ERR_QUEUE_FULL'))),
          ),
        ),
      );
      expect(order.length + full).toBe(FLOOD);
      expect(full).toBeGreaterThan(FLOOD - 10_000);
      expect(order.length).toBeGreaterThanOrEqual(1000);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: order.length }, (_, n) => n));
      let next = 0;
      for await (const value of pool.map('ping', Array(20_000).keys())) expect(value === next++).toBe(true);
      expect(next).toBe(20_000);
      expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20);
      return 'ERR_QUEUE_FULL beyond 1,000; the rest done; map done in order';
    },
  );
});
