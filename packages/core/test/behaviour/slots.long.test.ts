import { fileURLToPath } from 'node:url';
import { isPoolError, type Pool, type PoolOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, fixture, nextEvent, whenever, withPool, WORKER_KINDS } from './pools.js';

const FIXTURE = 'tells-context.mjs';

interface Told {
  slot: number;
  slotAtSetup: number;
  workerId: number;
}

/** The workers with their slots, in the order of the slots. */
async function slotsOf(pool: Pool): Promise<Told[]> {
  const told = (await pool.broadcast('slot')) as Told[];
  return told.sort((a, b) => a.slot - b.slot);
}

interface Surroundings {
  env: Record<string, string | undefined>;
  argv: string[];
  title: string;
  flags: string[];
}

/** What each worker sees, in the order of the slots. */
async function surroundings(pool: Pool, ...names: string[]): Promise<Surroundings[]> {
  const told = (await pool.broadcast('surroundings', names)) as Surroundings[];
  return told.sort((a, b) => String(a.env['SLOT']).localeCompare(String(b.env['SLOT'])));
}

const whenAllReady = (pool: Pool, count: number): Promise<void> =>
  whenever(pool, () => pool.stats().workerList.filter(({ state }) => state === 'idle').length === count);

describe.each(WORKER_KINDS)('slots of workers, kind %s,', (kind) => {
  it('are the numbers from 1 on; a replacement inherits that of the worker that died', async () => {
    await withPool(FIXTURE, { kind, workers: 3 }, async (pool) => {
      await pool.ready();
      const before = await slotsOf(pool);
      expect(before.map(({ slot, slotAtSetup }) => [slot, slotAtSetup])).toEqual([1, 2, 3].map((slot) => [slot, slot]));
      expect(pool.stats().workerList.map(({ slot }) => slot)).toEqual([1, 2, 3]);
      const ready = nextEvent<{ workerId: number; slot: number }>(pool, 'worker:ready');
      const gone = nextEvent<{ workerId: number }>(pool, 'worker:exited');
      await failure(pool.run('die'));
      const { workerId: dead } = await gone;
      const { slot } = await ready;
      expect(slot).toBe(before.find(({ workerId }) => workerId === dead)?.slot);
      await whenAllReady(pool, 3);
      const after = await slotsOf(pool);
      expect(after.map((each) => each.slot)).toEqual([1, 2, 3]);
      expect(after.map(({ workerId }) => workerId)).not.toContain(dead);
    });
  });

  it('stay when workers are recycled, each with a new id', async () => {
    await withPool(FIXTURE, { kind, workers: 2 }, async (pool) => {
      await pool.ready();
      const before = await slotsOf(pool);
      await pool.recycle();
      const after = await slotsOf(pool);
      expect(after.map(({ slot }) => slot)).toEqual([1, 2]);
      const ids = new Set([...before, ...after].map(({ workerId }) => workerId));
      expect(ids.size).toBe(4);
    });
  });

  it('are used again after a resize: the lowest free one first', async () => {
    await withPool(FIXTURE, { kind, workers: 4 }, async (pool) => {
      await whenAllReady(pool, 4);
      pool.resize(2);
      await whenever(pool, () => pool.stats().workerList.length === 2);
      // Those beyond the new range went first.
      expect((await slotsOf(pool)).map(({ slot }) => slot)).toEqual([1, 2]);
      pool.resize(4);
      await whenAllReady(pool, 4);
      expect((await slotsOf(pool)).map(({ slot }) => slot)).toEqual([1, 2, 3, 4]);
    });
  });

  it('of spares follow those of the others', async () => {
    await withPool(FIXTURE, { kind, workers: { min: 1, max: 1, spare: 2 } }, async (pool) => {
      await whenAllReady(pool, 3);
      expect(pool.stats().workerList.map(({ slot }) => slot)).toEqual([1, 2, 3]);
    });
  });

  it('have variables and arguments of their own, beside those of the pool', async () => {
    const perSlot = (slot: number) => ({ env: { SLOT: String(slot), GONE: undefined }, argv: [`--slot=${slot}`] });
    const options: PoolOptions = { kind, workers: 2, env: { A: '1', GONE: 'x' }, argv: ['--all'], perSlot };
    await withPool(FIXTURE, options, async (pool) => {
      await pool.ready();
      const told = await surroundings(pool, 'A', 'SLOT', 'GONE');
      expect(told.map(({ env }) => env)).toEqual([1, 2].map((slot) => ({ A: '1', SLOT: String(slot) })));
      expect(told.map(({ argv }) => argv)).toEqual([1, 2].map((slot) => ['--all', `--slot=${slot}`]));
    });
  });

  it('have them beside the inherited variables, too', async () => {
    const perSlot = (slot: number) => ({ env: { SLOT: String(slot) } });
    await withPool(FIXTURE, { kind, workers: 2, perSlot }, async (pool) => {
      await pool.ready();
      const told = await surroundings(pool, 'SLOT', 'PATH');
      expect(told.map(({ env }) => env)).toEqual(['1', '2'].map((SLOT) => ({ SLOT, PATH: process.env['PATH'] })));
    });
  });

  it('that cannot be started keep no worker from the others', async () => {
    let isBroken = true;
    const perSlot = (slot: number) => {
      if (slot === 2 && isBroken) throw new Error('no such device');
      return {};
    };
    await withPool(FIXTURE, { kind, workers: 3, perSlot }, async (pool) => {
      await whenAllReady(pool, 2);
      expect((await slotsOf(pool)).map(({ slot }) => slot)).toEqual([1, 3]);
      isBroken = false;
      await whenAllReady(pool, 3);
      expect((await slotsOf(pool)).map(({ slot }) => slot)).toEqual([1, 2, 3]);
    });
  });

  it('may end the pool while their settings are asked for', async () => {
    let ended: Promise<void> | undefined;
    let asked = 0;
    const ends = { pool: undefined as Pool | undefined };
    const perSlot = () => {
      if (++asked > 1) ended ??= ends.pool?.destroy();
      return {};
    };
    await withPool(FIXTURE, { kind, workers: 1, perSlot }, async (pool) => {
      ends.pool = pool;
      await pool.ready();
      pool.resize(2);
      await ended;
      expect(pool.stats()).toMatchObject({ state: 'closed' });
      await whenever(pool, () => pool.stats().workerList.length === 0);
    });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no such slot');
      },
      /"perSlot" threw for slot 1: no such slot/,
    ],
    ['returns nothing', () => undefined, /"perSlot\(1\)" must be an object; received undefined/],
    ['returns a promise', async () => ({}), /"perSlot\(1\)" must be an object/],
    ['returns an unknown key', () => ({ cwd: '/' }), /"perSlot\(1\)\.cwd" is unknown/],
    ['returns a wrong variable', () => ({ env: { A: 1 } }), /"perSlot\(1\)\.env" must be an object of strings/],
  ])('fail the pool when perSlot %s, with ERR_OPTION as the cause', async (_, perSlot, message) => {
    await withPool(FIXTURE, { kind, workers: 1, perSlot: perSlot as never }, async (pool) => {
      const error = await failure(pool.run('slot'));
      expect(isPoolError(error, 'ERR_POOL_FAILED')).toBe(true);
      expect(isPoolError(error.cause, 'ERR_OPTION')).toBe(true);
      expect((error.cause as Error).message).toMatch(message);
    });
  });
});

