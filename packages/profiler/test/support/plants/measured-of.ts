import type { Curves } from '../../../src/model/curves.js';
import { type Capacity, CAPACITY_IDS } from '../../../src/model/ledgers.js';
import type { PoolReport } from '../../../src/model/pool-report.js';
import type { SpanColumns } from '../../../src/model/spans.js';
import type { WorkerReport } from '../../../src/model/worker-report.js';
import type { Measured } from '../../../src/replay/record-of.js';
import { ENDS } from '../../../src/replay/rows.js';
import { capacityOf, outcomes } from '../sample-report.js';
import type { Simulated } from './simulated.js';
import { taskReports } from './task-reports.js';

/** The report that a profiler would have made of a simulated run. Every number follows from the run. */
export function measuredOf(run: Simulated): Measured {
  const { record, played, meter } = run;
  const wallMs = Math.max(1, played.endMs);
  const { main } = meter;
  const idleMs = Math.max(0, wallMs - main.intake - main.dispatch - main.settle - main.user);
  const settled = Math.max(1, played.settled);
  const perTask = (main.intake + main.dispatch + main.settle) / settled;
  return {
    version: 2,
    run: {
      ...{ level: 'trace', startedAt: '2026-01-01T00:00:00.000Z', wallMs, node: '20.20.2', platform: 'linux-x64' },
      ...{ cores: record.cores, memoryBytes: 16e9, execArgv: [], programCores: null, otherCores: 0 },
    },
    pools: [poolOf(run, wallMs)],
    parent: {
      busyShare: 1 - idleMs / wallMs,
      ledger: {
        ...{ wallMs, idleMs, encodeMs: main.intake, decodeMs: main.settle, dispatchMs: main.dispatch, gcMs: 0 },
        ...{ profilerMs: 0, userMs: main.user, unattributedMs: 0 },
        ...{ loopDelayMaxMs: meter.longestDelayMs, loopDelayP99Ms: meter.longestDelayMs / 2 },
        ceilingPerSecond: perTask > 0 ? 1000 / perTask : 0,
        workersAtCeiling: 0,
      },
      ...{ sections: [], open: [], marks: [] },
    },
    bottlenecks: [],
    quality: {
      ...{ dropped: [], clockAnomalies: { tries: 0, maxMs: 0 }, unattributedShare: 0, littleError: 0 },
      ...{ profilerMs: { parent: 0, workers: 0 }, missing: [], remarks: [] },
    },
  };
}

function poolOf(run: Simulated, wallMs: number): PoolReport {
  const { record, played, meter } = run;
  const { rows } = record;
  const workers = record.workers.length;
  const perWorker = meter.capacity.map((buckets) => capacityFrom(buckets));
  const totals = capacityOf(0);
  for (const each of perWorker) for (const id of CAPACITY_IDS) totals[id] += each[id];
  const upMs = workers * wallMs - totals.down;
  const byTask = taskReports(run);
  const executionMs = byTask.reduce((sum, { segments }) => sum + segments.execution.totalMs, 0);
  const busyMs = meter.busyMs.reduce((sum, ms) => sum + ms, 0);
  const latencyMs = byTask.reduce((sum, { latency }) => sum + latency.totalMs, 0);
  const firstReady = Math.min(...record.workers.map(({ readyMs }) => readyMs));
  const ends = endsOf(run);
  return {
    ...{ name: record.pool, kind: 'process', wallMs, bootMs: firstReady },
    bootWaitMs: bootWait(run, firstReady),
    activeMs: played.endMs - played.startMs,
    tasks: rows.after.filter((after) => after < 0).length,
    tries: rows.count,
    retries: rows.after.filter((after) => after >= 0).length,
    outcomes: { ...outcomes(0), ...ends.outcomes },
    tasksPerSecond: rows.count / (wallMs / 1000),
    meanInFlight: latencyMs / wallMs,
    peakInFlight: Math.round(Math.max(0, ...meter.columns.unsettled.map((sum) => sum / meter.windowMs))),
    utilization: busyMs / Math.max(1, upMs),
    peakWorkers: workers,
    loops: { sourceMs: 0, readerMs: 0, inputs: 0 },
    hasKeys: rows.home.some((home) => home >= 0),
    atEnd: { queued: 0, dispatched: 0, silentWorkers: 0, running: [] },
    capacity: {
      ...{ wantedMs: workers * wallMs, upMs, totals, residueMs: 0 },
      executionByEnd: share(ends.byEnd, busyMs),
    },
    asked: {
      workers: { min: workers, max: workers, wanted: workers, meanBusy: busyMs / wallMs, peak: workers, isSet: true },
      concurrency: {
        ...{ max: record.concurrency, now: record.concurrency, isSet: false },
        meanRunning: executionMs / Math.max(1, busyMs),
      },
      prefetch: { value: record.prefetch, isSet: false },
      heap: { limitBytes: 2 ** 31, peakBytes: 60e6 },
      memory: { limitBytes: 16e9, peakBytes: 600e6, perWorkerBytes: 60e6 },
      cores: {
        available: record.cores,
        meanUsed: (totals.cpu + totals.gc + totals.decode + totals.encode) / wallMs,
        nativeThreads: 64,
        meanNative: rows.native.reduce((sum, ms) => sum + ms, 0) / wallMs,
      },
      queue: { max: null, peak: Math.max(0, ...meter.columns.queued.map((sum) => sum / meter.windowMs)), refused: 0 },
      recycle: { afterTasks: record.recycle?.afterTasks ?? null, isSet: record.recycle !== null },
      codec: 'structured',
      set: ['workers'],
    },
    workers: record.workers.map((_, worker) => workerReport(run, worker, wallMs, perWorker[worker]!)),
    foldedWorkers: {
      ...{ workers: 0, tasks: 0, failed: 0, executionMs: 0, upMs: 0, busyMs: 0 },
      capacity: capacityOf(0),
    },
    byTask,
    ...{ sections: [], io: [], resources: [], cache: [], batches: [], deaths: [], sizing: [] },
    curves: curvesOf(run),
    heatmaps: [],
    marks: record.workers.map(({ readyMs }, worker) => ({
      ...{ atMs: readyMs, what: 'ready' as const, workerId: worker + 1, text: '' },
    })),
    slowest: [],
    spans: spansOf(run),
  };
}

