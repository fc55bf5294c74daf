import type { PoolEvents } from '../contract/events.js';
import type { ResolvedOptions } from '../contract/resolve-options.js';
import type { SizingStats } from '../contract/stats.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { GovernorSeat } from '../sizing/governor.js';
import type { SizingDecision } from '../sizing/decide.js';
import type { SizingLimits } from '../sizing/sample.js';
import { startConcurrency, wantedWorkers, type SizeRange } from '../sizing/static-size.js';
import type { Pace } from '../supervise/heartbeat.js';
import type { MemoryWatch } from '../supervise/memory-watch.js';
import { Sizer } from '../supervise/sizer.js';
import type { Supervisor } from '../supervise/supervisor.js';
import type { GoFirst } from '../supervise/too-many.js';
import type { TaskBook } from '../task/task-book.js';
import type { TaskType } from '../task/task-type.js';
import type { Worker } from '../worker/worker.js';

export interface PoolSizingParts {
  options: ResolvedOptions;
  range: SizeRange;
  book: TaskBook;
  dispatcher: Dispatcher;
  supervisor: Supervisor<Worker>;
  types: Iterable<TaskType>;
  memory: MemoryWatch;
  /** Cores the program may use. */
  cores(): number;
  /** Time workers have been ready, all together, ms. */
  readyMs(): number;
  emit(event: 'resized', ...args: Parameters<PoolEvents['resized']>): void;
}

/** How many workers a pool wants and how many tasks each runs at once: the numbers, why, and the parts that change them. */
export class PoolSizing {
  /** Tasks running at once in one worker. */
  concurrency: number;
  readonly #parts: PoolSizingParts;
  readonly #seat = new GovernorSeat();
  #range: SizeRange;
  #reason: string;
  /** Made when there is work for the first time: it reads files. */
  #sizer: Sizer | undefined;
  /** Time that places for tasks were there, until the number of places changed; and the ready time of workers then. */
  #pastPlaceMs = 0;
  #readyMsThen = 0;
  /** Whether as many workers as at first may be started without looking: until the law has chosen otherwise. */
  #growsAtOnce = true;

  constructor(parts: PoolSizingParts) {
    this.#parts = parts;
    const { range, options } = parts;
    this.#range = range;
    this.#reason = range.reason;
    this.concurrency = startConcurrency(options.concurrency, options.workload);
  }

  /** Between which numbers the pool moves. */
  get range(): SizeRange {
    return this.#range;
  }

  /** There is work after a rest. */
  wake(nowMs: number): void {
    this.#sizer ??= this.#makeSizer(nowMs);
    this.#sizer.wake(nowMs);
  }

  tick(nowMs: number): Pace {
    return this.#sizer?.tick(nowMs) ?? 'rest';
  }

  /** Tasks wait: as many workers as they can use, up to where the law takes over. */
  growFor(tasks: number): void {
    const to = this.#workersFor(tasks);
    if (to <= this.#parts.supervisor.wanted) return;
    this.#want(to, `${tasks} tasks to run`);
    this.#sizer?.set(to);
  }

  /** Places for tasks in workers that start, and in those that would be started at once if tasks waited for them. */
  placesToCome(): number {
    const { supervisor } = this.#parts;
    // One that has had its last task is about to be followed by another.
    const isDone = ({ load, tasksLeft }: Worker): boolean => load === 0 && tasksLeft <= 0;
    const working = supervisor.staying().filter((worker) => worker.isReady && !isDone(worker)).length;
    const workers = Math.max(this.#workersFor(Infinity), supervisor.wanted);
    return Math.max(0, workers - working) * this.concurrency;
  }

  /** Number of workers that this number of tasks calls for at once; no less than the number wanted now. */
  #workersFor(tasks: number): number {
    const { supervisor, memory } = this.#parts;
    const { wanted } = supervisor;
    // First what costs nothing: this is asked whenever tasks were handed out and some are left.
    if (!this.#growsAtOnce || wanted >= Math.max(1, this.#range.start)) return wanted;
    const start = Math.max(1, Math.ceil(this.#range.start * this.#seat.shareOf(this.#parts.cores())));
    if (wanted >= start) return wanted;
    const { room, cap } = memory.bounds;
    const useful = wantedWorkers({ ...this.#range, start }, wanted, tasks, this.concurrency);
    return Math.max(1, wanted, Math.min(useful, wanted + room, cap));
  }

  /** Starts a worker if the pool wants none now. */
  wantAtLeastOne(): void {
    if (this.#parts.supervisor.wanted > 0) return;
    this.#want(1, 'a broadcast needs a worker');
    this.#sizer?.set(1);
  }

  /** Another range from now on. */
  resize(range: SizeRange): void {
    this.#range = range;
    const { supervisor, options } = this.#parts;
    supervisor.wantSpares(range.spare);
    const to = Math.min(range.max, Math.max(range.min, supervisor.wanted));
    this.#want(to, `resize() to ${range.min}–${range.max}`);
    this.#growsAtOnce = true;
    this.#sizer?.limit(limitsOf(range, options));
    this.#sizer?.set(to);
  }

  stop(): void {
    this.#sizer?.stop();
  }

  /** Time that places for tasks have been there: of a worker with four, four times as long as it has been ready. */
  get placeMs(): number {
    return this.#pastPlaceMs + (this.#parts.readyMs() - this.#readyMsThen) * this.concurrency;
  }

  stats(): SizingStats {
    const { min, max } = this.#range;
    const workers = this.#parts.supervisor.wanted;
    return { workers, min, max, concurrency: this.concurrency, detected: this.#sizer?.kind, reason: this.#reason };
  }

  #makeSizer(nowMs: number): Sizer {
    const { options, dispatcher, supervisor, types, book, memory, cores } = this.#parts;
    const parts = {
      seat: this.#seat,
      cores: cores(),
      limits: limitsOf(this.#range, options),
      workers: () => supervisor.staying(),
      types: () => types,
      waiting: () => ({ tasks: dispatcher.queued, expectedMs: dispatcher.queuedMs }),
      pending: () => book.pending,
      memory: () => memory.bounds,
      apply: (decision: SizingDecision) => this.#apply(decision),
    };
    return new Sizer(parts, supervisor.wanted, this.concurrency, nowMs);
  }

  #apply({ workers, concurrency, reason, goFirst }: SizingDecision): void {
    const { book, dispatcher, supervisor } = this.#parts;
    if (concurrency !== this.concurrency) {
      this.#pastPlaceMs = this.placeMs;
      this.#readyMsThen = this.#parts.readyMs();
      this.concurrency = concurrency;
      this.#reason = reason;
      dispatcher.onTuned();
    }
    if (workers === supervisor.wanted) return;
    // Workers that went because there was nothing to do come back as they came; any other choice stands.
    this.#growsAtOnce = book.pending === 0;
    this.#want(workers, reason, goFirst);
  }

  #want(to: number, reason: string, goFirst: GoFirst = 'coldest'): void {
    const { supervisor, memory, emit } = this.#parts;
    const from = supervisor.wanted;
    if (to === from) return;
    this.#reason = reason;
    supervisor.want(to, memory.level === 'normal' ? goFirst : 'fattest');
    emit('resized', { from, to, reason });
  }
}

function limitsOf({ min, max }: SizeRange, { concurrency }: ResolvedOptions): Omit<SizingLimits, 'cores'> {
  return {
    minWorkers: min,
    maxWorkers: max,
    minConcurrency: concurrency.min,
    maxConcurrency: concurrency.max,
  };
}
