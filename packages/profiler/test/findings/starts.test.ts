import { expect, it } from 'vitest';
import type { Candidate } from '../../src/findings/candidate.js';
import { coldStart } from '../../src/findings/rules/starts.js';
import { viewOf } from '../../src/findings/view.js';
import type { PoolReport } from '../../src/model/pool-report.js';
import { recordOf } from '../../src/replay/record-of.js';
import { Draw, drawPool } from '../support/plants/draw.js';
import { measuredOf } from '../support/plants/measured-of.js';
import { simulate } from '../support/plants/simulated.js';

/** What R17 says of a healthy pool of four workers in which `change` made starts slow. */
function starts(change: (pool: PoolReport, usualMs: number) => void): Candidate[] {
  const measured = measuredOf(simulate(drawPool(new Draw(3), { workers: 4, arrivals: 'batch', tasks: 120 })));
  const pool = measured.pools[0]!;
  pool.capacity.totals.boot = 0;
  pool.bootWaitMs = 0;
  change(pool, Math.max(...pool.byTask.map(({ segments }) => segments.execution.p50Ms)));
  return coldStart(viewOf(measured, pool, recordOf(measured, pool), 'makespan'));
}

/** The n-th tasks of worker i take this multiple of the usual time: `factors[i][n]`. */
const withFirsts = (factors: readonly (readonly number[])[]) => (pool: PoolReport, usualMs: number) =>
  pool.workers.forEach((worker, i) => {
    worker.firstTasksMs = factors[i % factors.length]!.map((factor) => usualMs * factor);
  });

it('first tasks are cold if they are longer as a rule, not if some of them are', () => {
  expect(starts(withFirsts([[60], [70], [80], [90]]))).toHaveLength(1);
  expect(starts(withFirsts([[0.5], [0.8], [80], [90]]))).toHaveLength(0);
  expect(starts(withFirsts([[1.2], [1.25], [900], [900]]))).toHaveLength(0);
  expect(starts(withFirsts([[0.5], [0.8], [0.9], [900]]))).toHaveLength(0);
  expect(starts(withFirsts([[1.1], [1.2], [1.2], [900]]))).toHaveLength(0);
});

it('the very first tasks may be cold alone, or the first ones until V8 has compiled them', () => {
  expect(starts(withFirsts([[60, 1, 0.9, 1.1, 1]]))).toHaveLength(1);
  expect(starts(withFirsts([[20, 18, 16, 14, 12]]))).toHaveLength(1);
  expect(
    starts(
      withFirsts([
        [1, 0.9, 60, 1.1, 1],
        [1, 60, 1, 1, 1],
        [60, 1, 1, 1, 1],
      ]),
    ),
  ).toHaveLength(0);
});

it('advises workers.min only where it asks for fewer workers than there are', () => {
  const slowStarts = (min: number) => (pool: PoolReport) => {
    pool.capacity.totals.boot = 0.5 * pool.capacity.wantedMs;
    pool.asked.workers.min = min;
  };
  const option = (min: number) => starts(slowStarts(min))[0]!.advice[0]!;
  expect(option(1)).toMatchObject({ option: 'workers.min' });
  expect(option(4)).not.toHaveProperty('option');
  expect(option(4).text).toContain('setup()');
});

it('advises an early start only where tasks waited for the first worker', () => {
  const [finding] = starts((pool) => {
    pool.bootWaitMs = 0.3 * pool.byTask.reduce((sum, { latency }) => sum + latency.totalMs, 0);
    pool.asked.workers.min = 4;
  });
  expect(finding!.advice[0]!.text).toContain('pool.ready()');
});

it('leaves the starts of successors to the deaths before them', () => {
  const replaced = (deaths: number) => (pool: PoolReport) => {
    pool.capacity.totals.boot = 0.5 * pool.capacity.wantedMs;
    for (const worker of pool.workers) Object.assign(worker, { slot: 1, bootMs: 100 });
    pool.deaths = Array.from({ length: deaths }, () => ({
      workerId: 1,
      atMs: 1,
      why: 'exit code 1',
      section: '',
      lostMs: 0,
    }));
  };
  expect(starts(replaced(3))).toEqual([]);
  expect(starts(replaced(0))).toHaveLength(1);
});

it('advises a warm-up where first tasks are slow, and workers are there in time', () => {
  const [finding] = starts(withFirsts([[60]]));
  expect(finding!.advice[0]).toMatchObject({ option: 'warmup' });
  expect(finding!.advice[0]!.text).toMatch(/warmup = \{ tasks: \[\{ name: ".+", input, times: 1 \}\] \}/);
});
