import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKER_KINDS } from '../behaviour/pools.js';
import { describeWith, type StartedServers, startServers } from './installed.js';
import { rowOf, withWatched } from './watched.js';

const SECRET = 's3cret-value';

describeWith('redis', () => {
  let servers: StartedServers;
  let control: ReturnType<typeof createClient>;
  let peer: string;

  beforeAll(async () => {
    servers = await startServers({ redis: true });
    const { host, port, password } = servers.redis;
    peer = `${host}:${port}`;
    control = createClient({ socket: { host, port }, password });
    await control.connect();
  });

  afterAll(async () => {
    await control?.close();
    await servers?.stop();
  });

  /** Calls of a command, as the server has counted them since the last reset. */
  async function served(command: string): Promise<{ calls: number; failed: number; ms: number }> {
    const stats = await control.info('commandstats');
    const line = new RegExp(`cmdstat_${command}:calls=(\\d+),usec=(\\d+).*failed_calls=(\\d+)`).exec(stats);
    return { calls: Number(line?.[1] ?? 0), ms: Number(line?.[2] ?? 0) / 1000, failed: Number(line?.[3] ?? 0) };
  }

  describe.each(WORKER_KINDS)('a %s', (kind) => {
    it.each(['redis', 'ioredis'] as const)('that uses %s says what it waited for, and how long', async (client) => {
      const { redis: workerData } = servers;
      await withWatched(kind, 'redis-clients.mjs', { workerData }, async (watched) => {
        await control.configResetStat();
        await watched.pool.run('writesAndReads', { client, times: 200, secret: SECRET });
        const [sets, gets] = [await served('hset'), await served('hget')];
        const rows = await watched.take();
        const of = { task: 'writesAndReads', kind: 'redis', peer };
        const hset = rowOf(rows, { ...of, operation: 'HSET', what: 'use' });
        const hget = rowOf(rows, { ...of, operation: 'HGET', what: 'use' });
        expect([hset.count, hget.count]).toEqual([sets.calls, gets.calls]);
        expect(hget).toMatchObject({ count: 200, errors: 0, peak: 1, statement: '' });
        // The worker waited at least as long as the server worked.
        expect(hset.totalMs).toBeGreaterThanOrEqual(sets.ms);
        expect(hget.totalMs).toBeGreaterThanOrEqual(gets.ms);
        // One after another: the times with one open are the durations.
        expect(hget.openMs).toBeCloseTo(hget.totalMs, 3);
        expect(rowOf(rows, { ...of, what: 'connect' })).toMatchObject({ operation: 'connect', count: 1, errors: 0 });

        await watched.pool.run('readsAtOnce', { client, times: 50, secret: SECRET });
        const atOnce = rowOf(await watched.take(), { operation: 'HGET' });
        expect(atOnce).toMatchObject({ task: 'readsAtOnce', count: 50, peak: 50 });
        expect(atOnce.totalMs / atOnce.openMs).toBeGreaterThan(5);

        await control.configResetStat();
        expect(await watched.pool.run('fails', { client, secret: SECRET })).toContain('WRONGTYPE');
        expect((await served('lpush')).failed).toBe(1);
        expect(rowOf(await watched.take(), { operation: 'LPUSH' })).toMatchObject({
          task: 'fails',
          count: 1,
          errors: 1,
        });

        await watched.pool.run('transaction', { client, secret: SECRET });
        const ofTransaction = await watched.take();
        const names = ofTransaction.map(({ operation }) => operation).sort();
        // The one sees a transaction as a whole, the other its commands.
        expect(names).toEqual(client === 'redis' ? ['MULTI'] : ['EXEC', 'INCR', 'MULTI', 'SET']);

        const elapsed = await watched.pool.run('waits', { client, seconds: 0.2 });
        const blocked = rowOf(await watched.take(), { operation: 'BLPOP' });
        expect(blocked.count).toBe(1);
        expect(blocked.totalMs).toBeGreaterThan(180);
        expect(blocked.totalMs).toBeLessThanOrEqual(elapsed as number);

        expect(watched.unknown()).toEqual({});
        expect(watched.text()).not.toContain(SECRET);
        expect(watched.text()).not.toContain(workerData.password);
      });
    });

    it('shows a wait before it is over', async () => {
      await withWatched(kind, 'redis-clients.mjs', { workerData: servers.redis }, async (watched) => {
        const waits = watched.pool.run('waits', { client: 'redis', seconds: 5 });
        // The server has the command when it counts a client as blocked.
        while (!/blocked_clients:[1-9]/.test(await control.info('clients')));
        const row = rowOf(await watched.take(), { operation: 'BLPOP' });
        expect(row).toMatchObject({ task: 'waits', count: 0, peak: 1 });
        expect(row.openMs).toBeGreaterThan(0);
        await control.rPush('nothing-comes', 'x');
        await waits;
        expect(rowOf(await watched.take(), { operation: 'BLPOP' })).toMatchObject({ count: 1, peak: 1 });
      });
    });

    it('tells tasks apart that run at the same time', async () => {
      const options = { workerData: servers.redis, concurrency: 4 };
      await withWatched(kind, 'redis-clients.mjs', options, async (watched) => {
        // Both clients are connected by one task each.
        for (const client of ['redis', 'ioredis']) await watched.pool.run('fails', { client, secret: SECRET });
        await watched.take();
        const runs = ['redis', 'ioredis'].flatMap((client) => [
          watched.pool.run('writesAndReads', { client, times: 30, secret: SECRET }),
          watched.pool.run('waits', { client, seconds: 0.1 }),
        ]);
        await Promise.all(runs);
        const rows = await watched.take();
        const counts = rows.map(({ task, operation, count }) => `${task}: ${operation} ${count}`);
        expect(counts.sort()).toEqual(['waits: BLPOP 2', 'writesAndReads: HGET 60', 'writesAndReads: HSET 60']);
      });
    });
  });
});
