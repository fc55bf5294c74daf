import { describe, expect, it } from 'vitest';
import { poolOptionsFor } from '../src/workload/pool-options.js';
import { bytesOf, SIZE_PATTERN } from '../src/workload/size.js';

describe('the options of the pool for a workload', () => {
  it('are what the file says, in the words of the pool', () => {
    const section = {
      workers: { min: 1, max: 4, spare: 1 },
      concurrency: { max: 50 },
      queueTimeoutMs: 1000,
      warmup: { tasks: [{ name: 'render', input: { page: 1 }, times: 3 }] },
      recycle: { afterTasks: 1000, afterMs: 60_000, aboveRssBytes: '256 MiB', onLeak: true, jitter: 0.2 },
      memory: { limitBytes: '2GiB', perWorkerBytes: 400_000_000 },
    };
    expect(poolOptionsFor('x', section)).toEqual({
      name: 'x',
      stdio: 'stderr',
      workers: { min: 1, max: 4, spare: 1 },
      concurrency: { max: 50 },
      queue: { timeoutMs: 1000 },
      warmup: { tasks: [{ name: 'render', input: { page: 1 }, times: 3 }] },
      recycle: { afterTasks: 1000, afterMs: 60_000, aboveRssBytes: 256 * 2 ** 20, onLeak: true, jitter: 0.2 },
      memory: { limitBytes: 2 * 2 ** 30, perWorkerBytes: 400_000_000 },
    });
  });

  it('leave a limit of memory to the system where the file does', () => {
    expect(poolOptionsFor('x', { memory: { limitBytes: 'auto' } })).toMatchObject({ memory: { limitBytes: 'auto' } });
  });

  it('have the number of workers of the command line, with nothing of the file beside it', () => {
    expect(poolOptionsFor('x', { workers: { min: 1, spare: 1 } }, { workers: 3 })).toMatchObject({ workers: 3 });
  });
});

describe('a size', () => {
  it.each([
    [1, 1],
    ['1 B', 1],
    ['10 kB', 10_000],
    ['1.5 GB', 1_500_000_000],
    ['64KiB', 65_536],
    ['512 MiB', 536_870_912],
    ['2GiB', 2_147_483_648],
    ['0.5 TiB', 549_755_813_888],
  ])('of %j is %d bytes', (size, bytes) => {
    expect(bytesOf(size)).toBe(bytes);
  });

  it.each(['', '512', 'MiB', '1 mib', '-1 MiB', '1  MiB', '1 MiB ', '.5 GiB', '1,5 GiB', '1e3 MiB'])(
    'is not written as %j',
    (text) => {
      expect(text).not.toMatch(SIZE_PATTERN);
    },
  );
});
