import type { TaskTrace, TraceOutcome } from '@millpond/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { poolReport } from '../../src/build/pool-report.js';
import type { PoolReport } from '../../src/model/pool-report.js';
import { NOTHING_ASKED } from '../../src/pool-facts.js';
import { IDLE_PHASES } from '../../src/record/idle-clock.js';
import type { PoolRecorder } from '../../src/record/pool-recorder.js';
import { fromStamps, ran, recorderOf, traceOf, usageOf, workerMessage } from '../fakes.js';

function reportOf(recorder: PoolRecorder, endMs: number): PoolReport {
  const workers = { min: 1, max: 4, wanted: 2 };
  const tasks = { queued: 0, dispatched: 0 };
  const loops = { sourceMs: 0, readerMs: 0, inputs: 0 };
  const standing = {
    workers,
    concurrency: 1,
    tasks,
    asked: NOTHING_ASKED,
    refused: new Map(),
    resultsMs: null,
    refusedCalls: 0,
    loops,
    hasKeys: false,
    running: [],
  };
  return poolReport(recorder, endMs, standing, true);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

const outcome = fc.constantFrom<TraceOutcome>('ok', 'error', 'cancelled', 'timeout', 'crash');
/** Stamps in no order, as after a jump of a clock, and any number of them missing. */
const wildTrace = fc
  .record({
    stamps: fc.array(fc.double({ min: 500, max: 5000, noNaN: true }), { minLength: 10, maxLength: 10 }),
    reached: fc.integer({ min: 1, max: 10 }),
    outcome,
    workerId: fc.integer({ min: 0, max: 5 }),
    attempt: fc.integer({ min: 1, max: 4 }),
    task: fc.constantFrom('resize', '<b>&', 'x'.repeat(10_000)),
  })
  .map(({ stamps, reached, ...fields }): TaskTrace => {
    const known = fromStamps(stamps.slice(0, reached));
    return { ...traceOf([]), ...known, settledAt: stamps[9] ?? 0, ...fields };
  });
const usage = fc
  .record({
    atMs: fc.double({ min: 900, max: 5000, noNaN: true }),
    loopActiveMs: fc.double({ min: 0, max: 9000, noNaN: true }),
    cpuMs: fc.option(fc.double({ min: 0, max: 9000, noNaN: true }), { nil: null }),
    gcMs: fc.double({ min: 0, max: 9000, noNaN: true }),
  })
  .map(usageOf);
const worker = fc.integer({ min: 1, max: 5 });
const news = fc.record({
  what: fc.constantFrom('started', 'ready', 'exited'),
  worker,
  atMs: fc.double({ min: 900, max: 5000, noNaN: true }),
});
const anything = fc.array(
  fc.oneof(
    wildTrace.map((trace) => (recorder: PoolRecorder) => recorder.task(trace)),
    fc.tuple(worker, usage).map(
      ([workerId, each]) =>
        (recorder: PoolRecorder) =>
          recorder.used({ pool: {}, workerId, usage: each }),
    ),
    news.map(
      ({ what, worker: id, atMs }) =>
        (recorder: PoolRecorder) =>
          recorder.worker(workerMessage(what, id, atMs, 40)),
    ),
    fc.tuple(fc.constantFrom(...IDLE_PHASES), fc.double({ min: 900, max: 5000, noNaN: true })).map(
      ([phase, atMs]) =>
        (recorder: PoolRecorder) =>
          recorder.phase({ pool: {}, phase, atMs, queued: 1, blocked: 0, unsettled: 2 }),
    ),
  ),
  { maxLength: 80 },
);

describe('the recorder of a pool', () => {
  it('gives ledgers that add up and finite numbers, whatever clocks jump and messages are lost', () => {
    fc.assert(
      fc.property(anything, (messages) => {
        const recorder = recorderOf({ readyWorkers: [1, 2], level: 'trace' });
        for (const message of messages) message(recorder);
        const report = reportOf(recorder, 5000);
        const { capacity } = report;
        expect(Math.abs(sum(Object.values(capacity.totals)) - capacity.wantedMs)).toBeLessThan(
          Math.max(1, capacity.wantedMs / 1000),
        );
        for (const ms of Object.values(capacity.totals)) expect(ms).toBeGreaterThanOrEqual(0);
        for (const task of report.byTask) {
          const parts = sum(Object.values(task.execution));
          expect(parts).toBeCloseTo(task.segments.execution.totalMs, 3);
        }
        const numbers = JSON.stringify(report, (_, value: unknown) =>
          typeof value === 'number' && !Number.isFinite(value) ? 'NOT A NUMBER' : value,
        );
        expect(numbers).not.toContain('NOT A NUMBER');
      }),
      { numRuns: 200 },
    );
  });

  it('says how far stamps had to be moved', () => {
    const recorder = recorderOf({ readyWorkers: [1] });
    recorder.task(traceOf([1, 1, -3, 1, 1, 5, 1, 1, 1]));
    recorder.catchUp();
    expect(recorder.disorder).toMatchObject({ tries: 1 });
    expect(recorder.disorder.maxMs).toBeGreaterThan(0);
  });

  it('keeps its memory bounded, whatever names tasks and marks have', () => {
    const recorder = recorderOf({ readyWorkers: [1] });
    for (let i = 0; i < 5000; i++) {
      recorder.task(ran(1000 + i, 1001 + i, { task: `file-${i}`, outcome: 'timeout' }));
      recorder.resized(1, 2, 'because', 1000 + i);
    }
    const report = reportOf(recorder, 7000);
    expect(report.byTask.length).toBeLessThanOrEqual(251);
    expect(report.byTask.map(({ task }) => task)).toContain('(other)');
    expect(report.marks.length).toBeLessThanOrEqual(500);
    expect(recorder.untold).toBeGreaterThan(0);
  });

  it('divides the time of an idle worker by what the pool said', () => {
    const recorder = recorderOf({ readyWorkers: [1] });
    recorder.phase({ pool: {}, phase: 'starved', atMs: 1200, queued: 1, blocked: 0, unsettled: 1 });
    recorder.phase({ pool: {}, phase: 'notParallel', atMs: 1300, queued: 0, blocked: 0, unsettled: 1 });
    recorder.task(ran(1300, 1500));
    recorder.phase({ pool: {}, phase: 'noWork', atMs: 1500, queued: 0, blocked: 0, unsettled: 0 });
    const { totals } = reportOf(recorder, 2000).capacity;
    expect(totals).toMatchObject({ noWork: 700, starved: 100, notParallel: 0, unattributed: 200 });
  });
});
