import { Histogram } from '@millpond/core/internal';
import { SEGMENT_IDS, type SegmentId, WAIT_IDS, type WaitId } from '../../../src/model/segments.js';
import type { TaskReport } from '../../../src/model/task-report.js';
import { ENDS, HANDLER_TIMES } from '../../../src/replay/rows.js';
import { durationsOf, outcomes } from '../sample-report.js';
import type { Simulated } from './simulated.js';

/** Where the time of each task name went in a simulated run. */
export function taskReports(run: Simulated): TaskReport[] {
  return run.record.names.map((_, name) => taskReport(run, name)).filter(({ tries }) => tries > 0);
}

function taskReport(run: Simulated, name: number): TaskReport {
  const { record, stamps, meter, isRetried } = run;
  const { rows } = record;
  const own = Array.from({ length: rows.count }, (_, row) => row).filter((row) => rows.name[row] === name);
  const at = (row: number, stamp: number) => stamps[row * 10 + stamp] ?? 0;
  const part = (from: number, to: number) => own.map((row) => Math.max(0, at(row, to) - at(row, from)));
  const latencies = part(0, 9);
  const wholeMs = latencies.reduce((sum, ms) => sum + ms, 0);
  const withShare = (all: readonly number[]) => {
    const stats = durationsOf(all);
    return { ...stats, share: wholeMs === 0 ? 0 : stats.totalMs / wholeMs };
  };
  const segments = Object.fromEntries(
    SEGMENT_IDS.map((id, i) => [id, withShare(part(i, i + 1))]),
  ) as TaskReport['segments'];
  const means = Object.fromEntries(SEGMENT_IDS.map((id) => [id, segments[id].meanMs])) as Record<SegmentId, number>;
  const column = (values: ArrayLike<number>) => own.map((row) => values[row] ?? 0);
  const total = (values: ArrayLike<number>) => column(values).reduce((sum, ms) => sum + ms, 0);
  const executions = part(5, 6);
  const executionMs = segments.execution.totalMs;
  // What the worker's thread did for a task, as its own measurements would show it.
  const factors = own.map((row) => record.workers[run.worker[row] ?? 0]?.slowdown ?? 1);
  const scaled = (values: ArrayLike<number>) => column(values).reduce((sum, ms, i) => sum + ms * (factors[i] ?? 1), 0);
  const runQueueMs = total(meter.runQueueMs);
  const computingMs = total(meter.onCoreMs);
  const gcShare = total(rows.gc) / Math.max(1e-9, total(rows.gc) + total(rows.cpu));
  const [cpuMs, gcMs] = [computingMs * (1 - gcShare), computingMs * gcShare];
  const crowd =
    (record.byName[name]?.contention ?? 0) === 0
      ? 1
      : executionMs /
        Math.max(
          1e-9,
          HANDLER_TIMES.reduce((sum, part) => sum + total(rows[part]), 0),
        );
  const offCpuMs = scaled(rows.block) * crowd;
  const onLoop = Math.min(1, executionMs / Math.max(1e-9, cpuMs + gcMs + offCpuMs + runQueueMs));
  const waits: Record<WaitId, number[]> = {
    ...{ inputEncode: column(rows.inputEncode), limit: column(rows.hold), batch: own.map(() => 0) },
    ...{ backoff: column(rows.backoff), cache: [] },
  };
  const submits = own.map((row) => at(row, 0)).sort((a, b) => a - b);
  const gaps = submits.slice(1).map((ms, i) => ms - (submits[i] ?? 0));
  const gapMs = gaps.reduce((sum, ms) => sum + ms, 0) / Math.max(1, gaps.length);
  const spread = gaps.reduce((sum, ms) => sum + (ms - gapMs) ** 2, 0) / Math.max(1, gaps.length);
  const failed = own.filter((row) => rows.ends[row] === ENDS.failed);
  const bytes = { total: own.length * 100, mean: 100, max: 100 };
  return {
    ...{
      task: record.names[name] ?? '',
      tries: own.length,
      retries: own.filter((row) => (rows.after[row] ?? -1) >= 0).length,
    },
    outcomes: {
      ...outcomes(own.filter((row) => rows.ends[row] === ENDS.ok).length),
      error: failed.length,
      crash: own.filter((row) => rows.ends[row] === ENDS.crash).length,
    },
    latency: durationsOf(latencies),
    ...{ latencyBuckets: bucketsOf(latencies), executionBuckets: bucketsOf(executions), segments },
    bands: { median: means, p99: means },
    waits: Object.fromEntries(WAIT_IDS.map((id) => [id, withShare(waits[id])])) as TaskReport['waits'],
    ...{ wayIn: withShare(part(1, 5)), wayOut: withShare(part(6, 9)) },
    codec: {
      ...{
        inputEncodeMs: total(rows.inputEncode),
        inputDecodeMs: total(rows.decode),
        outputEncodeMs: total(rows.reply),
      },
      ...{ outputDecodeMs: total(rows.settle), estimated: false },
    },
    ...{ bytesIn: bytes, bytesOut: bytes, messageFit: null },
    execution: {
      ...{ cpuMs: cpuMs * onLoop, gcMs: gcMs * onLoop, runQueueMs: runQueueMs * onLoop, offCpuMs: offCpuMs * onLoop },
      loopIdleMs: Math.max(0, executionMs - (cpuMs + gcMs + runQueueMs + offCpuMs) * onLoop),
      ...{ onLoopMs: 0, unattributedMs: 0 },
    },
    executionSquares: executions.reduce((sum, ms) => sum + ms * ms, 0),
    slowdown: executionMs === 0 ? 1 : wholeMs / executionMs,
    asked: {
      timeoutMs: null,
      retries: 0,
      concurrency: null,
      limits: [],
      batchSize: null,
      batchMaxWaitMs: null,
      batchMaxBytes: null,
      cached: false,
      breaker: false,
      fallback: false,
    },
    errors:
      failed.length === 0
        ? []
        : [
            {
              ...{ name: 'Error', code: 'E_PLANTED', count: failed.length },
              retried: failed.filter((row) => isRetried[row] === 1).length,
              succeededAfterRetry: 0,
            },
          ],
    breaker: null,
    arrivals: { meanMs: gapMs, cv2: gapMs === 0 ? 0 : spread / gapMs ** 2 },
    incomplete: {
      ...{ count: 0, outcomes: outcomes(0), totalMs: 0 },
      segments: Object.fromEntries(SEGMENT_IDS.map((id) => [id, { count: 0, totalMs: 0 }])) as never,
    },
  };
}

function bucketsOf(all: readonly number[]): [number, number][] {
  const histogram = new Histogram();
  for (const ms of all) histogram.record(ms);
  return histogram.toCounts();
}