function capacityFrom(buckets: Float64Array): Capacity {
  return Object.fromEntries(CAPACITY_IDS.map((id, i) => [id, buckets[i] ?? 0])) as Capacity;
}

function bootWait({ record, stamps }: Simulated, firstReady: number): number {
  let waitMs = 0;
  for (let row = 0; row < record.rows.count; row++) {
    waitMs += Math.max(0, Math.min(firstReady, stamps[row * 10 + 1] ?? 0) - (stamps[row * 10] ?? 0));
  }
  return waitMs;
}

function endsOf({ record: { rows }, stamps, isRetried }: Simulated) {
  const byEnd = { ok: 0, error: 0, cancelled: 0, timeout: 0, crash: 0, retried: 0 };
  const found = { ok: 0, error: 0, crash: 0 };
  for (let row = 0; row < rows.count; row++) {
    const ms = (stamps[row * 10 + 6] ?? 0) - (stamps[row * 10 + 5] ?? 0);
    const end = rows.ends[row] === ENDS.ok ? 'ok' : rows.ends[row] === ENDS.crash ? 'crash' : 'error';
    found[end]++;
    byEnd[isRetried[row] === 1 ? 'retried' : end] += ms;
  }
  return { byEnd, outcomes: found };
}

/** Times in proportion, so that they add up to a sum. */
function share<K extends string>(parts: Record<K, number>, sum: number): Record<K, number> {
  const entries: [string, number][] = Object.entries(parts);
  const total = entries.reduce((all, [, ms]) => all + ms, 0);
  const scaled = entries.map(([id, ms]) => [id, total === 0 ? 0 : (ms * sum) / total]);
  return Object.fromEntries(scaled) as Record<K, number>;
}

