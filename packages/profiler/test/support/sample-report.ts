import { Histogram } from '@millpond/core/internal';
import type { Curves } from '../../src/model/curves.js';
import type { DurationStats } from '../../src/model/durations.js';
import { type Capacity, CAPACITY_IDS, type DispatcherLedger } from '../../src/model/ledgers.js';
import type { PoolReport } from '../../src/model/pool-report.js';
import type { ReportData } from '../../src/model/report-data.js';
import { SEGMENT_IDS, type SegmentId, WAIT_IDS } from '../../src/model/segments.js';
import type { SpanColumns } from '../../src/model/spans.js';
import type { TaskReport } from '../../src/model/task-report.js';
import type { WorkerReport } from '../../src/model/worker-report.js';

/** Size of a made-up run. */
export interface SampleOptions {
  tasks?: number;
  workers?: number;
  /** Kept tries; all by default. */
  keep?: number;
  seed?: number;
}

/** A small generator of numbers between 0 and 1, the same ones for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A complete report of a made-up run: two task names on some workers, first come first served. Every number follows from it. */
export function sampleReport({ tasks = 500, workers = 4, keep = tasks, seed = 1 }: SampleOptions = {}): ReportData {
  const random = seeded(seed);
  const freeAt = new Float64Array(workers);
  const stamps: number[][] = [];
  const names: number[] = [];
  const on: number[] = [];
  for (let i = 0; i < tasks; i++) {
    const name = random() < 0.8 ? 0 : 1;
    const submitted = i * 2;
    const worker = freeAt.indexOf(Math.min(...freeAt));
    const assigned = Math.max(submitted + 0.02, freeAt[worker] ?? 0);
    const started = assigned + 0.15;
    const ended = started + (name === 0 ? 5 : 15) * (0.5 + random());
    freeAt[worker] = ended + 0.1;
    stamps.push([
      ...[submitted, assigned, assigned + 0.05, assigned + 0.1, assigned + 0.12, started],
      ...[ended, ended + 0.03, ended + 0.08, ended + 0.1],
    ]);
    names.push(name);
    on.push(worker + 1);
  }
  const wallMs = tasks === 0 ? 100 : Math.max(...freeAt) + 10;
  const taskNames = ['resize', 'thumb nail <b>'];
  const busyMs = stamps.reduce((sum, each) => sum + (each[6] ?? 0) - (each[5] ?? 0), 0);
  const capacity = { ...capacityOf(0), cpu: busyMs, noWork: Math.max(0, workers * wallMs - busyMs) };
  const byTask = taskNames.map((task, index) =>
    taskReport(
      task,
      stamps.filter((_, i) => names[i] === index),
    ),
  );
  const pool: PoolReport = {
    ...{ name: 'resize', kind: 'process', wallMs, bootMs: 40, bootWaitMs: 0, activeMs: wallMs },
    ...{ tasks, tries: tasks, retries: 0, tasksPerSecond: tasks / (wallMs / 1000), meanInFlight: busyMs / wallMs },
    outcomes: outcomes(tasks),
    ...{ peakInFlight: Math.min(tasks, 20), utilization: busyMs / (workers * wallMs), peakWorkers: workers },
    loops: { sourceMs: 0, readerMs: 0, inputs: 0 },
    hasKeys: false,
    atEnd: { queued: 0, dispatched: 0, silentWorkers: 0, running: [] },
    capacity: {
      wantedMs: workers * wallMs,
      upMs: workers * wallMs,
      totals: capacity,
      executionByEnd: { ok: busyMs, error: 0, cancelled: 0, timeout: 0, crash: 0, retried: 0 },
      residueMs: 0,
    },
    asked: {
      workers: { min: 1, max: workers, wanted: workers, meanBusy: busyMs / wallMs, peak: workers, isSet: true },
      concurrency: { max: 1, now: 1, meanRunning: 1, isSet: false },
      prefetch: { value: 'auto', isSet: false },
      heap: { limitBytes: 2 ** 31, peakBytes: 60e6 },
      memory: { limitBytes: 8e9, peakBytes: 600e6, perWorkerBytes: 120e6 },
      cores: { available: 4, meanUsed: 3.1, meanNative: 0.2, nativeThreads: 4 },
      queue: { max: null, peak: 18, refused: 0 },
      recycle: { afterTasks: null, isSet: false },
      codec: 'structured',
      set: ['workers'],
    },
    workers: Array.from({ length: workers }, (_, i) => workerReport(i + 1, wallMs, stamps, names, on, taskNames)),
    foldedWorkers: {
      ...{ workers: 0, tasks: 0, failed: 0, executionMs: 0, upMs: 0, busyMs: 0 },
      capacity: capacityOf(0),
    },
    byTask: byTask.filter(({ tries }) => tries > 0),
    sections: [],
    ...{ io: [], resources: [], cache: [], batches: [], deaths: [], sizing: [] },
    curves: curves(wallMs, stamps, workers),
    heatmaps: [],
    marks: [{ atMs: 20, what: 'ready', workerId: 1, text: 'worker 1 is ready after 40 ms' }],
    slowest: [],
    spans: spans(stamps, names, on, taskNames, keep),
  };
  return {
    version: 2,
    run: {
      ...{ level: 'trace', startedAt: '2026-01-01T00:00:00.000Z', wallMs, node: '20.20.2', platform: 'linux-x64' },
      ...{ cores: 4, memoryBytes: 16e9, execArgv: [], programCores: 3.4, otherCores: 0.1 },
    },
    verdict: {
      kind: 'healthy',
      sentence: 'Workers are busy, and nothing that the report knows would save 5 % of the time.',
      step: 'Nothing is worth changing.',
      id: 'R29',
    },
    ...{ findings: [], notes: [], muted: [] },
    pools: tasks === 0 ? [] : [pool],
    parent: { busyShare: 0.2, ledger: dispatcherLedger(wallMs), sections: [], open: [], marks: [] },
    bottlenecks: [],
    quality: {
      dropped: [],
      clockAnomalies: { tries: 0, maxMs: 0 },
      unattributedShare: 0,
      littleError: 0,
      profilerMs: { parent: 0, workers: 0 },
      ...{ missing: [], remarks: [] },
    },
  };
}

