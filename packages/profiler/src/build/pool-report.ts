import { type Histogram } from '@millpond/core/internal';
import type { Curves } from '../model/curves.js';
import type { BatchReport, CacheReport, PoolReport } from '../model/pool-report.js';
import type { TaskReport } from '../model/task-report.js';
import type { PoolStanding } from '../pool-facts.js';
import { CacheLedger } from '../record/policy-ledgers.js';
import type { PoolRecorder } from '../record/pool-recorder.js';
import { EXECUTION, TraceSplitter } from '../record/segments.js';
import { SpanSample } from '../record/span-sample.js';
import type { TaskLedger } from '../record/task-ledger.js';
import { workerCapacity } from '../record/worker-capacity.js';
import { askedAndUsed } from './asked.js';
import { durationStats } from './durations.js';
import { executionParts, noParts } from './execution-parts.js';
import { ioReports } from './io-reports.js';
import { poolSections } from './sections.js';
import { share, sum } from './sums.js';
import { addOutcomes, bySegment, inFlightMs, taskReport } from './task-reports.js';
import { workerReports } from './worker-reports.js';

/** Measurements of a recorder up to `endMs` (host clock), as plain data. @param isFull whether with single tries */
export function poolReport(recorder: PoolRecorder, endMs: number, standing: PoolStanding, isFull: boolean): PoolReport {
  recorder.catchUp();
  const wallMs = Math.max(0, endMs - recorder.startMs);
  const curves = recorder.curves.report(endMs);
  const byTask = taskReports(recorder, endMs, standing, curves);
  const tries = sum(byTask, (task) => task.tries);
  const retries = sum(byTask, (task) => task.retries);
  const activeMs = recorder.lastSettleMs - recorder.firstSubmitMs;
  const meansMs = new Map(byTask.map(({ task, segments }) => [task, segments.execution.meanMs]));
  const workers = workerReports(recorder.workers, endMs, meansMs);
  const since = <T extends { atMs: number }>(each: T): T => ({ ...each, atMs: each.atMs - recorder.startMs });
  return {
    name: recorder.pool.name,
    kind: recorder.pool.kind,
    wallMs,
    bootMs: bootMs(recorder, endMs),
    bootWaitMs: recorder.bootWaitMs,
    activeMs: Number.isNaN(activeMs) ? 0 : activeMs,
    tasks: tries - retries,
    tries,
    retries,
    outcomes: addOutcomes(byTask.map((task) => task.outcomes)),
    tasksPerSecond: share(tries - retries, wallMs / 1000),
    meanInFlight: share(sum(byTask, inFlightMs), wallMs),
    // Messages of the pool have the number at some moments only. Curves have its means.
    peakInFlight: Math.max(recorder.peakUnsettled, ...curves.unsettled.map(Math.ceil)),
    ...workers,
    submitGaps: submitGaps(recorder),
    loops: standing.loops,
    hasKeys: standing.hasKeys,
    atEnd: { ...standing.tasks, silentWorkers: recorder.silentWorkers, running: standing.running },
    asked: askedAndUsed(recorder, standing, workers, curves, byTask, wallMs),
    byTask,
    sections: poolSections(recorder, byTask),
    io: ioReports(recorder.io, byTask),
    resources: [],
    cache: cacheReports(recorder, byTask),
    batches: batchReports(recorder, standing),
    deaths: recorder.deaths.map((death) => {
      const lostMs = recorder.workers.find(death.workerId)?.executionByEnd.crash ?? 0;
      return { ...since(death), lostMs };
    }),
    sizing: recorder.sizing.map(since),
    curves,
    heatmaps: Array.from(recorder.maps.entries(), ([task, map]) =>
      map.report(task, curves.windowMs, curves.atMs.length),
    ),
    marks: [...recorder.marks],
    slowest: slowest(recorder),
    ...(recorder.profiles === undefined ? {} : { cpu: recorder.profiles.cpu(), heap: recorder.profiles.heap() }),
    ...(isFull && recorder.spans !== undefined
      ? { spans: SpanSample.columns([recorder.spans.good, recorder.spans.failed], recorder.startMs) }
      : {}),
  };
}

function taskReports(recorder: PoolRecorder, endMs: number, standing: PoolStanding, curves: Curves): TaskReport[] {
  const shares = Array.from(recorder.workers.workers, (worker) => ({
    capacity: workerCapacity(worker.times(endMs)),
    usage: worker.usage?.tasks ?? [],
    executionMs: new Map(Array.from(worker.byTask.entries(), ([task, { totalMs }]) => [task, totalMs])),
  }));
  const parts = executionParts(shares);
  const codecs = workerCodecs(recorder);
  // A name whose calls are all refused has no try, and is to be seen all the same.
  for (const [task, refused] of standing.refused) if (refused > 0) recorder.tasks.get(task);
  const entries = [...recorder.tasks.entries()];
  const weights = sum(entries, ([, ledger]) => resultWeight(ledger));
  const submits = sum(entries, ([, ledger]) => sum(Object.values(ledger.outcomes), (count) => count) - ledger.retries);
  return entries
    .map(([task, ledger]) => {
      const execution = ledger.segments[EXECUTION] as Histogram;
      const own = closedParts(parts.get(task) ?? noParts(), execution.sum);
      const codec = codecs.get(task) ?? { decodeMs: 0, encodeMs: 0 };
      const { inputEncode } = ledger.waits;
      const first = sum(Object.values(ledger.outcomes), (count) => count) - ledger.retries;
      return taskReport(task, ledger, {
        parts: own,
        codec: {
          // One call in 17 is timed, and stands for the others.
          inputEncodeMs: inputEncode.mean * execution.count,
          inputDecodeMs: codec.decodeMs,
          outputEncodeMs: codec.encodeMs,
          outputDecodeMs: (standing.resultsMs ?? 0) * share(resultWeight(ledger), weights),
          estimated: true,
        },
        asked: standing.asked.task(task),
        cacheWaits: recorder.cache.find(task)?.waits,
        breaker: breakerReport(recorder, standing, task, endMs),
        curves,
        shareOfTries: share(first, submits),
      });
    })
    .sort((a, b) => b.latency.totalMs - a.latency.totalMs);
}

