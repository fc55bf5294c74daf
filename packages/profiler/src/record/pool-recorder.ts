import type { PoolKind, SectionDelta, TaskTrace, WorkerMessage } from '@millpond/core';
import { BoundedNames } from '@millpond/core/internal';
import type { Level } from '../options.js';
import { SectionLedger, sectionPlaces } from './section-ledger.js';
import { TraceSplitter } from './segments.js';
import { TaskLedger } from './task-ledger.js';
import { TraceRing } from './trace-ring.js';
import { WorkerLedger } from './worker-ledger.js';

// 100,000 tries are 9.7 MB in memory and about as much in JSON.
const MAX_TRACES = 100_000;
// A ledger is 67 KB. A caller may name tasks that no worker has, with names made of data.
const MOST_TASKS = 250;

/** Facts about a pool at the start of the window. */
export interface PoolIdentity {
  name: string;
  kind: PoolKind;
  /** Workers that are ready already. */
  readyWorkers: readonly number[];
}

/**
 * Collects the messages of one pool, from one moment on. Only counts: it decides nothing and formulates nothing.
 * Memory does not grow with the number of tasks; at level 'trace' up to 100,000 of them are kept besides.
 */
export class PoolRecorder {
  readonly pool: PoolIdentity;
  /** Begin of the window, on the host clock in milliseconds. */
  readonly startMs: number;
  readonly tasks = new BoundedNames(MOST_TASKS, () => new TaskLedger());
  readonly workers: WorkerLedger;
  /** Sections timed in workers, by task name. */
  readonly sections: BoundedNames<SectionLedger>;
  readonly ring: TraceRing | undefined;
  /** First submit and last settled promise of tries that came back, on the host clock; NaN before the first. */
  firstSubmitMs = NaN;
  lastSettleMs = NaN;
  /** Part of the queue wait of tries that came back: the time before any worker was up. */
  bootWaitMs = 0;
  /** Tries whose stamps were not in order of time, and the furthest a stamp had to be moved, in milliseconds. */
  readonly disorder = { tries: 0, maxMs: 0 };
  readonly #splitter = new TraceSplitter();

  constructor(pool: PoolIdentity, startMs: number, level: Level) {
    this.pool = pool;
    this.startMs = startMs;
    const places = sectionPlaces();
    this.sections = new BoundedNames(MOST_TASKS, () => new SectionLedger(places));
    this.workers = new WorkerLedger(startMs);
    for (const workerId of pool.readyWorkers) this.workers.wasReady(workerId);
    this.ring = level === 'trace' ? new TraceRing(MAX_TRACES) : undefined;
  }

  task(trace: TaskTrace): void {
    const split = this.#splitter;
    split.split(trace);
    this.tasks.get(trace.task).add(trace, split);
    if (split.disorderMs > 0) {
      this.disorder.tries++;
      this.disorder.maxMs = Math.max(this.disorder.maxMs, split.disorderMs);
    }
    this.workers.ran(trace);
    if (split.isComplete) this.#cameBack(trace);
    this.ring?.add(trace);
  }

  #cameBack({ submittedAt, settledAt }: TaskTrace): void {
    if (!(this.firstSubmitMs <= submittedAt)) this.firstSubmitMs = submittedAt;
    if (!(this.lastSettleMs >= settledAt)) this.lastSettleMs = settledAt;
    this.bootWaitMs += Math.max(0, this.workers.firstReadyMs - submittedAt);
  }

  addSections(deltas: readonly SectionDelta[]): void {
    for (const delta of deltas) this.sections.get(delta.task).merge(delta);
  }

  worker(message: WorkerMessage): void {
    this.workers.changed(message);
  }
}
