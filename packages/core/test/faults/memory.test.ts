import { isPoolError } from '@millpond/core';
import { describe, expect } from 'vitest';
import { deathOf, fault, type Lab, later, rejection, shown } from './lab.js';

const HEAP_MB = 32;
const BIG = 100 * 2 ** 20;

function smallHeap(lab: Lab): object {
  if (lab.isProcess) return { execArgv: [`--max-old-space-size=${HEAP_MB}`] };
  return { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } };
}

describe('a worker that runs out of memory', () => {
  fault(
    {
      row: '9',
      fault: 'JavaScript heap used up',
      injected: `an array that grows for ever in a heap of ${HEAP_MB} MB`,
      expected: 'ERR_WORKER_OOM, by heap (thread: by limit); the pool lives',
    },
    async (lab) => {
      const pool = lab.pool('fill-heap.mjs', { workers: 1, ...smallHeap(lab) });
      const error = await rejection(pool.run('fillHeap'));
      const { code, death } = deathOf(error);
      expect(code).toBe('ERR_WORKER_OOM');
      expect(death.outOfMemory).toBe(lab.isProcess ? 'heap' : 'limit');
      return `${shown(error)}, by ${death.outOfMemory}`;
    },
  );

  fault(
    {
      row: '9b',
      fault: 'JavaScript heap used up, retry allowed',
      injected: 'the same, retry 5',
      expected: 'ERR_TASK_POISON after 2 deaths',
      not: { 4: 'the same path as 1 at once' },
    },
    async (lab) => {
      const retry = { attempts: 5, backoff: { baseMs: 0 } };
      const pool = lab.pool('fill-heap.mjs', { workers: 1, retry, ...smallHeap(lab) });
      const error = await rejection(pool.run('fillHeap'));
      expect(deathOf(error).code).toBe('ERR_TASK_POISON');
      expect(lab.deaths(pool)).toHaveLength(2);
      return `${shown(error)} after 2 deaths`;
    },
  );
});

describe('a very large value', () => {
  fault(
    {
      row: '23',
      fault: 'large payload',
      injected: '100 MiB as argument, then as result, small tasks beside them',
      expected: 'arrives whole; the small ones arrive too',
      not: { 4: 'the same path as 1 at once' },
    },
    async (lab) => {
      const pool = lab.pool('values.mjs');
      const small = Array.from({ length: 100 }, (_, n) => pool.run('ping', n));
      expect(await pool.run('sizeOf', Buffer.alloc(BIG, 7))).toEqual({ length: BIG, first: 7, last: 7 });
      const result = (await pool.run('bytes', BIG)) as Uint8Array;
      expect([result.length, result[0], result.at(-1)]).toEqual([BIG, 9, 9]);
      expect(await Promise.all(small)).toEqual(small.map((_, n) => n));
      return 'whole both ways';
    },
  );

  fault(
    {
      row: '23b',
      fault: 'payload above a limit',
      injected: '300 MiB as argument, then as result, with maxPayloadBytes 100 MiB; small tasks beside them',
      expected: 'ERR_PAYLOAD_TOO_LARGE with size and limit; the parent takes no memory for it; the small ones arrive',
      not: { 4: 'the same path as 1 at once', thread: 'n/a: threads share memory; nothing is encoded' },
    },
    async (lab) => {
      const pool = lab.pool('values.mjs', { maxPayloadBytes: BIG });
      const small = Array.from({ length: 100 }, (_, n) => pool.run('ping', n));
      const input = Buffer.alloc(3 * BIG);
      const before = process.memoryUsage().rss;
      const details = [await rejection(pool.run('sizeOf', input)), await rejection(pool.run('bytes', 3 * BIG))].map(
        (error) => isPoolError(error, 'ERR_PAYLOAD_TOO_LARGE') && error.details,
      );
      expect(process.memoryUsage().rss - before).toBeLessThan(BIG);
      expect(details).toMatchObject([
        { what: 'input', bytes: expect.any(Number) as number, limitBytes: BIG },
        { what: 'result', bytes: expect.any(Number) as number, limitBytes: BIG },
      ]);
      expect(await Promise.all(small)).toEqual(small.map((_, n) => n));
      return 'ERR_PAYLOAD_TOO_LARGE both ways; RSS grew by less than 100 MiB';
    },
  );
});

const NO_BUDGETS = 'later: there are no resource budgets yet';
later(
  { row: '36', fault: 'worker dies holding budget tokens', injected: 'kill -9 with 3 connections open' },
  NO_BUDGETS,
);
later({ row: '37', fault: 'deadlock over two resources', injected: 'A then B, and B then A' }, NO_BUDGETS);
