import { describe, expect, it } from 'vitest';
import { failure, KINDS, withPool } from './pools.js';

describe.each(KINDS)('workerData, kind %s,', (kind) => {
  it.each([{ seed: 7, list: [1, new Map([['a', 2n]])] }, 'text', null])(
    'is there while the worker module loads, and later: %j',
    async (data) => {
      // Modules of kind 'inline' load once in a process: each case needs its own.
      const module = `reads-data-at-load.mjs?${kind}-${JSON.stringify(data, (_, v: unknown) => String(v))}`;
      await withPool(module, { kind, workers: 1, workerData: data }, async (pool) => {
        const told = await pool.run('told');
        expect(told).toEqual({ atLoad: data, later: data, isSame: true });
      });
    },
  );

  const asMade = { data: [5, 'Buffer', 5, 8], warm: [5, 'Buffer', 5, 8] };
  const open = () => ({ x: 5, buffer: Buffer.from([5]), moved: new Uint8Array(8) });

  it('and inputs of warm-up tasks are the same for every worker, whatever the caller does to its own', async () => {
    const [workerData, input] = [open(), open()];
    const options = { kind, ...(kind !== 'inline' && { workers: 2 }), workerData };
    const warmup = { tasks: [{ name: 'warm', input }] };
    await withPool('tells-start-data.mjs', { ...options, warmup }, async (pool) => {
      for (const own of [workerData, input]) {
        own.x = 9;
        own.buffer[0] = 9;
        structuredClone(own.moved.buffer, { transfer: [own.moved.buffer] });
      }
      await pool.ready();
      const workers = kind === 'inline' ? [asMade] : [asMade, asMade];
      expect(await pool.broadcast('told')).toEqual(workers);
      await pool.recycle();
      expect(await pool.broadcast('told')).toEqual(workers);
      if (kind === 'inline') return;
      await failure(pool.run('exit'));
      await pool.ready();
      pool.resize(3);
      await pool.ready();
      expect(await pool.broadcast('told')).toEqual([asMade, ...workers]);
    });
  });

  it('is copied for each worker: what one writes into its copy reaches no other', async () => {
    const warmup = { tasks: [{ name: 'warm', input: open() }] };
    await withPool('tells-start-data.mjs', { kind, workers: 1, workerData: open(), warmup }, async (pool) => {
      await pool.run('change');
      await pool.recycle();
      expect(await pool.run('told')).toEqual(asMade);
    });
  });
});
