import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type PoolOptions } from '@millpond/core';
import { Profiler, type ReportData } from '@millpond/profiler';
import { describe, expect, it } from 'vitest';

const MODULE = new URL('./fixtures/shared-things.mjs', import.meta.url);

/** The report of tasks that ask a server. */
async function reportOf(options: PoolOptions, count: number, url: string): Promise<ReportData> {
  await using pool = new Pool(MODULE, { workers: 2, ...options });
  await pool.ready();
  const profiler = new Profiler({ level: 'trace' }).attach(pool);
  await Promise.all(Array.from({ length: count }, () => pool.run('asks', url)));
  return (await profiler.stop()).data;
}

/** A server that answers after a time, to one request after another or to all at once. */
async function withServer<T>(ms: number, isSerial: boolean, use: (url: string) => Promise<T>): Promise<T> {
  let turn = Promise.resolve();
  const server = createServer((_, response) => {
    const before = isSerial ? turn : Promise.resolve();
    turn = before.then(() => sleep(ms)).then(() => void response.end('ok'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

describe.each(['process', 'thread'] as const)('of a pool of kind %s', (kind) => {
  it.each([1, 4])(
    'a server that serves one at a time is named, and no option is advised: concurrency %d',
    async (concurrency) => {
      const { verdict, findings } = await withServer(10, true, (url) => reportOf({ kind, concurrency }, 200, url));
      expect(verdict).toMatchObject({ kind: 'bottleneck', id: 'R26' });
      expect(verdict.step).toMatch(/^No option of the pool helps/);
      expect(findings.filter(({ kind: of }) => of === 'cause')).toEqual([]);
    },
  );

  it('a server that serves all at once gets more at a time', async () => {
    const { verdict, findings } = await withServer(20, false, (url) => reportOf({ kind, concurrency: 1 }, 150, url));
    expect(verdict.id).toBe('R15');
    expect(findings[0]!.saving!.share).toBeGreaterThan(0.7);
  });
});