/** Statistics of durations, as reports have them. */
export function durationsOf(all: readonly number[]): DurationStats {
  const histogram = new Histogram();
  for (const ms of all) histogram.record(ms);
  const { count, sum, mean, min, max } = histogram;
  const [p50Ms, p75Ms, p90Ms, p95Ms, p99Ms, p999Ms] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999].map((share) =>
    histogram.percentile(share),
  ) as [number, number, number, number, number, number];
  return { count, totalMs: sum, meanMs: mean, minMs: min, maxMs: max, p50Ms, p75Ms, p90Ms, p95Ms, p99Ms, p999Ms };
}

export function capacityOf(ms: number): Capacity {
  return Object.fromEntries(CAPACITY_IDS.map((id) => [id, ms])) as Capacity;
}

export function outcomes(ok: number): PoolReport['outcomes'] {
  return { ok, error: 0, cancelled: 0, timeout: 0, crash: 0 };
}

function bucketsOf(all: readonly number[]): [number, number][] {
  const histogram = new Histogram();
  for (const ms of all) histogram.record(ms);
  return histogram.toCounts();
}

function bySegment<T>(valueOf: (index: number) => T): Record<SegmentId, T> {
  return Object.fromEntries(SEGMENT_IDS.map((id, i) => [id, valueOf(i)])) as Record<SegmentId, T>;
}

function taskReport(task: string, all: readonly (readonly number[])[]): TaskReport {
  const latencies = all.map((each) => (each[9] ?? 0) - (each[0] ?? 0));
  const whole = latencies.reduce((sum, ms) => sum + ms, 0);
  const part = (from: number, to: number) => {
    const stats = durationsOf(all.map((each) => (each[to] ?? 0) - (each[from] ?? 0)));
    return { ...stats, share: whole === 0 ? 0 : stats.totalMs / whole };
  };
  const execution = all.map((each) => (each[6] ?? 0) - (each[5] ?? 0));
  const executionMs = execution.reduce((sum, ms) => sum + ms, 0);
  const means = bySegment((i) => part(i, i + 1).meanMs);
  return {
    ...{ task, tries: all.length, retries: 0, outcomes: outcomes(all.length), latency: durationsOf(latencies) },
    latencyBuckets: bucketsOf(latencies),
    executionBuckets: bucketsOf(execution),
    segments: bySegment((i) => part(i, i + 1)),
    bands: { median: means, p99: means },
    waits: Object.fromEntries(WAIT_IDS.map((id) => [id, { ...durationsOf([]), share: 0 }])) as TaskReport['waits'],
    wayIn: part(1, 5),
    wayOut: part(6, 9),
    codec: { inputEncodeMs: 0, inputDecodeMs: 0, outputEncodeMs: 0, outputDecodeMs: 0, estimated: false },
    bytesIn: { total: 120 * all.length, mean: 120, max: 120 },
    bytesOut: { total: 64 * all.length, mean: 64, max: 64 },
    messageFit: null,
    execution: {
      ...{ cpuMs: executionMs, gcMs: 0, runQueueMs: 0, loopIdleMs: 0, offCpuMs: 0, onLoopMs: 0, unattributedMs: 0 },
    },
    executionSquares: execution.reduce((sum, ms) => sum + ms * ms, 0),
    slowdown: executionMs === 0 ? 1 : whole / executionMs,
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
    errors: [],
    breaker: null,
    arrivals: { meanMs: 2, cv2: 0 },
    incomplete: { count: 0, outcomes: outcomes(0), totalMs: 0, segments: bySegment(() => ({ count: 0, totalMs: 0 })) },
  };
}

