import { getHeapStatistics } from 'node:v8';
import type { MemoryLevel, Pool } from '@millpond/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withPool, WORKER_KINDS } from './pools.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

interface LevelChange {
  from: MemoryLevel;
  to: MemoryLevel;
  usedBytes: number;
  limitBytes: number;
}

// Memory that this program itself holds: it counts, and no worker can be blamed for it. Given back by hand, not by a
// collector.
// @ts-expect-error -- TypeScript's library knows no resizable buffers yet.
const held: ArrayBuffer & { resize(bytes: number): void } = new ArrayBuffer(0, { maxByteLength: GIB });

function hold(bytes: number): void {
  const before = held.byteLength;
  held.resize(bytes);
  if (bytes > before) new Uint8Array(held, before).fill(1);
}

/** Brings the memory in use to this share of the limit, as the pool reads it. */
async function bringTo(pool: Pool, share: number): Promise<void> {
  for (;;) {
    const { usedBytes = 0, source } = pool.stats().memory ?? {};
    // Where the machine is shorter of memory than this program, the reading is that of the machine.
    const missing = source === 'option' ? share * GIB - usedBytes : 0.1 * GIB;
    if (Math.abs(missing) < 0.01 * GIB) return;
    hold(Math.round(Math.max(0, held.byteLength + missing)));
    // Until it has been read again.
    while (pool.stats().memory?.usedBytes === usedBytes) await pool.run('levels');
  }
}

describe.each(WORKER_KINDS)('with workers of kind %s, memory that becomes short', (kind) => {
  afterEach(() => hold(0));

  it('changes the level on its way up, and five points later on its way down; hooks of workers hear of it', async () => {
    const options = { kind, workers: 1, memory: { limitBytes: GIB }, stdio: 'ignore' } as const;
    await withPool('remembers-pressure.mjs', options, async (pool) => {
      const changes: LevelChange[] = [];
      pool.on('memory:level', (change) => changes.push(change));
      const seen = (): string[] => changes.splice(0).map(({ from, to }) => `${from} → ${to}`);
      await pool.run('levels');
      await bringTo(pool, 0.6);
      expect(pool.stats().memory).toMatchObject({ limitBytes: GIB, source: 'option', level: 'normal' });
      expect([seen(), await pool.run('levels')]).toEqual([[], []]);
      await bringTo(pool, 0.75);
      expect([seen(), await pool.run('levels')]).toEqual([['normal → elevated'], ['elevated']]);
      await bringTo(pool, 0.67);
      expect(seen()).toEqual([]);
      await bringTo(pool, 0.75);
      expect([seen(), await pool.run('levels')]).toEqual([[], ['elevated']]);
      await bringTo(pool, 0.6);
      expect([seen(), await pool.run('levels')]).toEqual([['elevated → normal'], ['elevated']]);
      await bringTo(pool, 0.85);
      await bringTo(pool, 0.92);
      const steps = seen();
      expect([steps[0], steps.at(-1)]).toEqual(['normal → high', 'high → critical']);
      // A thread has no memory apart from that of its process, so that it is replaced for what others hold.
      if (kind === 'process') {
        // The hook has failed for the last one, which is not the worker's end.
        expect(await pool.run('levels')).toEqual(['elevated', 'high', 'critical']);
        expect(pool.stats().workerList).toMatchObject([{ id: 1 }]);
      }
      await bringTo(pool, 0.5);
      expect(seen()).toEqual(['critical → normal']);
    });
  });

  it('costs the result cache the half that was used least recently', async () => {
    const options = { kind, workers: 1, memory: { limitBytes: GIB }, tasks: { square: { cache: true } } } as const;
    await withPool('remembers-pressure.mjs', options, async (pool) => {
      for (let n = 0; n < 40; n++) await pool.run('square', n);
      expect(pool.stats().cache?.entries).toBe(40);
      await bringTo(pool, 0.75);
      expect(pool.stats().cache).toMatchObject({ entries: 20, hits: 0 });
      await pool.run('square', 39);
      await pool.run('square', 0);
      expect(pool.stats().cache).toMatchObject({ entries: 21, hits: 1 });
    });
  });

  it('leaves one worker, which does all there is to do; the others come back when it is over', async () => {
    const options = { kind, workers: { min: 2, max: 4 }, memory: { limitBytes: GIB }, stdio: 'ignore' } as const;
    await withPool('remembers-pressure.mjs', options, async (pool) => {
      await pool.ready();
      const reasons: string[] = [];
      pool.on('resized', ({ to, reason }) => reasons.push(`${to}: ${reason}`));
      await bringTo(pool, 0.92);
      while (pool.stats().workers.wanted > 1) await pool.run('levels');
      expect(reasons.at(-1)).toBe('1: memory is short');
      const results = Array.from({ length: 200 }, (_, n) => pool.run('square', n));
      expect(await Promise.all(results)).toEqual(Array.from({ length: 200 }, (_, n) => n * n));
      expect(pool.stats().workers.wanted).toBe(1);
      // What workers have beside is not the same in every version of Node.
      expect(['critical', 'emergency']).toContain(pool.stats().memory?.level);
      await bringTo(pool, 0.5);
      while (pool.stats().workers.wanted < 2) await pool.run('levels');
      expect(reasons.at(-1)).toMatch(/^2: ./);
    });
  });
});

