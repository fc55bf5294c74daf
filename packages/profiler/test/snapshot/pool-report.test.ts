import { describe, expect, it } from 'vitest';
import { poolReport } from '../../src/snapshot/pool-report.js';
import { traceReport } from '../../src/snapshot/trace-report.js';
import { deltaOf, ran, recorderOf, traceOf } from '../fakes.js';

const NOTHING_LEFT = { queued: 0, dispatched: 0 };

describe('the report of a pool', () => {
  it('counts tasks once however often they were tried', () => {
    const recorder = recorderOf();
    recorder.task(ran(1000, 1010, { outcome: 'error' }));
    recorder.task(ran(1020, 1030, { attempt: 2 }));
    recorder.task(ran(1000, 1100, { taskId: 2 }));
    expect(poolReport(recorder, 1500, NOTHING_LEFT)).toMatchObject({
      tries: 3,
      retries: 1,
      tasks: 2,
      tasksPerSecond: 4,
      wallMs: 500,
      activeMs: 100,
      outcomes: { ok: 2, error: 1, crash: 0 },
    });
  });

  it('has as many tasks in flight as latency fits into the wall time', () => {
    const recorder = recorderOf();
    for (let i = 0; i < 4; i++) recorder.task(ran(1000, 1500));
    recorder.task(traceOf([1000], { outcome: 'cancelled' }));
    expect(poolReport(recorder, 2000, NOTHING_LEFT).meanInFlight).toBe(3);
  });

  it('says what share of its task a section takes', () => {
    const recorder = recorderOf();
    recorder.task(ran(1000, 1100, { task: 'a' }));
    recorder.task(ran(1000, 1400, { task: 'b' }));
    recorder.addSections([deltaOf(['x'], 'a', [50]), deltaOf(['x'], 'b', [100])]);
    expect(poolReport(recorder, 2000, NOTHING_LEFT).sections).toMatchObject([
      { task: 'b', path: ['x'], share: 0.25 },
      { task: 'a', path: ['x'], share: 0.5 },
    ]);
  });

  it('is all zeros, not NaN, when nothing happened', () => {
    const report = poolReport(recorderOf(), 1000, NOTHING_LEFT);
    expect(JSON.stringify(report)).not.toMatch('null');
    expect(report).toMatchObject({ tasksPerSecond: 0, utilization: 0, meanInFlight: 0, activeMs: 0, byTask: [] });
  });

  it('counts tries with stamps out of order', () => {
    const recorder = recorderOf();
    recorder.task(traceOf([1, 1, -0.25, 1, 1, 1, 1, 1, 1]));
    recorder.task(ran(1000, 1001));
    expect(poolReport(recorder, 2000, NOTHING_LEFT).clockDisorder).toEqual({ tries: 1, maxMs: 0.25 });
  });
});

describe('kept traces', () => {
  it('have stamps relative to the begin of the window, and null for stamps that were not reached', () => {
    const recorder = recorderOf({ level: 'trace' });
    recorder.task(traceOf([1, 2, 3, 4, 5, 6, 7, 8, 9]));
    recorder.task(traceOf([1], { taskId: 2, outcome: 'crash' }));
    expect(traceReport(recorder.ring!, 1000).traces).toEqual({
      kept: 2,
      dropped: 0,
      taskId: [1, 2],
      task: ['resize', 'resize'],
      attempt: [1, 1],
      workerId: [1, 1],
      outcome: ['ok', 'crash'],
      stamps: [
        [0, 1, 3, 6, 10, 15, 21, 28, 36, 45],
        [0, 1, ...Array<null>(8).fill(null)],
      ],
    });
  });

  it('yield the ten slowest that came back, slowest first, with segments that add up', () => {
    const recorder = recorderOf({ level: 'trace' });
    for (let i = 1; i <= 50; i++) recorder.task(traceOf([i, 1, 1, 1, 1, 1, 1, 1, 1], { taskId: i }));
    recorder.task(traceOf([1e6], { outcome: 'cancelled' }));
    const { slowest } = traceReport(recorder.ring!, 1000);
    expect(slowest.map((each) => each.taskId)).toEqual([50, 49, 48, 47, 46, 45, 44, 43, 42, 41]);
    expect(slowest[0]).toMatchObject({ latencyMs: 58, segments: { queueWait: 50, execution: 1 } });
  });

  it('are not kept at level stats', () => {
    expect(recorderOf({ level: 'stats' }).ring).toBeUndefined();
  });
});
