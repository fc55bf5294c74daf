import { channel, tracingChannel } from 'node:diagnostics_channel';
import { createRequire, isBuiltin } from 'node:module';
import { LRUCache } from 'lru-cache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IoWatch } from '../../../src/child/io/io-watch.js';

const SECRET = 's3cret-value';
const HAS_SQLITE = isBuiltin('node:sqlite');

/** The part of node:sqlite that the test uses. Types of Node 20 know nothing of it. */
interface Sqlite {
  DatabaseSync: new (path: string) => {
    exec(sql: string): void;
    prepare(sql: string): { run(value: string): void; all(value: string): unknown[] };
    close(): void;
  };
}

describe('a watch sees', () => {
  const watch = new IoWatch(() => 'load');

  beforeEach(() => watch.start());
  afterEach(() => watch.stop());

  /** All that was watched, as one text: it must have no value in it. */
  function rows(): Record<string, unknown>[] {
    const { io, unknown } = watch.take();
    expect(unknown).toEqual([]);
    expect(JSON.stringify(io)).not.toContain(SECRET);
    return io.map(({ kind, peer, operation, what, count, errors }) => ({ kind, peer, operation, what, count, errors }));
  }

  it('hits and misses of lru-cache', async () => {
    const cache = new LRUCache<string, string>({ max: 10, fetchMethod: async () => SECRET });
    cache.get(SECRET);
    cache.set(SECRET, SECRET);
    cache.get(SECRET);
    cache.get(SECRET);
    cache.has(SECRET);
    await cache.fetch(SECRET);
    await cache.fetch('other');
    const seen = rows();
    const use = { kind: 'cache', peer: '', what: 'use', errors: 0 };
    expect(seen).toContainEqual({ ...use, operation: 'get miss', count: 1 });
    expect(seen).toContainEqual({ ...use, operation: 'get hit', count: 2 });
    // The package asks a question of its channel that Node 20 does not answer.
    if (Number(process.versions.node.split('.')[0]) >= 22) {
      expect(seen).toContainEqual({ ...use, operation: 'fetch hit', count: 1 });
      expect(seen).toContainEqual({ ...use, operation: 'fetch miss', count: 1 });
    }
  });

  it.skipIf(!HAS_SQLITE)('statements of node:sqlite, where it publishes them', () => {
    const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite') as Sqlite;
    const database = new DatabaseSync(':memory:');
    database.exec('CREATE TABLE orders (note TEXT)');
    for (let n = 0; n < 5; n++) database.prepare('INSERT INTO orders VALUES (?)').run(`${SECRET} ${n}`);
    database.prepare('SELECT * FROM orders WHERE note <> ?').all(SECRET);
    database.close();
    const seen = rows();
    if (Number(process.versions.node.split('.')[0]) < 24) return;
    const use = { kind: 'sqlite', peer: '', what: 'use', errors: 0 };
    expect(seen).toContainEqual({ ...use, operation: 'INSERT orders', count: 5 });
    expect(seen).toContainEqual({ ...use, operation: 'SELECT orders', count: 1 });
  });

  it('statements of mssql, and the server of its pool', async () => {
    const trace = async (
      name: string,
      context: object,
      act: () => Promise<unknown> = async () => undefined,
    ): Promise<void> => {
      await tracingChannel(name)
        .tracePromise(act, context)
        .catch(() => undefined);
    };
    const own = { poolId: 7, requestId: 1 };
    await trace('mssql:connect', {
      server: 'db',
      port: 1444,
      database: SECRET,
      poolId: 7,
      poolConfig: { min: 0, max: 10 },
    });
    await trace('mssql:pool:acquire', own);
    await trace('mssql:query', {
      ...own,
      command: `SELECT * FROM [Order Lines] WHERE a = '${SECRET}'`,
      parameters: [],
    });
    await trace('mssql:batch', { ...own, command: `EXEC refresh '${SECRET}'` });
    await trace('mssql:execute', { ...own, procedure: 'dbo.refresh' }, async () => Promise.reject(new Error(SECRET)));
    await trace('mssql:bulk', { ...own, table: 'orders', rowCount: 5 });
    await trace('mssql:prepared-statement:prepare', { ...own, statement: 'SELECT @a FROM orders' });
    await trace('mssql:prepared-statement:execute', { ...own, statement: 'SELECT @a FROM orders' });
    const one = { kind: 'mssql', peer: 'db:1444', what: 'use', count: 1, errors: 0 };
    expect(rows()).toEqual([
      { ...one, operation: 'connect', what: 'connect' },
      { ...one, operation: 'acquire connection' },
      { ...one, operation: 'SELECT Order Lines' },
      { ...one, operation: 'EXEC refresh' },
      { ...one, operation: 'EXECUTE dbo.refresh', errors: 1 },
      { ...one, operation: 'BULK orders' },
      { ...one, operation: 'SELECT orders', what: 'prepare' },
      { ...one, operation: 'SELECT orders' },
    ]);
  });

  it('no command that is none: it may be a value', () => {
    const command = tracingChannel('ioredis:command');
    for (const name of [SECRET, `get ${SECRET}`, `${SECRET}\n`, 'hget']) {
      const context = { command: name === SECRET ? `${SECRET}!` : name, serverAddress: '/run/redis.sock' };
      channel(`tracing:ioredis:command:start`).publish(context);
      command.asyncStart.publish(context);
    }
    const one = { kind: 'redis', peer: '/run/redis.sock', what: 'use', errors: 0 };
    expect(rows()).toEqual([
      { ...one, operation: '(other)', count: 3 },
      { ...one, operation: 'HGET', count: 1 },
    ]);
  });
});
