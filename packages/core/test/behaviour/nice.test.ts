import { getPriority } from 'node:os';
import { Pool, type PoolKind } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { fixture, withPool, WORKER_KINDS } from './pools.js';

const IS_LINUX = process.platform === 'linux';

describe.each(WORKER_KINDS.filter((kind) => kind === 'process' || IS_LINUX))('the option nice of kind %s', (kind) => {
  it('lowers the priority of workers, and not that of the program', async () => {
    const before = getPriority();
    await withPool('tells-priority.mjs', { kind, workers: 1, nice: 5 }, async (pool) => {
      expect(await pool.run('own')).toBe(Math.min(19, before + 5));
      expect(getPriority()).toBe(before);
    });
  });

  it('leaves the priority as it is by default', async () => {
    await withPool('tells-priority.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('own')).toBe(getPriority());
    });
  });
});

describe.runIf(IS_LINUX)('the option nice of a process', () => {
  it('reaches all of its threads', async () => {
    await withPool('tells-priority.mjs', { kind: 'process', workers: 1, nice: 7 }, async (pool) => {
      expect(await pool.run('ofThreads')).toEqual([Math.min(19, getPriority() + 7)]);
    });
  });
});

describe('the option nice', () => {
  it.each<[PoolKind, number]>([
    ['inline', 1],
    ['process', -1],
    ['process', 20],
    ['process', 1.5],
  ])('of kind %s is refused when it is %d', (kind, nice) => {
    expect(() => new Pool(fixture('echo.mjs'), { kind, nice })).toThrow(/^Option "nice" /);
  });
});
