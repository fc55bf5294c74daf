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

/** A server that serves `slots` requests at a time, each for a time of its own. */
async function withServer<T>(slots: number, msOf: () => number, use: (url: string) => Promise<T>): Promise<T> {
  const waiting: (() => void)[] = [];
  let free = slots;
  const serve = () => {
    for (; free > 0 && waiting.length > 0; free--) waiting.shift()!();
  };
  const server = createServer((_, response) => {
    waiting.push(() => {
      void sleep(msOf()).then(() => {
        response.end('ok');
        free++;
        serve();
      });
    });
    serve();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Exponential times, which vary as much as their mean. */
const random = (ms: number) => () => -Math.log(1 - Math.random()) * ms;

describe.each(['process', 'thread'] as const)('of a pool of kind %s', (kind) => {
  it.each<[what: string, slots: number, msOf: () => number, concurrency: number, title: string]>([
    ['one at a time, two places', 1, () => 10, 1, 'ONE TASK AT A TIME'],
    ['one at a time, eight places', 1, () => 10, 4, 'ONE TASK AT A TIME'],
    ['one at a time, for random times', 1, random(8), 4, 'ONE TASK AT A TIME'],
    ['two at a time', 2, () => 10, 4, '2 TASKS AT A TIME'],
  ])('a server that serves %s is named, and no option is advised', async (_, slots, msOf, concurrency, title) => {
    const { verdict, findings } = await withServer(slots, msOf, (url) => reportOf({ kind, concurrency }, 200, url));
    expect(verdict).toMatchObject({ kind: 'bottleneck', id: 'R26' });
    expect(verdict.sentence).toContain(title);
    expect(verdict.step).toMatch(/^No option of the pool helps/);
    expect(findings.filter(({ kind: of }) => of === 'cause')).toEqual([]);
  });

  it.each<[what: string, msOf: () => number]>([
    ['for a fixed time', () => 20],
    ['for random times', random(20)],
  ])('a server that serves all at once, %s, gets more at a time', async (_, msOf) => {
    const { verdict, findings } = await withServer(Infinity, msOf, (url) =>
      reportOf({ kind, concurrency: 1 }, 400, url),
    );
    expect(verdict.id).toBe('R15');
    expect(findings[0]!.saving!.share).toBeGreaterThan(0.6);
  });
});