function workerReport(run: Simulated, index: number, wallMs: number, capacity: Capacity): WorkerReport {
  const { record, stamps, worker, meter } = run;
  const { rows, names } = record;
  const all = Array.from({ length: rows.count }, (_, row) => row);
  const ms = (row: number) => (stamps[row * 10 + 6] ?? 0) - (stamps[row * 10 + 5] ?? 0);
  const own = all.filter((row) => worker[row] === index);
  const sums = names.map((_, name) => all.filter((row) => rows.name[row] === name).map(ms));
  const means = sums.map((each) => each.reduce((sum, x) => sum + x, 0) / Math.max(1, each.length));
  const executionMs = own.reduce((sum, row) => sum + ms(row), 0);
  const usualMs = own.reduce((sum, row) => sum + (means[rows.name[row] ?? 0] ?? 0), 0);
  const busyMs = meter.busyMs[index] ?? 0;
  const byStart = [...own].sort((a, b) => (stamps[a * 10 + 5] ?? 0) - (stamps[b * 10 + 5] ?? 0));
  const readyMs = record.workers[index]?.readyMs ?? 0;
  return {
    ...{
      workerId: index + 1,
      slot: index,
      tasks: own.length,
      failed: own.filter((row) => rows.ends[row] !== 0).length,
    },
    ...{ upMs: wallMs, busyMs, utilization: busyMs / wallMs, executionMs },
    bootMs: record.recycle?.bootMs ?? (record.rebootMs > 0 ? record.rebootMs : readyMs > 0 ? readyMs : null),
    ...{ exited: false, why: '', capacity },
    relativeTime: own.length < 20 || usualMs === 0 ? null : executionMs / usualMs,
    byTask: names.map((task, name) => {
      const times = own.filter((row) => rows.name[row] === name).map(ms);
      const sorted = [...times].sort((a, b) => a - b);
      const totalMs = times.reduce((sum, x) => sum + x, 0);
      return { task, count: times.length, totalMs, medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0 };
    }),
    ...{
      gcMs: capacity.gc,
      gcCount: Math.ceil(capacity.gc / 2),
      gcWorstSecondMs: Math.min(1000, (capacity.gc / wallMs) * 1000),
      loopDelayMaxMs: 0,
    },
    ...{ allocatedBytes: 50e6, heapPeakBytes: 60e6, heapLimitBytes: 2 ** 31, rssPeakBytes: 60e6 },
    ...{
      cpuMs: capacity.cpu + capacity.gc,
      processCpuMs: null,
      heapFloor: null,
      firstTasksMs: byStart.slice(0, 5).map(ms),
    },
  };
}

function curvesOf({ record, meter, stamps }: Simulated): Curves {
  const { windowMs, columns, delays } = meter;
  const windows = columns.queued.length;
  const means = (id: keyof typeof columns) => columns[id].map((sum) => sum / windowMs);
  const counts = (stamp: number, counted: (row: number) => boolean = () => true) => {
    const found = new Array<number>(windows).fill(0);
    for (let row = 0; row < record.rows.count; row++) {
      const window = Math.min(windows - 1, Math.floor((stamps[row * 10 + stamp] ?? 0) / windowMs));
      if (counted(row) && window >= 0) found[window]!++;
    }
    return found;
  };
  const none = () => new Array<null>(windows).fill(null);
  const arrived = counts(0);
  const settled = counts(9);
  return {
    ...{ windowMs, atMs: arrived.map((_, i) => i * windowMs), arrived, settled },
    failed: counts(9, (row) => record.rows.ends[row] !== ENDS.ok),
    ...{ queued: means('queued'), blocked: means('held'), unsettled: means('unsettled') },
    ...{ workersUp: means('workersUp'), workersBusy: means('workersBusy') },
    ...{ bytesIn: arrived.map((each) => each * 100), bytesOut: settled.map((each) => each * 100) },
    ...{ parentLoop: means('parentLoop'), workerLoop: means('workerLoop'), parentDelayMs: delays, parentGcMs: none() },
    ...{ workerGcMs: columns.gc, workerRssBytes: none(), workerHeapBytes: none() },
    ...{ parentRssBytes: none(), parentHeapBytes: none() },
  };
}

function spansOf({ record, stamps, worker }: Simulated): SpanColumns {
  const { rows, names } = record;
  const all = Array.from({ length: rows.count }, (_, row) => row);
  const attempt = new Int32Array(rows.count).fill(1);
  const taskId = Int32Array.from(all);
  for (const row of all) {
    const after = rows.after[row] ?? -1;
    if (after < 0) continue;
    attempt[row] = (attempt[after] ?? 1) + 1;
    taskId[row] = taskId[after] ?? 0;
  }
  return {
    ...{ kept: rows.count, of: rows.count, tasks: names, taskId: Array.from(taskId), task: Array.from(rows.name) },
    ...{ attempt: Array.from(attempt), workerId: all.map((row) => (worker[row] ?? 0) + 1) },
    outcome: all.map((row) => (rows.ends[row] === ENDS.ok ? 'ok' : rows.ends[row] === ENDS.crash ? 'crash' : 'error')),
    weight: all.map(() => 1),
    stamps: all.map((row) => Array.from(stamps.subarray(row * 10, row * 10 + 10))),
    limitWaitMs: Array.from(rows.hold),
    batchWaitMs: all.map(() => 0),
    encodeMs: Array.from(rows.inputEncode),
    backoffMs: Array.from(rows.backoff),
    inputBytes: all.map(() => 100),
    outputBytes: all.map(() => 100),
  };
}
