import type { Pool } from '@millpond/core';
import { compare } from '@millpond/profiler';
import {
  check,
  firstOf,
  idsOf,
  isNear,
  type LiveKind,
  type LivePlant,
  metricOf,
  poolOf,
  profiled,
  saidBy,
  SLOW_START,
  times,
  type Work,
} from './live-plant.js';

/** Plants of too few, slow, waiting, cold and healthy workers. */
export const WORKER_PLANTS: LivePlant[] = [
  { name: '1: too few workers', check: tooFewWorkers },
  { name: '7: a slow worker', check: slowWorker },
  { name: '10: cold starts', check: coldStarts },
  { name: '13: handlers that wait', check: waitingHandlers },
  { name: '17: healthy', check: healthy },
  { name: '20: the same twice', check: sameTwice },
];

async function tooFewWorkers(kind: LiveKind): Promise<void> {
  const run = (workers: number) =>
    profiled({
      options: { kind, workers, concurrency: 1 },
      work: (pool) => Promise.all(times(400, () => pool.run('blocks', 20))),
    });
  const report = await run(2);
  const finding = firstOf(report, 'R01');
  check(metricOf(finding, 'queue wait') >= 0.95, 'The queue has 95 % of the latency.', report);
  check(metricOf(finding, 'occupancy') >= 0.85, 'Workers are occupied.', report);
  const [advice] = finding.advice;
  check(advice?.option === 'workers' && advice.value === 4, 'The advice is 4 workers.', report);
  check(isNear(finding.saving?.share ?? 0, 0.5, 0.05), 'Twice the workers take half the time.', report);
  check(!/replace synchronous/i.test(report.data.verdict.step), 'Other handlers are not the first advice.', report);
  const again = await run(4);
  const ratio = poolOf(again).activeMs / poolOf(report).activeMs;
  check(isNear(ratio, 1 - (finding.saving?.share ?? 0), 0.05), `With 4 workers it took ${ratio} of the time.`, report);
}

async function slowWorker(kind: LiveKind): Promise<void> {
  const report = await profiled({
    options: { kind, workers: 3, concurrency: 1 },
    work: (pool) => Promise.all(times(3, () => both(pool))),
  });
  const finding = firstOf(report, 'R09');
  check(finding.scope.workerId === 2, 'Worker 2 is the slow one.', report);
  check(isNear(metricOf(finding, 'relative time'), 3, 0.2), 'It takes three times as long.', report);
  check(!idsOf(report).includes('R11'), 'No section is hot.', report);
}

/** Waits for each call before the next one, so that no task waits for a worker. */
async function both(pool: Pool<Work>): Promise<void> {
  for (let i = 0; i < 80; i++) await (i % 2 === 0 ? pool.run('short', 10) : pool.run('long', 15));
}

async function coldStarts(kind: LiveKind): Promise<void> {
  const report = await profiled({
    options: { kind, workers: 1, concurrency: 1, recycle: { afterTasks: 1 } },
    module: SLOW_START,
    work: (pool) => Promise.all(times(32, () => pool.run('blocks', 5))),
  });
  const finding = firstOf(report, 'R17');
  const startMs = metricOf(finding, 'start');
  check(startMs >= 150, 'A start takes 150 ms at least.', report);
  const { capacity, activeMs } = poolOf(report);
  const part = capacity.totals.boot / activeMs;
  // The successor starts beside its predecessor, so one worker of the two starts at any time.
  check(isNear(part, startMs / (startMs + 5), 0.1), `A worker was starting for ${part} of the run.`, report);
  check(finding.advice[0]?.option === 'recycle.afterTasks', 'Workers live for longer.', report);
  check(!report.data.findings.some(({ id }) => id === 'R01'), 'More workers are not the advice.', report);
}

async function waitingHandlers(kind: LiveKind): Promise<void> {
  const run = (concurrency: number) =>
    profiled({
      options: { kind, workers: 2, concurrency },
      work: (pool) => Promise.all(times(200, () => pool.run('waits', 50))),
    });
  const report = await run(1);
  const finding = firstOf(report, 'R15');
  check(metricOf(finding, 'waiting') >= 0.95, 'Loops were idle for 95 % of the execution.', report);
  const [advice] = finding.advice;
  const wanted = Number(advice?.value);
  check(advice?.option === 'concurrency' && wanted >= 16, 'The advice is a far larger concurrency.', report);
  const again = await run(wanted);
  const ratio = poolOf(again).activeMs / poolOf(report).activeMs;
  check(isNear(ratio, 1 - (finding.saving?.share ?? 0), 0.05), `With ${wanted} it took ${ratio} of the time.`, report);
}

async function healthy(kind: LiveKind): Promise<void> {
  const report = await profiled({ options: { kind, workers: 2, concurrency: 1 }, work: (pool) => computing(pool) });
  check(report.data.findings.length === 0 && report.data.verdict.kind === 'healthy', 'Nothing is found.', report);
}

async function computing(pool: Pool<Work>): Promise<void> {
  for await (const _ of pool.map(
    'computes',
    times(300, () => 5_000_000),
    { window: 4 },
  ));
}

async function sameTwice(kind: LiveKind): Promise<void> {
  const run = () =>
    profiled({
      options: { kind, workers: 2, concurrency: 1 },
      work: (pool) => Promise.all(times(100, () => pool.run('blocks', 10))),
    });
  const [a, b] = [[await run()], [await run()]];
  for (let i = 0; i < 2; i++) {
    a.push(await run());
    b.push(await run());
  }
  const found = compare(a, b);
  if (found.verdict === 'faster' || found.verdict === 'slower') throw new Error(`${found.toText()}\n${saidBy(a[0]!)}`);
  const latency = found.metrics.filter(({ verdict }) => verdict === 'faster' || verdict === 'slower');
  if (latency.length > 0) throw new Error(found.toText());
}
