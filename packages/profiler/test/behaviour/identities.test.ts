import { Pool } from '@millpond/core';
import { type PoolReport, Profiler, type ReportData } from '@millpond/profiler';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const MODULE = new URL('./fixtures/any-work.mjs', import.meta.url);

/** One run at random: how the pool is made, and what it is given. */
const anyRun = fc.record({
  workers: fc.integer({ min: 1, max: 3 }),
  concurrency: fc.constantFrom(1, 1, 3),
  prefetch: fc.constantFrom<'auto' | 0 | 2>('auto', 0, 2),
  retry: fc.constantFrom(0, 2),
  afterTasks: fc.constantFrom(undefined, 10),
  steps: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.tuple(fc.constant('waits'), fc.integer({ min: 0, max: 15 })) },
      { weight: 5, arbitrary: fc.tuple(fc.constant('blocks'), fc.integer({ min: 0, max: 8 })) },
      { weight: 5, arbitrary: fc.tuple(fc.constant('computes'), fc.integer({ min: 0, max: 500_000 })) },
      { weight: 5, arbitrary: fc.tuple(fc.constant('fails'), fc.integer({ min: 0, max: 100 })) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('exits'), fc.constant(0)) },
      // Until everything so far has settled.
      { weight: 1, arbitrary: fc.tuple(fc.constant('pause'), fc.constant(0)) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('recycle'), fc.constant(0)) },
    ),
    { minLength: 20, maxLength: 60 },
  ),
});

async function reportOf(kind: 'process' | 'thread', run: typeof anyRun extends fc.Arbitrary<infer R> ? R : never) {
  const { workers, concurrency, prefetch, retry, afterTasks, steps } = run;
  const recycle = { ...(afterTasks === undefined ? {} : { afterTasks }) };
  const pool = new Pool(MODULE, { kind, workers, concurrency, prefetch, retry, recycle, restart: { max: 100 } });
  const profiler = new Profiler({ level: 'trace' }).attach(pool);
  const open: Promise<unknown>[] = [];
  for (const [step, input] of steps) {
    if (step === 'pause') await Promise.all(open.splice(0));
    else if (step === 'recycle') open.push(pool.recycle('test').catch(() => {}));
    else open.push(pool.run(step, input).catch(() => {}));
  }
  await Promise.all(open);
  const report = await profiler.stop();
  await pool.close();
  return report.data;
}

/** Every number in a report, with its path. */
function* numbersIn(value: unknown, path = ''): Generator<[path: string, value: number]> {
  if (typeof value === 'number') yield [path, value];
  else if (typeof value === 'object' && value !== null)
    for (const [key, each] of Object.entries(value)) yield* numbersIn(each, `${path}.${key}`);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function checkLatency(pool: PoolReport): void {
  for (const task of pool.byTask) {
    const segments = Object.values(task.segments);
    const slack = 1e-6 * Math.max(1, task.latency.totalMs);
    expect(Math.abs(sum(segments.map(({ totalMs }) => totalMs)) - task.latency.totalMs)).toBeLessThan(slack);
    expect(Math.abs(sum(segments.map(({ meanMs }) => meanMs)) - task.latency.meanMs)).toBeLessThan(slack);
    const parts = sum(Object.values(task.execution));
    expect(Math.abs(parts - task.segments.execution.totalMs)).toBeLessThan(slack);
  }
}

function checkCapacity(pool: PoolReport): void {
  const { capacity, workers, foldedWorkers } = pool;
  const allowed = Math.max(1, capacity.wantedMs / 1000);
  expect(Math.abs(sum(Object.values(capacity.totals)) - capacity.wantedMs)).toBeLessThan(allowed);
  expect(capacity.residueMs).toBeLessThan(allowed);
  for (const worker of workers) {
    const own = sum(Object.values(worker.capacity));
    expect(own - worker.capacity.boot).toBeCloseTo(worker.upMs, 3);
    for (const ms of Object.values(worker.capacity)) expect(ms).toBeGreaterThanOrEqual(0);
  }
  expect(sum(workers.map(({ upMs }) => upMs)) + foldedWorkers.upMs).toBeCloseTo(capacity.upMs, 3);
  const busyMs = sum(workers.map((worker) => worker.busyMs)) + foldedWorkers.busyMs;
  expect(sum(Object.values(capacity.executionByEnd))).toBeCloseTo(busyMs, 3);
}

function checkCounts(pool: PoolReport, submitted: number): void {
  const tries = sum(pool.byTask.map((task) => task.tries));
  expect(pool.tries).toBe(tries);
  expect(pool.tasks).toBe(submitted);
  expect(sum(Object.values(pool.outcomes))).toBe(tries);
  expect(sum(pool.curves.arrived)).toBe(submitted);
  expect(sum(pool.curves.settled)).toBe(tries);
  expect(pool.spans?.kept).toBe(tries);
  const cameBack = sum(pool.byTask.map((task) => task.latency.count));
  expect(sum(pool.workers.map((worker) => worker.tasks)) + pool.foldedWorkers.tasks).toBe(cameBack);
}

function checkWhole(data: ReportData): void {
  for (const [path, value] of numbersIn(data)) expect(Number.isFinite(value), path).toBe(true);
  const { ledger } = data.parent;
  const parts =
    ledger.idleMs +
    ledger.encodeMs +
    ledger.decodeMs +
    ledger.dispatchMs +
    ledger.gcMs +
    ledger.profilerMs +
    ledger.userMs;
  expect(parts + ledger.unattributedMs).toBeCloseTo(ledger.wallMs, 3);
  if (data.quality.littleError !== null) expect(data.quality.littleError).toBeLessThan(0.02);
}

describe.each(['process', 'thread'] as const)('the ledgers of a pool of kind %s', (kind) => {
  it('add up, whatever crashes, is retried, runs at once or is recycled', async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const data = await reportOf(kind, run);
        const [pool] = data.pools as [PoolReport];
        checkLatency(pool);
        checkCapacity(pool);
        checkCounts(pool, run.steps.filter(([step]) => step !== 'pause' && step !== 'recycle').length);
        checkWhole(data);
      }),
      // A smaller example would take a minute of further runs.
      { numRuns: 6, endOnFailure: true },
    );
  });
});

describe('windows of a run', () => {
  it('have what was measured since the last one, and all of it together', async () => {
    const pool = new Pool(MODULE, { kind: 'thread', workers: 1 });
    await pool.ready();
    const profiler = new Profiler().attach(pool);
    const run = (count: number) => Promise.all(Array.from({ length: count }, () => pool.run('blocks', 1)));
    const tries: (number | undefined)[] = [];
    const sections: (number | undefined)[] = [];
    const marks: number[] = [];
    for (const count of [5, 7, 0, 3]) {
      for (let i = 0; i < count; i++) profiler.section('plan', () => profiler.mark('planned'));
      await run(count);
      const { pools, parent } = profiler.snapshot({ sinceLast: true });
      tries.push(pools[0]?.tries);
      sections.push(parent.sections[0]?.count);
      marks.push(parent.marks.length);
    }
    await run(2);
    const { data } = await profiler.stop();
    await pool.close();
    expect(tries).toEqual([5, 7, 0, 3]);
    expect(data.pools[0]?.tries).toBe(17);
    expect(sections).toEqual([5, 7, undefined, 3]);
    expect(data.parent.sections[0]?.count).toBe(15);
    expect(marks).toEqual([5, 7, 0, 3]);
    expect(data.parent.marks).toHaveLength(15);
  });
});
