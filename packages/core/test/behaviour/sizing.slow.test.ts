import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { Pool } from '@millpond/core';
import { afterEach, describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { fixture, KINDS, withPool, WORKER_KINDS } from './pools.js';
import { runProgram } from './programs.js';

// As Node counts them; where a control group gives less, the pool keeps to that.
const CORES = availableParallelism();
/** A dozen looks of the pool. */
const A_WHILE_MS = 3000;

/** Keeps this number of tasks submitted at any time, until the condition holds. */
async function keepBusy(pool: Pool, name: string, input: number, atOnce: number, until: () => boolean): Promise<void> {
  const submit = async (): Promise<void> => {
    while (!until()) await pool.run(name, input);
  };
  await Promise.all(Array.from({ length: atOnce }, submit));
}

/** A question that becomes true once A_WHILE_MS have passed. */
function aWhile(): () => boolean {
  const endMs = performance.now() + A_WHILE_MS;
  return () => performance.now() > endMs;
}

/** What is known of tasks by their names. */
function detected(pool: Pool): unknown {
  return Object.fromEntries(Object.entries(pool.stats().byTask).map(([name, { detected: kind }]) => [name, kind]));
}

/** Every change of the number of workers. */
function watchSize(pool: Pool) {
  const changes: { from: number; to: number; reason: string }[] = [];
  pool.on('resized', (change) => changes.push(change));
  return changes;
}

describe.each(KINDS)('tasks of a pool of kind %s', (kind) => {
  it('get a kind by their name, from what they do to the workers that all of them share', async () => {
    const options = { kind, concurrency: 8, ...(kind === 'inline' ? {} : { workers: 1 }) } as const;
    await withPool('uses-time.mjs', options, async (pool) => {
      expect(detected(pool)).toEqual({});
      const expected = { compute: 'computing', block: 'blocking', nap: 'waiting' };
      const until = (): boolean => isDeepStrictEqual(detected(pool), expected);
      await Promise.all([
        keepBusy(pool, 'compute', 300, 1, until),
        keepBusy(pool, 'block', 100, 1, until),
        keepBusy(pool, 'nap', 2000, 4, until),
      ]);
    });
  });
});

describe.each(WORKER_KINDS)('a pool of kind %s that chooses its size itself', (kind) => {
  it('runs more tasks in each worker where they wait, and comes to rest with that', async () => {
    await withPool('uses-time.mjs', { kind, workers: { max: 4 } }, async (pool) => {
      const changes = watchSize(pool);
      await keepBusy(pool, 'nap', 20, 200, () => pool.stats().sizing.concurrency > 8);
      expect(pool.stats().sizing.detected).toBe('waiting');
      let settled = { concurrency: 0, sinceMs: 0 };
      await keepBusy(pool, 'nap', 20, 200, () => {
        const { concurrency } = pool.stats().sizing;
        const nowMs = performance.now();
        if (concurrency !== settled.concurrency) settled = { concurrency, sinceMs: nowMs };
        return nowMs - settled.sinceMs > A_WHILE_MS;
      });
      const { sizing, tasks } = pool.stats();
      expect(sizing.concurrency).toBeGreaterThan(8);
      expect(sizing.reason).not.toBe('');
      expect(tasks).toMatchObject({ failed: 0, crashed: 0, retried: 0 });
      expect(changes.every(({ from, to, reason }) => from !== to && reason !== '')).toBe(true);
    });
  });

  it('does not disturb a task that runs while more come beside it', async () => {
    await withGate((gate) =>
      withPool('uses-time.mjs', { kind, workers: { max: 2 } }, async (pool) => {
        const long = pool.run('waitAtGate', { port: gate.port, name: 'long' });
        await gate.whenArrived('long');
        await keepBusy(pool, 'nap', 20, 100, () => pool.stats().sizing.concurrency > 8);
        gate.pass('long', 'undisturbed');
        expect(await long).toBe('undisturbed');
        expect(gate.arrived).toEqual(['long']);
      }),
    );
  });

  it('has more workers than there are cores where tasks block them', async () => {
    await withPool('uses-time.mjs', { kind, workers: { max: 2 * CORES } }, async (pool) => {
      const changes = watchSize(pool);
      await keepBusy(pool, 'block', 20, 16 * CORES, () => pool.stats().sizing.workers > CORES);
      expect(pool.stats().sizing).toMatchObject({ detected: 'blocking', concurrency: 1 });
      expect(changes.every(({ reason }) => reason !== '')).toBe(true);
    });
  });

  it('has no more workers than there are cores, and one task in each, where tasks compute', async () => {
    await withPool('uses-time.mjs', { kind, workers: 'auto' }, async (pool) => {
      const changes = watchSize(pool);
      const isOver = aWhile();
      let mostAtOnce = 0;
      await keepBusy(pool, 'compute', 20, 8 * CORES, () => {
        mostAtOnce = Math.max(mostAtOnce, pool.stats().sizing.concurrency);
        return isOver() && pool.stats().sizing.detected === 'computing';
      });
      expect(pool.stats().sizing).toMatchObject({ detected: 'computing', concurrency: 1 });
      expect(mostAtOnce).toBe(1);
      for (const { to } of changes) expect(to).toBeLessThanOrEqual(CORES + 1);
      expect(changes.every(({ reason }) => reason !== '')).toBe(true);
    });
  });

  it('comes to rest when its work is done, without a timer', async () => {
    // Workers too many go after ten seconds: seen with one kind only.
    const [workers, left] = kind === 'process' ? ['{"min":1,"max":2}', 1] : ['2', 2];
    expect(await runProgram('comes-to-rest.mjs', [kind, workers])).toEqual({
      code: 0,
      signal: null,
      stdout: `pending: 0\nat rest with ${left} workers, 0 timers\n`,
      stderr: '',
    });
  });
});

describe('two pools in one program that compute at the same time', () => {
  it('share the cores', async () => {
    const options = { kind: 'process', workers: 'auto' } as const;
    await withPool('uses-time.mjs', options, async (first) => {
      const second = new Pool(fixture('uses-time.mjs'), options);
      try {
        const wanted = (): number => first.stats().sizing.workers + second.stats().sizing.workers;
        const hasShared = (): boolean => wanted() <= CORES + 1 && first.stats().sizing.detected === 'computing';
        // Until they have seen each other work.
        const isOver = aWhile();
        const isDone = (): boolean => isOver() && hasShared();
        await Promise.all([first, second].map((pool) => keepBusy(pool, 'compute', 20, 8 * CORES, isDone)));
        expect([first, second].map((pool) => pool.stats().sizing.concurrency)).toEqual([1, 1]);
      } finally {
        await second.close();
      }
    });
  });
});

describe('the number of workers that the environment gives', () => {
  afterEach(() => void delete process.env['MILLPOND_WORKERS']);

  it('is kept where the pool would choose itself', async () => {
    process.env['MILLPOND_WORKERS'] = '3';
    await withPool('uses-time.mjs', { kind: 'thread', workers: 'auto' }, async (pool) => {
      await Promise.all(Array.from({ length: 50 }, () => pool.run('nap', 1)));
      expect(pool.stats().sizing).toMatchObject({ workers: 3, min: 3, max: 3, reason: 'MILLPOND_WORKERS=3' });
    });
  });

  it('does not touch a number given in the options', async () => {
    process.env['MILLPOND_WORKERS'] = '3';
    await withPool('uses-time.mjs', { kind: 'thread', workers: 2 }, async (pool) => {
      await pool.ready();
      expect(pool.stats().sizing).toMatchObject({ workers: 2, min: 2, max: 2, concurrency: 1 });
    });
    await withPool('uses-time.mjs', { kind: 'thread', workers: { min: 1, max: 2 } }, async (pool) => {
      await pool.ready();
      expect(pool.stats().sizing).toMatchObject({ min: 1, max: 2 });
    });
  });

  it.each(['many', '0', '1.5', '-1'])('is refused when it is %s', (text) => {
    process.env['MILLPOND_WORKERS'] = text;
    const open = (): unknown => new Pool(fixture('uses-time.mjs'), { workers: 'auto' });
    expect(open).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
    expect(open).toThrow(`"${text}"`);
  });
});

describe('a number of workers given in the options', () => {
  it('is kept, whatever tasks do', async () => {
    await withPool('uses-time.mjs', { kind: 'thread', workers: 2 }, async (pool) => {
      const changes = watchSize(pool);
      await keepBusy(pool, 'block', 5, 32, aWhile());
      expect(pool.stats().sizing).toMatchObject({ workers: 2, concurrency: 1 });
      expect(changes).toEqual([]);
    });
  });
});
