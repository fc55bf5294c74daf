import { describe, expect, it } from 'vitest';
import { KINDS, withPool } from './pools.js';

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
});
