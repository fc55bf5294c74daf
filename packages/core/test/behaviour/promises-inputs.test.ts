import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PoolKind, PoolOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, fixture, KINDS, withPool, WORKER_KINDS } from './pools.js';
import { withFolder } from './temp.js';

const FIXTURE = 'keeps-promises.mjs';
const RETRIES = [0, 5];
/** More than the heap of these workers holds once they are decoded. */
const RECORDS = Array.from({ length: 600_000 }, (_, id) => ({ id, name: `record ${id}` }));

function smallHeap(kind: PoolKind): PoolOptions {
  return kind === 'process'
    ? { execArgv: ['--max-old-space-size=20'] }
    : { resourceLimits: { maxOldGenerationSizeMb: 20 } };
}

/** Runs the task among twenty others; they are done, it rejects, and its handler was never called. */
async function amongOthers(
  options: PoolOptions,
  input: object,
  retry: number,
  codes: readonly string[],
): Promise<void> {
  await withFolder(async (folder) => {
    const path = join(folder, 'called');
    await withPool(FIXTURE, { workers: 2, restart: { max: 20 }, ...options }, async (pool) => {
      const deaths: unknown[] = [];
      pool.on('worker:exited', (death) => deaths.push(death));
      await pool.ready();
      const before = Array.from({ length: 10 }, (_, n) => pool.run('echo', n));
      const call = { retry: { attempts: retry, backoff: { baseMs: 1 } } };
      const rejected = failure(pool.run('note', { ...input, path }, call));
      const after = Array.from({ length: 10 }, (_, n) => pool.run('echo', n));
      expect(codes).toContain((await rejected).code);
      expect(await Promise.all([...before, ...after])).toEqual([...before, ...after].map((_, n) => n % 10));
      expect(existsSync(path)).toBe(false);
      // The reports of those beyond two say what went wrong.
      expect(deaths.slice(2)).toEqual([]);
      expect(await pool.run('echo', 'lives')).toBe('lives');
    });
  });
}

describe.each(WORKER_KINDS)('an input that cannot be decoded, kind %s,', (kind) => {
  it.each(RETRIES)('since the heap is too small for it, costs no other task, retry %i', async (retry) => {
    await amongOthers({ kind, ...smallHeap(kind) }, { records: RECORDS }, retry, ['ERR_WORKER_OOM']);
  });

  const ends = kind === 'process' ? ['exit', 'abort', 'kill'] : ['exit'];
  describe.each(ends)('since the codec ends its worker (%s),', (end) => {
    it.each(RETRIES)('costs no other task, retry %i', async (retry) => {
      const codec = fixture('codecs/ends-worker.mjs');
      await amongOthers({ kind, codec }, { end }, retry, ['ERR_WORKER_CRASHED', 'ERR_TASK_POISON']);
    });

    it.each(RETRIES)('costs no other task that runs beside it, retry %i', async (retry) => {
      const codec = fixture('codecs/ends-worker.mjs');
      await amongOthers({ kind, codec, concurrency: 8 }, { end }, retry, ['ERR_WORKER_CRASHED', 'ERR_TASK_POISON']);
    });
  });
});

describe.each(KINDS)('the input of a task, kind %s,', (kind) => {
  it('is a copy of its own for each task that is given the same object', async () => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      const order = { total: 10 };
      expect(await Promise.all([1, 2, 3].map(() => pool.run('double', order)))).toEqual([20, 20, 20]);
      expect(order).toEqual({ total: 10 });
    });
  });

  it('is a copy of its own for each task of a map over inputs that share an object', async () => {
    await withPool(FIXTURE, { kind, workers: 2 }, async (pool) => {
      const cfg = { count: 0 };
      const inputs = Array.from({ length: 60 }, (_, i) => ({ cfg, i }));
      const counts: unknown[] = [];
      for await (const value of pool.map('count', inputs)) counts.push(value);
      expect(counts).toEqual(inputs.map(() => 1));
      expect(cfg).toEqual({ count: 0 });
    });
  });

  it.each([16, 300_000, 2_000_000])('is a copy of its own where it is a buffer of %i bytes', async (bytes) => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      const buffer = Buffer.alloc(bytes);
      expect(await Promise.all([1, 2, 3].map(() => pool.run('raise', buffer)))).toEqual([1, 1, 1]);
      expect(buffer[0]).toBe(0);
    });
  });

  it('is as it was at the call, whatever becomes of the object after it', async () => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      const early = { n: 1 };
      const first = pool.run('echo', early);
      early.n = 2;
      expect(await first).toEqual({ n: 1 });
      await pool.idle();
      const late = { n: 1, list: [1], map: new Map([[1, 1]]) };
      const second = pool.run('echo', late);
      late.n = 2;
      late.list.push(2);
      late.map.set(2, 2);
      expect(await second).toEqual({ n: 1, list: [1], map: new Map([[1, 1]]) });
    });
  });

  it.each([16, 300_000])('is as it was at the call where one buffer of %i bytes serves many calls', async (bytes) => {
    await withPool(FIXTURE, { kind, workers: 2 }, async (pool) => {
      const buffer = Buffer.alloc(bytes);
      const results: Promise<unknown>[] = [];
      for (let n = 0; n < 20; n++) {
        buffer[0] = n;
        results.push(pool.run('raise', buffer));
      }
      expect(await Promise.all(results)).toEqual(results.map((_, n) => n + 1));
    });
  });
});

const NAMES = ['toString', 'valueOf', 'hasOwnProperty', 'constructor', '__proto__', 'prototype', 'length', ''];

describe.each(KINDS)('an error, kind %s,', (kind) => {
  it.each(NAMES)('of a class named "%s" settles its task', async (name) => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      expect(await failure(pool.run('throwNamed', name))).toMatchObject({ message: `of ${name}` });
      expect(await failure(pool.run('throwCalled', name))).toMatchObject({ message: `of ${name}`, name });
      expect(await pool.run('echo', 1)).toBe(1);
    });
  });
});
