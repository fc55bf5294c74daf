import type { Connection } from 'mysql2/promise';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKER_KINDS } from '../behaviour/pools.js';
import { describeWith, type StartedServers, startServers } from './installed.js';
import { rowOf, withWatched } from './watched.js';

const SECRET = 's3cret-value';

describeWith('mariadb', () => {
  let servers: StartedServers;
  let control: Connection;
  let peer: string;

  beforeAll(async () => {
    servers = await startServers({ mariadb: true });
    const { host, port, user, password, database } = servers.mariadb;
    peer = `${host}:${port}`;
    control = await createConnection({ host, port, user, password, database });
    for (const table of ['orders', 'users']) {
      await control.query(`CREATE TABLE ${table} (id INT PRIMARY KEY, name VARCHAR(50), note VARCHAR(50))`);
      await control.query(`INSERT INTO ${table} VALUES (1, 'a', 'b'), (2, 'c', 'd')`);
    }
  });

  afterAll(async () => {
    await control?.end();
    await servers?.stop();
  });

  /** A counter of the server, over all connections. */
  async function counter(name: string): Promise<number> {
    const [rows] = await control.query('SHOW GLOBAL STATUS LIKE ?', [name]);
    return Number((rows as { Value: string }[])[0]?.Value);
  }

  describe.each(WORKER_KINDS)('a %s', (kind) => {
    it('that asks for orders says so, and how long it waited', async () => {
      const { mariadb: workerData } = servers;
      await withWatched(kind, 'mysql-clients.mjs', { workerData }, async (watched) => {
        const before = { selects: await counter('Com_select'), connections: await counter('Connections') };
        const input = { times: 10, atOnce: 1, seconds: 0.02, secret: SECRET };
        const elapsed = (await watched.pool.run('orders', input)) as number;
        const selects = (await counter('Com_select')) - before.selects;
        const connections = (await counter('Connections')) - before.connections;
        const rows = await watched.take();
        const of = { task: 'orders', kind: 'mysql', peer };
        const query = rowOf(rows, { ...of, operation: 'SELECT orders' });
        expect(query).toMatchObject({ what: 'use', count: 10, errors: 0, peak: 1 });
        expect(query.statement).toMatch(/^[0-9a-z]{11}$/);
        expect(query.count).toBe(selects);
        // The server slept for 20 ms in each, and the handler saw the whole of it.
        expect(query.minMs).toBeGreaterThanOrEqual(19);
        expect(query.totalMs).toBeGreaterThanOrEqual(10 * 19);
        expect(query.totalMs).toBeLessThanOrEqual(elapsed);
        expect(query.openMs).toBeCloseTo(query.totalMs, 3);
        const connect = rowOf(rows, { ...of, what: 'connect' });
        expect(connect).toMatchObject({ operation: 'connect', count: connections, errors: 0 });
        expect(connect.count).toBe(1);
        expect(rowOf(rows, { ...of, operation: 'acquire connection' }).count).toBe(10);
        expect(watched.unknown()).toEqual({});
        expect(watched.text()).not.toContain(SECRET);
        expect(watched.text()).not.toContain(workerData.password);
      });
    });

    it('shows mean and highest concurrency, and the wait for a connection', async () => {
      await withWatched(kind, 'mysql-clients.mjs', { workerData: servers.mariadb }, async (watched) => {
        const input = { times: 5, atOnce: 4, seconds: 0.03, secret: SECRET };
        await watched.pool.run('orders', { ...input, limit: 4 });
        const rows = await watched.take();
        const query = rowOf(rows, { operation: 'SELECT orders' });
        expect(query).toMatchObject({ count: 20, peak: 4 });
        expect(query.totalMs / query.openMs).toBeGreaterThan(2.5);
        expect(query.totalMs / query.openMs).toBeLessThanOrEqual(4);
        expect(rowOf(rows, { what: 'connect' }).count).toBe(4);

        await watched.pool.run('orders', { ...input, limit: 1 });
        const limited = await watched.take();
        expect(rowOf(limited, { operation: 'SELECT orders' })).toMatchObject({ count: 20, peak: 1 });
        // With one connection, each of the four waits for the three others.
        const acquire = rowOf(limited, { operation: 'acquire connection' });
        expect(acquire.totalMs).toBeGreaterThan(2 * rowOf(limited, { operation: 'SELECT orders' }).totalMs);
      });
    });

    it('counts prepared statements under one hash, and errors without their texts', async () => {
      await withWatched(kind, 'mysql-clients.mjs', { workerData: servers.mariadb }, async (watched) => {
        const executed = await counter('Com_stmt_execute');
        await watched.pool.run('prepared', { times: 20, secret: SECRET });
        expect((await counter('Com_stmt_execute')) - executed).toBe(20);
        expect(rowOf(await watched.take(), { operation: 'SELECT users' })).toMatchObject({ count: 20, errors: 0 });

        const message = await watched.pool.run('fails', { secret: SECRET });
        expect(message).toContain("doesn't exist");
        expect(rowOf(await watched.take(), { operation: 'SELECT missing' })).toMatchObject({ count: 1, errors: 1 });
        expect(watched.text()).not.toContain(SECRET);
      });
    });

    it('keeps tasks apart at the same time, even if they share one connection', async () => {
      const options = { workerData: servers.mariadb, concurrency: 2 };
      await withWatched(kind, 'mysql-clients.mjs', options, async (watched) => {
        await Promise.all([
          watched.pool.run('byCallback', { table: 'orders', times: 8 }),
          watched.pool.run('orders', { times: 8, atOnce: 1, limit: 1, seconds: 0.01, secret: SECRET }),
        ]);
        const rows = await watched.take();
        const counts = rows
          .filter(({ operation }) => operation.startsWith('SELECT'))
          .map(({ task, operation, count }) => `${task}: ${operation} ${count}`);
        expect(counts.sort()).toEqual(['byCallback: SELECT orders 8', 'orders: SELECT orders 8']);
      });
    });

    it('shows a client without channels, if its user publishes for it', async () => {
      await withWatched(kind, 'mysql-clients.mjs', { workerData: servers.mariadb }, async (watched) => {
        await watched.pool.run('mariadb', { times: 5, secret: SECRET });
        const query = rowOf(await watched.take(), { kind: 'mariadb' });
        expect(query).toMatchObject({ task: 'mariadb', peer, operation: 'SELECT orders', count: 5, errors: 0 });
        expect(query.minMs).toBeGreaterThanOrEqual(19);
        expect(watched.text()).not.toContain(SECRET);
      });
    });
  });
});
