import type { TaskTrace, TraceOutcome } from '@millpond/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noParts } from '../../src/build/execution-parts.js';
import { taskReport as reportOf } from '../../src/build/task-reports.js';
import { NOTHING_ASKED } from '../../src/pool-facts.js';
import { TraceSplitter } from '../../src/record/segments.js';
import { TaskLedger } from '../../src/record/task-ledger.js';
import { arbitraryStamp, fromStamps, traceOf } from '../fakes.js';

function ledgerOf(traces: readonly TaskTrace[]): TaskLedger {
  const ledger = new TaskLedger();
  const splitter = new TraceSplitter();
  for (const trace of traces) {
    splitter.split(trace);
    ledger.add(trace, splitter);
  }
  return ledger;
}

function taskReport(task: string, ledger: TaskLedger) {
  return reportOf(task, ledger, {
    parts: noParts(),
    codec: { inputEncodeMs: 0, inputDecodeMs: 0, outputEncodeMs: 0, outputDecodeMs: 0, estimated: true },
    cacheWaits: undefined,
    breaker: null,
    asked: NOTHING_ASKED.task(task),
    curves: { windowMs: 100, arrived: [] },
    shareOfTries: 1,
  });
}

const outcome = fc.constantFrom<TraceOutcome>('ok', 'error', 'cancelled', 'timeout', 'crash');
const anyTrace = fc
  .tuple(fc.array(arbitraryStamp, { minLength: 10, maxLength: 10 }), fc.integer({ min: 1, max: 10 }), outcome)
  .map(([stamps, reached, outcome]) => ({
    ...traceOf([]),
    ...fromStamps(stamps.toSorted((a, b) => a - b).slice(0, reached)),
    outcome,
  }));

describe('the ledger of a task name', () => {
  it('has segments whose totals, means and shares add up to the latency, whatever did not come back', () => {
    fc.assert(
      fc.property(fc.array(anyTrace, { minLength: 1, maxLength: 50 }), (traces) => {
        const report = taskReport('resize', ledgerOf(traces));
        const segments = Object.values(report.segments);
        const add = (valueOf: (segment: (typeof segments)[number]) => number) =>
          segments.reduce((sum, segment) => sum + valueOf(segment), 0);
        expect(add((segment) => segment.totalMs)).toBeCloseTo(report.latency.totalMs, 6);
        expect(add((segment) => segment.meanMs)).toBeCloseTo(report.latency.meanMs, 6);
        expect(add((segment) => segment.share)).toBeCloseTo(report.latency.totalMs > 0 ? 1 : 0, 9);
        expect(report.wayIn.totalMs + report.wayOut.totalMs).toBeCloseTo(
          report.latency.totalMs - report.segments.queueWait.totalMs - report.segments.execution.totalMs,
          6,
        );
        expect(segments.every((segment) => segment.count === report.latency.count)).toBe(true);
      }),
    );
  });

  it('counts every try once: come back or apart', () => {
    fc.assert(
      fc.property(fc.array(anyTrace, { maxLength: 50 }), (traces) => {
        const report = taskReport('resize', ledgerOf(traces));
        expect(report.tries).toBe(traces.length);
        expect(report.latency.count + report.incomplete.count).toBe(traces.length);
      }),
    );
  });

  it('keeps tries that did not come back out of the segments, and says what they spent', () => {
    const crashed = traceOf([10, 2], { outcome: 'crash' });
    const cancelled = traceOf([], { outcome: 'cancelled' });
    const report = taskReport('resize', ledgerOf([traceOf([1, 1, 1, 1, 1, 1, 1, 1, 1]), crashed, cancelled]));
    expect(report.outcomes).toEqual({ ok: 1, error: 0, cancelled: 1, timeout: 0, crash: 1 });
    expect(report.segments.queueWait).toMatchObject({ count: 1, totalMs: 1 });
    expect(report.incomplete).toMatchObject({ count: 2, outcomes: { crash: 1, cancelled: 1 } });
    expect(report.incomplete.segments.queueWait).toEqual({ count: 1, totalMs: 10 });
    expect(report.incomplete.segments.encode).toEqual({ count: 1, totalMs: 2 });
    expect(report.incomplete.segments.transportIn).toEqual({ count: 0, totalMs: 0 });
  });

  it('says how long limits held tries back: no longer than they waited, and only of those that came back', () => {
    const segments = [10, 1, 1, 1, 1, 1, 1, 1, 1];
    const report = taskReport(
      'resize',
      ledgerOf([
        traceOf(segments, { limitWaitMs: 4 }),
        traceOf(segments, { limitWaitMs: 10.5 }),
        traceOf([10], { limitWaitMs: 9, outcome: 'cancelled' }),
      ]),
    );
    expect(report.waits.limit).toMatchObject({ count: 2, totalMs: 14, minMs: 4, maxMs: 10 });
    expect(report.segments.queueWait.totalMs).toBe(20);
  });

  it('takes a failed try that came back like any other, and counts retries', () => {
    const report = taskReport(
      'resize',
      ledgerOf([
        traceOf([1, 1, 1, 1, 1, 5, 1, 1, 1], { outcome: 'error' }),
        traceOf([1, 1, 1, 1, 1, 7, 1, 1, 1], { attempt: 2 }),
      ]),
    );
    expect(report).toMatchObject({ tries: 2, retries: 1, outcomes: { ok: 1, error: 1 } });
    expect(report.segments.execution).toMatchObject({ count: 2, totalMs: 12, minMs: 5, maxMs: 7 });
  });
});
