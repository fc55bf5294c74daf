import { availableParallelism } from 'node:os';
import { Pool } from '@millpond/core';
import { expect, it } from 'vitest';
import { fixture } from './pools.js';

it('a program is warned once when all its pools together have far more computing workers than cores', async () => {
  const warnings: (Error & { code?: string })[] = [];
  const told = new Promise<void>((resolve) => {
    process.on('warning', (warning) => {
      if ((warning as { code?: string }).code !== 'MILLPOND_TOO_MANY_WORKERS') return;
      warnings.push(warning);
      resolve();
    });
  });
  // Each of the pools alone has no more than four for each core.
  const each = 2 * availableParallelism() + 1;
  const pools = [1, 2].map(
    () => new Pool(fixture('computes.mjs'), { kind: 'thread', workers: { min: 1, max: each }, workload: 'cpu' }),
  );
  for (const pool of pools) {
    await pool.ready();
    pool.resize(each);
  }
  // A pool counts as one of those that have work once it has looked at its tasks.
  let isTold = false;
  void told.then(() => (isTold = true));
  while (!isTold) await Promise.all(pools.map((pool) => pool.run('compute', 5)));
  for (let n = 0; n < 200; n++) await Promise.all(pools.map((pool) => pool.run('compute', 5)));
  await Promise.all(pools.map((pool) => pool.close()));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.message).toContain(`All pools of this program together have ${2 * each} workers`);
});
