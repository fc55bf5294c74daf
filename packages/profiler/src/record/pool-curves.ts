import type { TaskTrace, WorkerUsage } from '@millpond/core';
import type { Curves } from '../model/curves.js';
import type { ParentSample } from './parent-recorder.js';
import { Windows } from './windows.js';

/** Curves of one pool over time. */
export class PoolCurves {
  readonly windows: Windows;
  readonly #arrived;
  readonly #settled;
  readonly #failed;
  readonly #queued;
  readonly #blocked;
  readonly #unsettled;
  readonly #busy;
  readonly #bytesIn;
  readonly #bytesOut;
  readonly #up;
  readonly #active;
  readonly #asleep;
  readonly #gc;
  readonly #rss;
  readonly #heap;
  readonly #parent;
  /** Last report of each worker that is up. */
  readonly #last = new Map<number, WorkerUsage>();
  #rssBytes = 0;
  #heapBytes = 0;

  constructor(startMs: number) {
    const windows = (this.windows = new Windows(startMs));
    this.#arrived = windows.sums();
    this.#settled = windows.sums();
    this.#failed = windows.sums();
    this.#queued = windows.levels();
    this.#blocked = windows.levels();
    this.#unsettled = windows.levels();
    this.#busy = windows.levels();
    this.#bytesIn = windows.sums();
    this.#bytesOut = windows.sums();
    this.#up = windows.readings('last');
    this.#active = windows.sums();
    this.#asleep = windows.sums();
    this.#gc = windows.sums();
    this.#rss = windows.readings('last');
    this.#heap = windows.readings('last');
    this.#parent = {
      loop: windows.readings('last'),
      delay: windows.readings('max'),
      gc: windows.sums(),
      rss: windows.readings('last'),
      heap: windows.readings('last'),
    };
  }

  add(trace: TaskTrace): void {
    const { submittedAt, assignedAt, settledAt, outcome, limitWaitMs, batchWaitMs } = trace;
    this.#settled.add(settledAt);
    if (trace.attempt === 1) this.#arrived.add(submittedAt);
    if (outcome !== 'ok') this.#failed.add(settledAt);
    const waitedTo = Number.isNaN(assignedAt) ? settledAt : assignedAt;
    const blockedMs = Math.min(waitedTo - submittedAt, Math.max(limitWaitMs, batchWaitMs));
    if (blockedMs > 0) this.#blocked.add(submittedAt, submittedAt + blockedMs);
    this.#queued.add(submittedAt + Math.max(0, blockedMs), waitedTo);
    this.#unsettled.add(submittedAt, settledAt);
    this.#bytesIn.add(submittedAt, trace.inputBytes);
    this.#bytesOut.add(settledAt, trace.outputBytes);
  }

  /** One more worker handled tasks for a while. */
  handled(fromMs: number, toMs: number): void {
    this.#busy.add(fromMs, toMs);
  }

  up(workers: number, atMs: number): void {
    this.#up.set(atMs, workers);
  }

  used(workerId: number, usage: WorkerUsage): void {
    const before = this.#last.get(workerId);
    if (before !== undefined && before.atMs > usage.atMs) return;
    this.#last.set(workerId, usage);
    const { atMs } = usage;
    const fromMs = Math.min(atMs, before?.atMs ?? usage.sinceMs);
    this.#active.spread(fromMs, atMs, Math.max(0, usage.loopActiveMs - (before?.loopActiveMs ?? 0)));
    this.#asleep.spread(fromMs, atMs, Math.max(0, usage.loopIdleMs - (before?.loopIdleMs ?? 0)));
    this.#gc.spread(fromMs, atMs, Math.max(0, usage.gcMs - (before?.gcMs ?? 0)));
    this.#rssBytes += usage.rssBytes - (before?.rssBytes ?? 0);
    this.#heapBytes += usage.heapUsedBytes - (before?.heapUsedBytes ?? 0);
    this.#rss.set(atMs, this.#rssBytes);
    this.#heap.set(atMs, this.#heapBytes);
  }

  /** A worker has ended: its memory is free. */
  ended(workerId: number, atMs: number): void {
    const last = this.#last.get(workerId);
    if (last === undefined) return;
    this.#last.delete(workerId);
    this.#rssBytes -= last.rssBytes;
    this.#heapBytes -= last.heapUsedBytes;
    this.#rss.set(atMs, this.#rssBytes);
    this.#heap.set(atMs, this.#heapBytes);
  }

  /** The program's main thread was looked at. */
  parentWas({ atMs, busyShare, delayMaxMs, gcMs, rssBytes, heapBytes }: ParentSample): void {
    const { loop, delay, gc, rss, heap } = this.#parent;
    loop.set(atMs, busyShare);
    delay.set(atMs, delayMaxMs);
    gc.add(atMs, gcMs);
    rss.set(atMs, rssBytes);
    heap.set(atMs, heapBytes);
  }

  report(endMs: number): Curves {
    const { windows } = this;
    const count = windows.countTo(endMs);
    const { windowMs } = windows;
    const active = this.#active.values(count);
    const asleep = this.#asleep.values(count);
    const hasUsage = active.some((ms) => ms > 0) || asleep.some((ms) => ms > 0);
    return {
      windowMs,
      atMs: Array.from({ length: count }, (_, i) => i * windowMs),
      arrived: this.#arrived.values(count),
      settled: this.#settled.values(count),
      failed: this.#failed.values(count),
      queued: this.#queued.values(count).map(tidy),
      blocked: this.#blocked.values(count).map(tidy),
      unsettled: this.#unsettled.values(count).map(tidy),
      workersUp: carried(this.#up.values(count)).map((value) => value ?? 0),
      workersBusy: this.#busy.values(count).map(tidy),
      bytesIn: this.#bytesIn.values(count),
      bytesOut: this.#bytesOut.values(count),
      workerLoop: active.map((ms, i) => (ms + (asleep[i] ?? 0) > 0 ? ms / (ms + (asleep[i] ?? 0)) : null)),
      workerGcMs: this.#gc.values(count).map((ms) => (hasUsage ? tidy(ms) : null)),
      workerRssBytes: carried(this.#rss.values(count)),
      workerHeapBytes: carried(this.#heap.values(count)),
      parentLoop: this.#parent.loop.values(count),
      parentDelayMs: this.#parent.delay.values(count),
      parentGcMs: this.#parent.gc.values(count),
      parentRssBytes: this.#parent.rss.values(count),
      parentHeapBytes: this.#parent.heap.values(count),
    };
  }
}

/** Sums of floating numbers end a little beside the truth. */
function tidy(value: number): number {
  return Math.max(0, Math.round(value * 1e6) / 1e6);
}

/** Readings, each of which holds until the next one. */
function carried(values: readonly (number | null)[]): (number | null)[] {
  let last: number | null = null;
  return values.map((value) => (last = value ?? last));
}
