import type { TraceOutcome } from '@millpond/core';
import type { PoolReport } from '../model/pool-report.js';
import type { ReportData } from '../model/report-data.js';
import type { SpanColumns } from '../model/spans.js';

/** One kept try, taken out of the columns. */
export interface Try {
  task: string;
  /** Index of its name. */
  name: number;
  taskId: number;
  attempt: number;
  workerId: number;
  outcome: TraceOutcome;
  weight: number;
  /** t0 to t9 since the pool's attach, ms; NaN for a stamp that it did not reach. */
  stamps: readonly number[];
  encodeMs: number;
  limitWaitMs: number;
  batchWaitMs: number;
  backoffMs: number;
  inputBytes: number;
  outputBytes: number;
  /** Trace context of the caller, as W3C writes it; '' for none. */
  traceparent: string;
}

function tryAt(spans: SpanColumns, i: number): Try {
  const name = spans.task[i] ?? 0;
  // Fields by name, not by spreading: there may be a million.
  return {
    task: spans.tasks[name] ?? '',
    name,
    taskId: spans.taskId[i] ?? 0,
    attempt: spans.attempt[i] ?? 1,
    workerId: spans.workerId[i] ?? 0,
    outcome: spans.outcome[i] ?? 'ok',
    weight: spans.weight[i] ?? 1,
    stamps: stampsOf(spans.stamps[i] ?? []),
    encodeMs: spans.encodeMs[i] ?? 0,
    limitWaitMs: spans.limitWaitMs[i] ?? 0,
    batchWaitMs: spans.batchWaitMs[i] ?? 0,
    backoffMs: spans.backoffMs[i] ?? 0,
    inputBytes: spans.inputBytes[i] ?? 0,
    outputBytes: spans.outputBytes[i] ?? 0,
    traceparent: spans.traceparent?.[i] ?? '',
  };
}

/** Most tries have all stamps, and their list is used as it is. */
function stampsOf(stamps: readonly (number | null)[]): readonly number[] {
  return stamps.length === 10 && !stamps.includes(null)
    ? (stamps as readonly number[])
    : Array.from({ length: 10 }, (_, k) => stamps[k] ?? NaN);
}

/** All kept tries of a pool. */
export function triesOf({ spans }: PoolReport): Try[] {
  return spans === undefined ? [] : Array.from({ length: spans.kept }, (_, i) => tryAt(spans, i));
}

/** Time from the profiler's construction to the pool's attach, ms: both clocks end with the report. */
export function attachedAfterMs({ run }: ReportData, pool: PoolReport): number {
  return Math.max(0, run.wallMs - pool.wallMs);
}

/** When the try was in its handler, ms; undefined if it never was. One that died there ends when it was settled. */
export function handlerTime({ stamps }: Try): { fromMs: number; toMs: number } | undefined {
  const fromMs = stamps[5] ?? NaN;
  if (Number.isNaN(fromMs)) return undefined;
  const endedMs = stamps[6] ?? NaN;
  const toMs = Number.isNaN(endedMs) ? (stamps[9] ?? NaN) : endedMs;
  return Number.isNaN(toMs) ? undefined : { fromMs, toMs: Math.max(fromMs, toMs) };
}
