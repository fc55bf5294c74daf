import { Pool, type PoolOptions } from '@millpond/core';
import { Profiler } from '@millpond/profiler';
import { describe, expect, it } from 'vitest';

const MODULE = new URL('./fixtures/any-work.mjs', import.meta.url);

describe.each(['process', 'thread'] as const)('a circuit breaker in a %s', (kind) => {
  const makePool = (dryRun: boolean, fallback?: () => unknown) => {
    const options: PoolOptions = {
      ...{ kind, workers: 1 },
      tasks: { fails: { breaker: { consecutive: 1, openMs: 60_000, dryRun, ...(fallback && { fallback }) } } },
    };
    return new Pool(MODULE, options);
  };
  /** The third of them fails, and opens the breaker. */
  const callThree = async (pool: Pool) => {
    for (let i = 0; i < 3; i++) await pool.run('fails', i).catch(() => {});
  };
  const callTen = (pool: Pool) => Promise.allSettled(Array.from({ length: 10 }, () => pool.run('fails', 0)));

  it('refuses calls, and the report says how many, for how long and why', async () => {
    await using pool = makePool(false);
    const profiler = new Profiler({ level: 'trace' }).attach(pool);
    await callThree(pool);
    await callTen(pool);
    const report = await profiler.stop();
    const { breaker, tries } = report.data.pools[0]!.byTask[0]!;
    expect(breaker).toMatchObject({ opened: 1, refused: 10, reason: expect.stringMatching(/\w/) });
    expect(breaker!.openMs).toBeGreaterThan(0);
    expect(breaker!.openMs).toBeLessThanOrEqual(report.data.pools[0]!.wallMs);
    expect(tries).toBe(3);
    expect(report.data.verdict).toMatchObject({ kind: 'risk', id: 'R36' });
    expect(report.data.verdict.sentence).toMatch(/refused 77 % of 13 calls/);
    expect(report.data.verdict.step).toMatch(/E_THIRD.*tasks\.fails\.breaker\.fallback/);
    expect(report.toText()).toMatch(/opened once, for .*, and refused 10 calls/);
  });

  it('is seen though the profiler came when it was open, and no call was tried', async () => {
    await using pool = makePool(false);
    await callThree(pool);
    const profiler = new Profiler().attach(pool);
    await callTen(pool);
    const { verdict, pools } = (await profiler.stop()).data;
    expect(pools[0]!.byTask[0]).toMatchObject({ task: 'fails', tries: 0, breaker: { refused: 10 } });
    expect(verdict).toMatchObject({ kind: 'risk', id: 'R36' });
  });

  it('has a fallback that answered, which the step does not ask for again', async () => {
    await using pool = makePool(false, () => 'kept');
    const profiler = new Profiler().attach(pool);
    await callThree(pool);
    expect(await pool.run('fails', 0)).toBe('kept');
    await callTen(pool);
    const { verdict } = (await profiler.stop()).data;
    expect(verdict.sentence).toMatch(/refused 79 % of 14 calls.*Its fallback answered them\./);
    expect(verdict.step).toContain('E_THIRD');
    expect(verdict.step).not.toContain('fallback');
  });

  it('refuses nothing in a dry run', async () => {
    await using pool = makePool(true);
    const profiler = new Profiler().attach(pool);
    await callThree(pool);
    await callTen(pool);
    const { pools } = (await profiler.stop()).data;
    expect(pools[0]!.byTask[0]).toMatchObject({ tries: 13, breaker: null });
  });
});

it('the text counts calls that a limit refuses apart from those that a worker got', async () => {
  const rateLimit = { calls: 2, perMs: 60_000, when: 'reject' as const };
  await using pool = new Pool(MODULE, { kind: 'thread', workers: 1, tasks: { waits: { rateLimit } } });
  const profiler = new Profiler().attach(pool);
  await Promise.allSettled(Array.from({ length: 5 }, () => pool.run('waits', 1)));
  expect((await profiler.stop()).toText()).toMatch(
    /apart: 3 that did not come back \(0 ok, 3 failed\), 3 of them before any worker got them: 3\s+ERR_RATE_LIMITED/,
  );
});

it.each(['process', 'thread'] as const)(
  'a call that finds the queue of a pool of kind %s full is counted',
  async (kind) => {
    await using pool = new Pool(MODULE, { kind, workers: 1, queue: { max: 2 } });
    await pool.ready();
    const profiler = new Profiler().attach(pool);
    const ends = await Promise.allSettled(Array.from({ length: 30 }, () => pool.run('waits', 1)));
    const refused = ends.filter(({ status }) => status === 'rejected').length;
    const report = await profiler.stop();
    expect(refused).toBeGreaterThan(0);
    expect(report.data.pools[0]!.asked.queue).toMatchObject({ max: 2, refused });
    expect(report.toText()).toContain(`${refused} calls refused, as it was full`);
  },
);