function workerReport(
  workerId: number,
  upMs: number,
  stamps: readonly (readonly number[])[],
  names: readonly number[],
  on: readonly number[],
  taskNames: readonly string[],
): WorkerReport {
  const own = stamps.map((each, i) => ({ ms: (each[6] ?? 0) - (each[5] ?? 0), name: names[i], worker: on[i] }));
  const mine = own.filter(({ worker }) => worker === workerId);
  const busyMs = mine.reduce((sum, { ms }) => sum + ms, 0);
  return {
    ...{ workerId, slot: workerId - 1, tasks: mine.length, failed: 0, upMs, busyMs, utilization: busyMs / upMs },
    ...{ executionMs: busyMs, bootMs: 40, exited: false, why: '' },
    capacity: { ...capacityOf(0), cpu: busyMs, noWork: upMs - busyMs },
    relativeTime: 1,
    byTask: taskNames.map((task, index) => {
      const { count, totalMs, p50Ms } = durationsOf(mine.filter(({ name }) => name === index).map(({ ms }) => ms));
      return { task, count, totalMs, medianMs: p50Ms };
    }),
    ...{
      gcMs: 3,
      gcCount: 4,
      gcWorstSecondMs: 2,
      loopDelayMaxMs: 5,
      allocatedBytes: 50e6,
      heapPeakBytes: 60e6,
      heapLimitBytes: 2 ** 31,
    },
    ...{
      rssPeakBytes: 120e6,
      cpuMs: busyMs,
      processCpuMs: null,
      heapFloor: null,
      firstTasksMs: mine.slice(0, 5).map(({ ms }) => ms),
    },
  };
}

function dispatcherLedger(wallMs: number): DispatcherLedger {
  return {
    ...{ wallMs, idleMs: wallMs * 0.8, encodeMs: wallMs * 0.02, decodeMs: wallMs * 0.02, dispatchMs: wallMs * 0.06 },
    ...{ gcMs: 0, profilerMs: 0, userMs: wallMs * 0.1, unattributedMs: 0, loopDelayMaxMs: 4, loopDelayP99Ms: 1 },
    ...{ ceilingPerSecond: 20_000, workersAtCeiling: 90 },
  };
}

function curves(wallMs: number, stamps: readonly (readonly number[])[], workers: number): Curves {
  const windows = Math.min(600, Math.max(1, Math.ceil(wallMs / 100)));
  const windowMs = wallMs / windows;
  const column = (valueOf: (from: number, to: number) => number): number[] =>
    Array.from({ length: windows }, (_, i) => valueOf(i * windowMs, (i + 1) * windowMs));
  const count = (stamp: number) => {
    const counts = new Array<number>(windows).fill(0);
    for (const each of stamps) {
      const at = Math.min(windows - 1, Math.floor((each[stamp] ?? 0) / windowMs));
      counts[at] = (counts[at] ?? 0) + 1;
    }
    return counts;
  };
  const arrived = count(0);
  const settled = count(9);
  let open = 0;
  const unsettled = arrived.map((each, i) => (open += each - (settled[i] ?? 0)));
  return {
    ...{ windowMs, atMs: column((from) => from), arrived, settled, failed: column(() => 0) },
    queued: unsettled.map((each) => Math.max(0, each - workers)),
    blocked: column(() => 0),
    unsettled,
    workersUp: column(() => workers),
    workersBusy: unsettled.map((each) => Math.min(workers, each)),
    bytesIn: arrived.map((each) => each * 120),
    bytesOut: settled.map((each) => each * 64),
    parentLoop: column(() => 0.2),
    workerLoop: column(() => 0.9),
    parentDelayMs: column(() => 1),
    parentGcMs: column(() => 0),
    workerGcMs: column(() => 1),
    workerRssBytes: column((from) => workers * (80e6 + from * 100)),
    workerHeapBytes: column((from) => workers * (20e6 + from * 50)),
    parentRssBytes: column(() => 90e6),
    parentHeapBytes: column(() => 30e6),
  };
}

function spans(
  stamps: readonly (readonly number[])[],
  names: readonly number[],
  on: readonly number[],
  tasks: string[],
  keep: number,
): SpanColumns {
  const every = Math.max(1, Math.ceil(stamps.length / Math.max(1, keep)));
  const kept = stamps.map((each, i) => ({ each, i })).filter(({ i }) => i % every === 0);
  const column = <T>(valueOf: (i: number) => T): T[] => kept.map(({ i }) => valueOf(i));
  return {
    ...{
      kept: kept.length,
      of: stamps.length,
      tasks,
      taskId: column((i) => i + 1),
      task: column((i) => names[i] ?? 0),
    },
    ...{ attempt: column(() => 1), workerId: column((i) => on[i] ?? 0), outcome: column(() => 'ok' as const) },
    ...{ weight: column(() => every), stamps: kept.map(({ each }) => [...each]) },
    ...{
      limitWaitMs: column(() => 0),
      batchWaitMs: column(() => 0),
      encodeMs: column(() => 0),
      backoffMs: column(() => 0),
    },
    ...{ inputBytes: column(() => 120), outputBytes: column(() => 64) },
  };
}