describe('flags of a slot', () => {
  it('come after those of all worker processes', async () => {
    const perSlot = (slot: number) => ({ env: { SLOT: String(slot) }, execArgv: [`--stack-trace-limit=${slot}`] });
    const options: PoolOptions = { kind: 'process', workers: 2, execArgv: ['--no-warnings'], perSlot };
    await withPool(FIXTURE, options, async (pool) => {
      await pool.ready();
      const told = await surroundings(pool, 'SLOT');
      expect(told.map(({ flags }) => flags.slice(-2))).toEqual([
        ['--no-warnings', '--stack-trace-limit=1'],
        ['--no-warnings', '--stack-trace-limit=2'],
      ]);
    });
  });

  it('are refused for threads, which share those of the program', async () => {
    await withPool(FIXTURE, { kind: 'thread', workers: 1, perSlot: () => ({ execArgv: [] }) }, async (pool) => {
      const error = await failure(pool.run('slot'));
      expect((error.cause as Error).message).toMatch(/"perSlot\(1\)\.execArgv" works only with kind "process"/);
    });
  });
});

describe('the title of a worker process', () => {
  const titleOf = async (options: PoolOptions, module = FIXTURE): Promise<string> => {
    let title = '';
    await withPool(module, { kind: 'process', workers: 1, name: 'thumbs', ...options }, async (pool) => {
      ({ title } = (await pool.run('surroundings', [])) as Surroundings);
    });
    return title;
  };

  it('names the pool and the slot', async () => {
    expect(await titleOf({})).toBe('millpond thumbs#1');
  });

  it('stays as the flag --title, preloaded code or the worker module has set it', async () => {
    expect(await titleOf({ execArgv: ['--title=mine'] })).toBe('mine');
    const preload = fileURLToPath(fixture('sets-title.cjs'));
    expect(await titleOf({ execArgv: ['--require', preload] })).toBe('preloaded');
    expect(await titleOf({}, 'titled.mjs')).toBe('of the module');
  });

  it('of this program is untouched by threads and inline workers', async () => {
    const before = process.title;
    await withPool(FIXTURE, { kind: 'inline' }, (pool) => pool.run('slot') as Promise<never>);
    await withPool(FIXTURE, { kind: 'thread', workers: 1 }, (pool) => pool.run('slot') as Promise<never>);
    expect(process.title).toBe(before);
  });
});
