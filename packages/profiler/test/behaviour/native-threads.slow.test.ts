import { Pool } from '@millpond/core';
import { Profiler } from '@millpond/profiler';
import { expect, it } from 'vitest';

const MODULE = new URL('./fixtures/shared-things.mjs', import.meta.url);

// Another program may have the second core.
it('native threads that are fewer than cores and tasks are named, with their variable', { retry: 2 }, async () => {
  const env = { UV_THREADPOOL_SIZE: '1' };
  await using pool = new Pool(MODULE, { kind: 'process', workers: 1, concurrency: 8, env });
  await pool.ready();
  const profiler = new Profiler({ level: 'trace' }).attach(pool);
  await Promise.all(Array.from({ length: 120 }, (_, i) => pool.run('hashes', i)));
  const { verdict, findings } = (await profiler.stop()).data;
  expect(verdict).toMatchObject({ kind: 'bottleneck', id: 'R15' });
  expect(findings[0]!.advice[0]).toMatchObject({ option: 'env.UV_THREADPOOL_SIZE', now: '1' });
  expect(Number(findings[0]!.advice[0]!.value)).toBeGreaterThan(1);
});
