import type { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { whenever, withPool, WORKER_KINDS } from './pools.js';

/** Has this many workers at work at once, then none. */
async function growTo(pool: Pool, count: number): Promise<void> {
  await withGate(async (gate) => {
    const names = Array.from({ length: count }, (_, n) => String(n));
    const results = names.map((name) => pool.run('wait', { port: gate.port, name }));
    await gate.whenArrived(...names);
    expect(pool.stats().workers.wanted).toBe(count);
    for (const name of names) gate.pass(name);
    await Promise.all(results);
  });
}

describe.each(WORKER_KINDS)('workers.idleMs, kind %s:', (kind) => {
  const MODULE = 'waits-at-gate.mjs';

  it('all workers above the least go at once after that time without a task', async () => {
    const workers = { min: 1, max: 4, idleMs: 50 };
    // As many at first as there are cores, and io counts on half of them.
    await withPool(MODULE, { kind, workers, concurrency: 1, workload: 'cpu' }, async (pool) => {
      await pool.ready();
      pool.resize({ ...workers, min: 3 });
      await growTo(pool, 3);
      const changes: string[] = [];
      pool.on('resized', ({ from, to, reason }) => changes.push(`${from} → ${to}: ${reason}`));
      pool.resize(workers);
      await pool.run('echo', 1);
      await whenever(pool, () => pool.stats().workerList.length === 1);
      expect(changes).toEqual(['3 → 1: nothing to do for 50 ms (workers.idleMs)']);
      expect(await pool.run('echo', 2)).toBe(2);
    });
  });

  it('counts in a pool that rests, from the resize() on that allows fewer', async () => {
    await withPool(MODULE, { kind, workers: 3 }, async (pool) => {
      await pool.ready();
      // It has never had a task, so no beat comes by itself.
      pool.resize({ min: 1, max: 3, idleMs: 0 });
      await whenever(pool, () => pool.stats().workerList.length === 1);
      expect(await pool.run('echo', 1)).toBe(1);
    });
  });

  it('none is left where the least is 0, and the next task starts one', async () => {
    await withPool(MODULE, { kind, workers: { min: 0, max: 2, idleMs: 0 } }, async (pool) => {
      expect(await pool.run('echo', 1)).toBe(1);
      await whenever(pool, () => pool.stats().workerList.length === 0);
      expect(await pool.run('echo', 2)).toBe(2);
    });
  });
});
