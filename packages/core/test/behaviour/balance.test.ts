import type { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withPool, WORKER_KINDS } from './pools.js';

/** More tasks than it takes to know. */
const TASKS = 2200;

/** Runs this number of tasks with these inputs, by turns. */
async function runAll(pool: Pool, name: string, inputs: readonly unknown[]): Promise<void> {
  const all = Array.from({ length: TASKS }, (_, task) => inputs[task % inputs.length]);
  for await (const result of pool.map(name, all)) void result;
}

describe.each(WORKER_KINDS)('the balance of a pool of kind %s', (kind) => {
  it('says that large values with nothing to do on them cost more than a plain call', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      expect(pool.stats().balance).toBe(undefined);
      await runAll(pool, 'describe', [new Uint8Array(200_000)]);
      const { balance } = pool.stats();
      expect(balance?.handOverMs).toBeGreaterThan(balance?.handlerMs ?? Infinity);
      expect(balance?.advice).toMatch(
        /^A task takes this thread \S+ µs to hand over, .* or call the function directly\.$/,
      );
    });
  });

  it('says nothing where handlers compute', async () => {
    await withPool('computes.mjs', { kind, workers: 1 }, async (pool) => {
      await runAll(pool, 'compute', [0.3]);
      const { balance } = pool.stats();
      expect(balance?.handlerMs).toBeGreaterThan(0.29);
      expect(balance?.advice).toBe(undefined);
    });
  });
});

it('the balance of a pool of kind inline is undefined: there is nothing to hand over', async () => {
  await withPool('echo.mjs', { kind: 'inline' }, async (pool) => {
    await runAll(pool, 'echo', [1]);
    expect(pool.stats().balance).toBe(undefined);
  });
});