function breakerReport(
  { breakers }: PoolRecorder,
  { asked, refused }: PoolStanding,
  task: string,
  endMs: number,
): TaskReport['breaker'] {
  if (!asked.task(task).breaker) return null;
  const ledger = breakers.find(task);
  return {
    opened: ledger?.opened ?? 0,
    openMs: ledger?.openMs(endMs) ?? 0,
    refused: refused.get(task) ?? 0,
    reason: ledger?.reason ?? '',
  };
}

/** Reading and settling a result takes about as long as reading 500 bytes more of it. */
const RESULT_BYTES = 500;

/** What the results of a name cost the main thread, in bytes. */
function resultWeight({ latency, bytesOut }: TaskLedger): number {
  return latency.count * RESULT_BYTES + bytesOut.total;
}

/** Parts of the listed workers, made to cover the execution of all. Those of folded workers are not known by task name. */
function closedParts(parts: TaskReport['execution'], executionMs: number): TaskReport['execution'] {
  const known = sum(Object.values(parts), (ms) => ms);
  const scale = known > executionMs ? executionMs / known : 1;
  const closed = Object.fromEntries(Object.entries(parts).map(([key, ms]) => [key, ms * scale])) as typeof parts;
  closed.unattributedMs += Math.max(0, executionMs - known);
  return closed;
}

function workerCodecs(recorder: PoolRecorder): Map<string, { decodeMs: number; encodeMs: number }> {
  const all = new Map<string, { decodeMs: number; encodeMs: number }>();
  for (const worker of recorder.workers.workers) {
    for (const { task, decodeMs, encodeMs } of worker.usage?.tasks ?? []) {
      const codec = all.get(task) ?? { decodeMs: 0, encodeMs: 0 };
      all.set(task, { decodeMs: codec.decodeMs + decodeMs, encodeMs: codec.encodeMs + encodeMs });
    }
  }
  return all;
}

function submitGaps({ submits: { gaps } }: PoolRecorder): NonNullable<PoolReport['submitGaps']> {
  return { count: gaps.count, p50Ms: gaps.percentile(0.5), p85Ms: gaps.percentile(0.85) };
}

/** Time in which the pool had neither a worker nor a task. */
function bootMs({ startMs, firstSubmitMs, workers }: PoolRecorder, endMs: number): number {
  const firstSubmit = Number.isNaN(firstSubmitMs) ? endMs : firstSubmitMs;
  return Math.max(0, Math.min(workers.firstReadyMs, firstSubmit, endMs) - startMs);
}

/** Caches, and names without one whose inputs come again. */
function cacheReports(recorder: PoolRecorder, byTask: readonly TaskReport[]): CacheReport[] {
  const names = new Set(Array.from(recorder.cache.entries(), ([task]) => task));
  for (const [task, { repeats }] of recorder.tasks.entries()) if ((repeats.totalMs ?? 0) > 0) names.add(task);
  return Array.from(names, (task) => {
    const ledger = recorder.cache.find(task) ?? new CacheLedger();
    const { hit, stale, stored, coalesced, miss, evicted } = ledger.counts;
    const hits = hit + stored;
    const lookups = hits + stale + coalesced + miss;
    return {
      ...{ task, lookups, hits, stale, coalesced, evicted },
      misses: miss,
      missMs: byTask.find((each) => each.task === task)?.segments.execution.meanMs ?? 0,
      lookupMs: lookups === 0 ? 0 : ledger.keyMs / lookups,
      exampleKeys: ledger.lonelyKeys(),
      repeatedMs: recorder.tasks.find(task)?.repeats.totalMs ?? null,
      inputs: recorder.tasks.find(task)?.repeats.inputs ?? null,
    };
  });
}

function batchReports(recorder: PoolRecorder, { asked }: PoolStanding): BatchReport[] {
  return Array.from(recorder.batches.entries(), ([task, ledger]) => {
    const { batchSize, batchMaxWaitMs } = asked.task(task);
    const size = batchSize ?? 0;
    return {
      task,
      batches: ledger.batches,
      items: ledger.items,
      fillShare: share(ledger.items, ledger.batches * size),
      size,
      maxWaitMs: batchMaxWaitMs ?? 0,
      waitMs: durationStats(ledger.waits),
      byReason: { ...ledger.byReason },
    };
  });
}

function slowest(recorder: PoolRecorder): PoolReport['slowest'] {
  const splitter = new TraceSplitter();
  return recorder.slowest.traces.map((trace) => {
    splitter.split(trace);
    const { taskId, task, attempt, workerId, outcome, inputBytes, outputBytes } = trace;
    return {
      ...{ taskId, task, attempt, workerId, outcome, inputBytes, outputBytes },
      atMs: trace.submittedAt - recorder.startMs,
      latencyMs: splitter.latencyMs,
      segments: bySegment((i) => splitter.segments[i] ?? 0),
    };
  });
}
