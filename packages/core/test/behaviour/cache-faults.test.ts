import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CacheStore, PoolOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, fixture, KINDS, withPool } from './pools.js';
import { withFolder } from './temp.js';

const hasSqlite = process.getBuiltinModule('node:sqlite') !== undefined;
const LARGE_BYTES = 256 * 1024;

describe.each(KINDS)('the cache over kind %s', (kind) => {
  it('keeps bigints of any size', async () => {
    await withPool('reads-bytes.mjs', { kind, workers: 1, tasks: { itself: { cache: true } } }, async (pool) => {
      const values = [0n, 5n, -5n, 255n, 256n, 10n ** 40n];
      for (const value of values) expect(await pool.run('itself', value)).toBe(value);
      for (const value of values) expect(await pool.run('itself', value)).toBe(value);
      expect(pool.cache?.stats()).toMatchObject({ hits: values.length, misses: values.length });
    });
  });

  it('keeps the result of the input as it was, when a caller that lent it has left', async () => {
    const cache = { key: (input: unknown) => String((input as { bytes: Uint8Array }).bytes.length) };
    const options: PoolOptions = { kind, workers: 1, concurrency: 1, prefetch: 0, tasks: { first: { cache } } };
    await withGate((gate) =>
      withPool('reads-bytes.mjs', options, async (pool) => {
        await pool.ready();
        const busy = pool.run('wait', { port: gate.port, name: 'busy' });
        await gate.whenArrived('busy');
        const input = (): { bytes: Uint8Array } => ({ bytes: new Uint8Array(LARGE_BYTES).fill(1) });
        const lent = input();
        const leaving = failure(pool.run('first', lent, { borrow: true, queueTimeoutMs: 20 }));
        const staying = pool.run('first', input());
        expect(await leaving).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
        lent.bytes.fill(9);
        gate.pass('busy');
        await busy;
        expect([await staying, await pool.run('first', input())]).toEqual([1, 2].map(() => [1, LARGE_BYTES]));
      }),
    );
  });

  it('runs nothing for a call whose own key has ended the pool', async () => {
    const ended: Promise<void>[] = [];
    const cache = { key: () => (ended.push(pool.destroy('by its key')), 'k') };
    let pool!: { destroy(reason: unknown): Promise<void> };
    await withPool('reads-bytes.mjs', { kind, workers: 1, tasks: { echo: { cache } } }, async (opened) => {
      pool = opened;
      await opened.ready();
      expect(await failure(opened.run('echo', 1))).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      await Promise.all(ended);
    });
  });

  it('gives an old result where the queue is full, if the task says so', async () => {
    const tasks = { echo: { cache: { ttlMs: 1, staleIfErrorMs: 60_000 } } };
    await withGate((gate) =>
      withPool('reads-bytes.mjs', { kind, workers: 1, concurrency: 1, tasks, queue: { max: 0 } }, async (pool) => {
        await pool.ready();
        pool.cache?.set('echo', 1, 'old', { ttlMs: 0.001 });
        const busy = pool.run('wait', { port: gate.port, name: 'busy' });
        await gate.whenArrived('busy');
        expect(await pool.run('echo', 1)).toBe('old');
        expect(await failure(pool.run('echo', 2))).toMatchObject({ code: 'ERR_QUEUE_FULL' });
        expect(pool.cache?.stats()).toMatchObject({ stale: 1 });
        gate.pass('busy');
        await busy;
      }),
    );
  });

  it('begins one execution after another for a result after its time, not one for each call', async () => {
    const tasks = { fail: { cache: { ttlMs: 1, staleWhileRevalidateMs: 60_000 } } };
    await withPool('reads-bytes.mjs', { kind, workers: 1, tasks }, async (pool) => {
      await pool.ready();
      pool.cache?.set('fail', 1, 'old', { ttlMs: 0.001 });
      for (let round = 0; round < 20; round++) {
        const calls = await Promise.all(Array.from({ length: 20 }, () => pool.run('fail', 1)));
        expect(new Set(calls)).toEqual(new Set(['old']));
        await pool.idle();
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { refreshes = 0, refreshFailures = 0 } = pool.cache?.stats() ?? {};
      expect(refreshes).toBe(refreshFailures);
      // Without a pause there would be one in each of the rounds.
      expect(refreshes).toBeLessThan(10);
    });
  });

  it('rejects calls that wait for the store as soon as the pool is destroyed', async () => {
    let hangs = false;
    const get = (): undefined | Promise<undefined> => (hangs ? new Promise(() => {}) : undefined);
    const store: CacheStore = { get, set: () => {}, delete: () => {}, clear: () => {} };
    await withPool(
      'reads-bytes.mjs',
      { kind, workers: 1, cache: { store }, tasks: { echo: { cache: true } } },
      async (pool) => {
        await pool.ready();
        hangs = true;
        const call = failure(pool.run('echo', 1));
        await pool.destroy('enough');
        const turn = new Promise((resolve) => setImmediate(resolve, 'still waits'));
        expect(await Promise.race([call, turn])).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      },
    );
  });

  it('goes on without a folder that is removed, or is a file', async () => {
    await withFolder(async (root) => {
      const folder = join(root, 'results');
      const options: PoolOptions = { kind, workers: 1, cache: { store: { folder } }, tasks: { echo: { cache: true } } };
      let four: unknown;
      await withPool('reads-bytes.mjs', options, async (pool) => {
        const one = await pool.run('echo', 1);
        rmSync(folder, { recursive: true, force: true });
        expect(await pool.run('echo', 2)).toMatchObject({ input: 2 });
        rmSync(folder, { recursive: true, force: true });
        writeFileSync(folder, 'x');
        expect(await pool.run('echo', 3)).toMatchObject({ input: 3 });
        expect(await pool.run('echo', 1)).toEqual(one);
        pool.cache?.clear();
        expect(await pool.run('echo', 1)).not.toEqual(one);
        expect(pool.cache?.stats().store?.failures).toBeGreaterThan(0);
        rmSync(folder);
        mkdirSync(folder);
        four = await pool.run('echo', 4);
      });
      await withPool('reads-bytes.mjs', options, async (pool) => {
        expect(await pool.run('echo', 4)).toEqual(four);
        expect(pool.stats()).toMatchObject({ tasks: { submitted: 0 }, cache: { store: { hits: 1, failures: 0 } } });
      });
    });
  });
});

/** Kills a program while it writes, once it has said so often that it wrote. */
async function killed(program: ChildProcess, rounds: number): Promise<void> {
  const lines = createInterface(program.stdout as NonNullable<ChildProcess['stdout']>);
  lines.on('line', (line) => {
    if (Number(line) >= rounds) program.kill('SIGKILL');
  });
  await once(program, 'close');
}

const PLACES: ['folder' | 'sqlite', string][] = [['folder', 'results']];
if (hasSqlite) PLACES.push(['sqlite', 'results.db']);

describe.each(PLACES)('a store in a %s', (place, name) => {
  it('has whole results, or none, after programs that were killed while they wrote', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, name);
      const program = fileURLToPath(fixture('programs/fills-a-store.mjs'));
      for (const rounds of [20, 50, 90]) {
        const programs = [1, 2].map(() =>
          spawn(process.execPath, [program, place, path], { stdio: ['ignore', 'pipe', 'ignore'] }),
        );
        await Promise.all(programs.map((each) => killed(each, rounds)));
        const store = place === 'folder' ? { folder: path } : { sqlite: path };
        const options: PoolOptions = {
          kind: 'inline',
          cache: { store, version: '1' },
          tasks: { itself: { cache: true } },
        };
        await withPool('reads-bytes.mjs', options, async (pool) => {
          for (let input = 0; input < 20; input++) {
            const value = (await pool.run('itself', input)) as { round: number; text: string } | number;
            if (typeof value === 'object') expect(value.text).toBe(String(value.round).repeat(50_000));
            else expect(value).toBe(input);
          }
          const { hits, failures } = pool.cache?.stats().store ?? {};
          expect(hits).toBeGreaterThan(0);
          expect(failures).toBe(0);
          pool.cache?.set('itself', 'last', rounds);
        });
        await withPool('reads-bytes.mjs', options, async (pool) => {
          expect(await pool.run('itself', 'last')).toBe(rounds);
          pool.cache?.delete('itself', 'last');
        });
      }
    });
  });
});