describe('workers that leak outside their heap', () => {
  it('are replaced before they use up the limit, and every task is done', async () => {
    const options = { kind: 'process', workers: 2, memory: { limitBytes: 640 * MIB } } as const;
    await withPool('remembers-pressure.mjs', options, async (pool) => {
      const recycled: string[] = [];
      let unexpected = 0;
      pool.on('worker:recycled', ({ reason }) => recycled.push(reason));
      pool.on('worker:exited', ({ expected }) => void (unexpected += expected ? 0 : 1));
      const inputs = Array.from({ length: 150 }, () => 5 * MIB);
      let done = 0;
      for await (const _bytes of pool.map('leak', inputs)) done++;
      expect(done).toBe(150);
      expect(pool.stats().tasks).toMatchObject({ completed: 150, failed: 0, crashed: 0 });
      expect(recycled).toContain('memory is short, and it has grown most');
      expect(unexpected).toBe(0);
    });
  });
});

describe('the heap of a worker process', () => {
  const before = process.env['NODE_OPTIONS'];
  beforeEach(() => void delete process.env['NODE_OPTIONS']);
  afterEach(() => {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  });

  /** Flags and limit of a worker. */
  async function heapOf(options: object): Promise<{ flags: string[]; limitMib: number }> {
    let seen = { flags: [] as string[], limitMib: 0 };
    await withPool('tells-environment.mjs', { kind: 'process', workers: 1, ...options }, async (pool) => {
      const { execArgv } = (await pool.run('invocation')) as { execArgv: string[] };
      seen = { flags: execArgv, limitMib: ((await pool.run('heapLimitBytes')) as number) / MIB };
    });
    return seen;
  }

  /** V8 adds the young generation: 48 to 192 MiB by the version of Node. */
  function expectLimit(limitMib: number, oldSpaceMib: number): void {
    expect(limitMib - oldSpaceMib).toBeGreaterThanOrEqual(48);
    expect(limitMib - oldSpaceMib).toBeLessThanOrEqual(192);
  }

  it('is limited to memory.perWorkerBytes', async () => {
    const { flags, limitMib } = await heapOf({ memory: { perWorkerBytes: 256 * MIB } });
    expect(flags).toContain('--max-old-space-size=256');
    expectLimit(limitMib, 256);
  });

  it('is a part of three quarters of the limit, where none is given', async () => {
    const { flags } = await heapOf({ memory: { limitBytes: GIB }, workers: 2 });
    expect(flags).toContain('--max-old-space-size=384');
    const roomy = await heapOf({ memory: { limitBytes: 2 ** 43 } });
    expect(roomy.limitMib).toBeLessThanOrEqual(getHeapStatistics().heap_size_limit / MIB);
  });

  it('is what execArgv says, where that speaks of it', async () => {
    const memory = { perWorkerBytes: 256 * MIB };
    const given = await heapOf({ memory, execArgv: ['--max-old-space-size=96'] });
    expect(given.flags.filter((flag) => flag.includes('old-space'))).toEqual(['--max-old-space-size=96']);
    expectLimit(given.limitMib, 96);
    const silent = await heapOf({ memory, execArgv: ['--no-warnings'] });
    expect(silent.flags.slice(-2)).toEqual(['--max-old-space-size=256', '--no-warnings']);
  });

  it('is what NODE_OPTIONS says, of this program or of the option env', async () => {
    const memory = { perWorkerBytes: 256 * MIB };
    process.env['NODE_OPTIONS'] = '--max-old-space-size=96';
    const inherited = await heapOf({ memory });
    expect(inherited.flags.join()).not.toContain('max-old-space-size');
    expectLimit(inherited.limitMib, 96);
    const own = await heapOf({ memory, env: { NODE_OPTIONS: '--max_old_space_size=112' } });
    expect(own.flags.join()).not.toContain('max-old-space-size');
    expectLimit(own.limitMib, 112);
    // It is not passed on, so it does not speak of this worker.
    expect((await heapOf({ memory, env: 'clean' })).flags).toContain('--max-old-space-size=256');
  });
});

describe('the heap of a worker thread', () => {
  async function limitOf(options: object): Promise<unknown> {
    let limit: unknown;
    await withPool('tells-environment.mjs', { kind: 'thread', workers: 1, ...options }, async (pool) => {
      ({ maxOldGenerationSizeMb: limit } = (await pool.run('limits')) as { maxOldGenerationSizeMb: number });
    });
    return limit;
  }

  it('is limited to memory.perWorkerBytes, unless resourceLimits says otherwise', async () => {
    const memory = { perWorkerBytes: 256 * MIB };
    expect(await limitOf({ memory })).toBe(256);
    expect(await limitOf({ memory, resourceLimits: { maxOldGenerationSizeMb: 96 } })).toBe(96);
    expect(await limitOf({ memory, resourceLimits: { stackSizeMb: 2 } })).toBe(256);
  });

  it('is a part of three quarters of the limit, where none is given', async () => {
    expect(await limitOf({ memory: { limitBytes: GIB }, workers: 2 })).toBe(384);
  });
});

describe('a pool in this process itself', () => {
  it('goes on with its one worker, however short memory is and whatever is said of recycling', async () => {
    const options = { kind: 'inline', memory: { limitBytes: MIB }, recycle: { afterTasks: 1 } } as const;
    await withPool('remembers-pressure.mjs', options, async (pool) => {
      const gone: unknown[] = [];
      pool.on('worker:recycled', (event) => gone.push(event));
      pool.on('worker:exited', (event) => gone.push(event));
      for (let n = 0; n < 20; n++) expect(await pool.run('square', n)).toBe(n * n);
      expect(gone).toEqual([]);
    });
  });
});
