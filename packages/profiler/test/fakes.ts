import { channel } from 'node:diagnostics_channel';
import {
  CHANNELS,
  type PoolKind,
  type SectionDelta,
  type TaskTrace,
  type WorkerMessage,
  type WorkerUsage,
} from '@millpond/core';
import fc from 'fast-check';
import type { ProfiledPool } from '../src/attach.js';
import { PoolRecorder } from '../src/record/pool-recorder.js';
import type { SectionNode } from '../src/record/section-ledger.js';

/** The ten stamps of a try whose nine segments take these times, from `t0` on. */
export function traceOf(segments: readonly number[], fields: Partial<TaskTrace> & { t0?: number } = {}): TaskTrace {
  const { t0 = 1000, ...rest } = fields;
  const stamps = [t0];
  for (const ms of segments) stamps.push((stamps.at(-1) ?? 0) + ms);
  return { taskId: 1, task: 'resize', attempt: 1, workerId: 1, outcome: 'ok', ...fromStamps(stamps), ...rest };
}

/** Ten stamps, t0 to t9, by their names; those that are missing are NaN. */
export function fromStamps(stamps: readonly number[]) {
  const at = (index: number) => stamps[index] ?? NaN;
  return {
    errorName: '',
    limitWaitMs: 0,
    batchWaitMs: 0,
    encodeMs: 0,
    backoffMs: 0,
    inputHash: 0,
    inputBytes: 0,
    outputBytes: 0,
    submittedAt: at(0),
    assignedAt: at(1),
    sentAt: at(2),
    receivedAt: at(3),
    decodedAt: at(4),
    startedAt: at(5),
    endedAt: at(6),
    repliedAt: at(7),
    returnedAt: at(8),
    settledAt: at(9),
  };
}

/** A try that ran in [from, to] and took no time elsewhere. */
export function ran(from: number, to: number, fields: Partial<TaskTrace> = {}): TaskTrace {
  return traceOf([0, 0, 0, 0, 0, to - from, 0, 0, 0], { t0: from, ...fields });
}

/** What a worker reports of sections that took these times, one after another. */
export function deltaOf(path: string[], task: string, durationsMs: readonly number[], selfMs?: number): SectionDelta {
  const totalMs = durationsMs.reduce((sum, ms) => sum + ms, 0);
  return {
    path,
    task,
    count: durationsMs.length,
    totalMs,
    selfMs: selfMs ?? totalMs,
    calledMs: selfMs ?? totalMs,
    awaitedMs: 0,
    minMs: Math.min(...durationsMs),
    maxMs: Math.max(...durationsMs),
    squares: durationsMs.reduce((sum, ms) => sum + ms * ms, 0),
    counts: [[100, durationsMs.length]],
    errors: 0,
    openMs: totalMs,
    peak: 1,
  };
}

/** Notes a call of a section of the parent that took this long. */
export function timed({ sums }: SectionNode, totalMs: number, selfMs = totalMs): void {
  sums.opened(0);
  sums.closed(totalMs, totalMs, selfMs, false);
}

/** A recorder whose window begins at 1000. */
export function recorderOf(
  parts: { readyWorkers?: number[]; level?: 'stats' | 'trace'; name?: string; kind?: PoolKind } = {},
) {
  const { readyWorkers = [], level = 'stats', name = 'resize', kind = 'process' } = parts;
  const workers = readyWorkers.map((id) => ({ id, slot: id - 1, isReady: true }));
  return new PoolRecorder({ name, kind, workers, wanted: workers.length, phase: 'noWork' }, 1000, level);
}

/** What a worker says of itself: nothing but these fields. */
export function usageOf(fields: Partial<WorkerUsage>): WorkerUsage {
  return {
    ...{ atMs: 0, sinceMs: 0, loopActiveMs: 0, loopIdleMs: 0, loopDelayMaxMs: 0, cpuMs: 0, runQueueMs: 0 },
    processCpuMs: null,
    ...{ gcMs: 0, gcScavengeMs: 0, gcMarkMs: 0, gcCount: 0, gcWorstSecondMs: 0, heapFloorBytes: 0 },
    ...{ heapUsedBytes: 0, heapLimitBytes: 0, externalBytes: 0, rssBytes: 0, allocatedBytes: 0 },
    ...{ decodeMs: 0, encodeMs: 0, profilerMs: 0, tasks: [] },
    ...fields,
  };
}

/** News of a worker. */
export function workerMessage(what: WorkerMessage['what'], workerId: number, atMs: number, bootMs = 0): WorkerMessage {
  const slot = workerId - 1;
  return { pool: {}, kind: 'process', workerId, slot, what, atMs, bootMs, isFault: false, why: '', section: '' };
}

/** A pool that only says what a test has it say. */
export class FakePool implements ProfiledPool {
  tasks = { queued: 0, dispatched: 0 };
  workerList: { id: number; slot: number; state: 'idle' | 'starting' | 'exited' }[] = [];
  sizing = { workers: 1, min: 1, max: 4, concurrency: 1 };
  readonly name: string;

  constructor(name = 'fake') {
    this.name = name;
  }

  stats() {
    const { name, workerList, tasks, sizing } = this;
    return { name, kind: 'process' as const, workerList, tasks, sizing };
  }

  saysTask(trace: TaskTrace): void {
    channel(CHANNELS.task).publish({ pool: this, trace });
  }

  saysSections(sections: readonly SectionDelta[], workerId = 1): void {
    channel(CHANNELS.sections).publish({ pool: this, workerId, sections });
  }

  saysWorker(what: WorkerMessage['what'], workerId: number, atMs: number, bootMs = 0): void {
    channel(CHANNELS.worker).publish({ ...workerMessage(what, workerId, atMs, bootMs), pool: this });
  }
}

/** Stamps as a clock gives them: 10 days of uptime, steps of 2⁻²⁰ ms. */
export const arbitraryStamp = fc.integer({ min: 0, max: 2 ** 30 }).map((steps) => 864_000_000 + steps / 2 ** 20);
