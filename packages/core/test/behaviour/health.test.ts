import type { HealthCheck, Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, KINDS, nextEvent, withPool, WORKER_KINDS } from './pools.js';

/** What this machine is like does not count here. */
const CALM = { eventLoopLagMs: Infinity, memory: 1 };

const check = (pool: Pool, name: HealthCheck['name']): HealthCheck =>
  pool.health().checks.find((each) => each.name === name) as HealthCheck;
/** Names of the checks that are not good. */
const bad = (pool: Pool): string[] =>
  pool
    .health()
    .checks.filter(({ ok }) => !ok)
    .map(({ name }) => name);

describe.each(KINDS)('health(), kind %s,', (kind) => {
  it('is degraded while the first workers start, then ok, and failing once the pool is not open', async () => {
    await withPool('echo.mjs', { kind, workers: 1, health: CALM }, async (pool) => {
      expect(pool.health().status).toBe('degraded');
      expect(bad(pool)).toEqual(['workers']);
      await pool.ready();
      expect(pool.health().status).toBe('ok');
      expect(check(pool, 'workers')).toMatchObject({ ok: true, value: 1, limit: 1 });
      const names = pool.health().checks.map(({ name }) => name);
      expect(names.filter((name) => name !== 'memory')).toEqual([
        'state',
        'workers',
        'restarts',
        'queueAge',
        'queueLength',
        'errorRate',
        'eventLoopLag',
      ]);
      await pool.close();
      expect(pool.health().status).toBe('failing');
      expect(check(pool, 'state')).toMatchObject({ ok: false, value: 'closed', limit: 'open' });
    });
  });

  it('says since when a check is what it is', async () => {
    const from = Date.now();
    await withPool('fails-on-negative.mjs', { kind, workers: 1, health: { ...CALM, errorRate: 0.1 } }, async (pool) => {
      await pool.ready();
      const { since } = check(pool, 'workers');
      expect(since).toBeGreaterThanOrEqual(from - 1);
      expect(since).toBeLessThanOrEqual(Date.now());
      for (let n = 0; n < 20; n++) await pool.run('work', n);
      expect(check(pool, 'errorRate')).toMatchObject({ ok: true, value: 0 });
      for (let n = 1; n <= 5; n++) await failure(pool.run('work', -n));
      const { status } = pool.health();
      expect(status).toBe('degraded');
      expect(check(pool, 'errorRate')).toMatchObject({ ok: false, value: 0.2, limit: 0.1 });
      const badSince = check(pool, 'errorRate').since;
      expect(badSince).toBeGreaterThanOrEqual(since);
      expect(check(pool, 'errorRate').since).toBe(badSince);
      expect(check(pool, 'workers').since).toBe(since);
    });
  });

  it('shows a queue that is too long, and one that is too old', async () => {
    const health = { ...CALM, queueAgeMs: 0, queueLength: 2 };
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1, concurrency: 1, prefetch: 0, health }, async (pool) => {
        const results = ['a', 'b', 'c', 'd'].map((name) => pool.run('wait', { port: gate.port, name }));
        await gate.whenArrived('a');
        // The clock counts fractions of milliseconds, so the wait is above 0.
        expect(bad(pool)).toEqual(['queueAge', 'queueLength']);
        expect(check(pool, 'queueLength')).toMatchObject({ value: 3, limit: 2 });
        for (const name of ['a', 'b', 'c', 'd']) {
          await gate.whenArrived(name);
          gate.pass(name);
        }
        await Promise.all(results);
        expect(pool.health().status).toBe('ok');
      }),
    );
  });
});

describe.each(WORKER_KINDS)('health(), kind %s,', (kind) => {
  it('counts workers that died lately', async () => {
    await withPool('exit-during-task.mjs', { kind, workers: 1, health: { ...CALM, restarts: 0 } }, async (pool) => {
      await pool.ready();
      expect(check(pool, 'restarts')).toMatchObject({ ok: true, value: 0, limit: 0 });
      const ready = nextEvent(pool, 'worker:ready');
      await failure(pool.run('exit', 1));
      await ready;
      expect(pool.health().status).toBe('degraded');
      expect(check(pool, 'restarts')).toMatchObject({ ok: false, value: 1 });
    });
  });

  it('misses no worker of a pool that is paused, and starts none', async () => {
    await withPool('echo.mjs', { kind, workers: { min: 0, max: 1 }, health: CALM }, async (pool) => {
      expect(pool.health().status).toBe('ok');
      pool.pause();
      const result = pool.run('echo', 1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(check(pool, 'queueLength').value).toBe(1);
      expect(pool.health().status).toBe('ok');
      pool.resume();
      expect(bad(pool)).toEqual(['workers']);
      expect(await result).toBe(1);
      expect(pool.health().status).toBe('ok');
    });
  });

  it('is failing for a pool that has failed', async () => {
    await withPool('throws-at-load.mjs', { kind, workers: 1, stdio: 'ignore' }, async (pool) => {
      await nextEvent(pool, 'failed');
      expect(pool.health().status).toBe('failing');
      expect(check(pool, 'state')).toMatchObject({ ok: false, value: 'failed' });
      expect(check(pool, 'restarts').value).toBe(5);
    });
  });
});
