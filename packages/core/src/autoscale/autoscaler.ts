import { debugLog } from '../base/debug-log.js';
import { plural } from '../base/format-count.js';
import type { PoolEvents } from '../contract/events.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import type { DetectedWorkload, SizingStats } from '../contract/stats.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { decide, type SizingDecision, type SizingState, startSizing } from '../sizing/decide.js';
import { CoreShare } from '../sizing/governor.js';
import type { SizingLimits, SizingSample } from '../sizing/sample.js';
import { type SizeRange, startConcurrency, wantedWorkers } from '../sizing/static-size.js';
import { isKnown, kindOf } from '../sizing/workload-profile.js';
import type { Supervisor } from '../supervise/supervisor.js';
import type { GoFirst } from '../supervise/too-many.js';
import type { TaskType } from '../task/task-type.js';
import type { Worker } from '../worker/worker.js';
import { warnOfExcess } from './excess-warning.js';
import type { Keeper, Pace } from './heartbeat.js';
import type { MemoryBounds } from './memory-watch.js';
import { Observer } from './observer.js';

const log = debugLog('sizing');

export interface AutoscalerParts {
  options: Pick<ResolvedOptions, 'name' | 'concurrency' | 'workload'>;
  range: SizeRange;
  dispatcher: Dispatcher;
  supervisor: Supervisor<Worker>;
  types: Iterable<TaskType>;
  memory(): MemoryBounds;
  /** Cores that the program may use. */
  cores(): number;
  /** Time for which workers have been ready, all together, ms. */
  readyMs(): number;
  emit(event: 'resized', ...args: Parameters<PoolEvents['resized']>): void;
}

/**
 * Chooses how many workers a pool wants, and how many tasks each runs at once: looks, has `decide` choose, applies. The
 * supervisor keeps the number of workers. Concurrency, the range, and what was learned are kept here.
 */
export class Autoscaler implements Keeper {
  readonly #parts: AutoscalerParts;
  readonly #observer: Observer;
  readonly #share = new CoreShare();
  #range: SizeRange;
  #concurrency: number;
  #reason: string;
  /** What was learned; undefined before the first look. */
  #state: SizingState | undefined;
  /** Time for which places existed, up to the last change of their number; and the workers' ready time then. */
  #pastPlaceMs = 0;
  #readyMsThen = 0;
  /** Whether workers up to the number at first may start without a look. It holds until the law chooses otherwise. */
  #growsAtOnce = true;

  constructor(parts: AutoscalerParts) {
    this.#parts = parts;
    const { range, options, supervisor, dispatcher, types, memory } = parts;
    this.#range = range;
    this.#reason = range.reason;
    this.#concurrency = startConcurrency(options.concurrency, options.workload);
    this.#observer = new Observer({
      workers: () => supervisor.staying(),
      types,
      waiting: () => ({ tasks: dispatcher.queued, expectedMs: dispatcher.queuedMs }),
      memory,
    });
  }

  /** Tasks running at once in one worker. */
  get concurrency(): number {
    return this.#concurrency;
  }

  /** Bounds of the number of workers. */
  get range(): SizeRange {
    return this.#range;
  }

  /** Work begins. From the next look on, the other pools of the program leave this one its part of the cores. */
  wake(nowMs: number): void {
    this.#share.join();
    this.#observer.wake(nowMs);
  }

  /** While there is work, looks four times a second. After that, as long as workers may go, it looks once a second. */
  tick(nowMs: number, hasWork: boolean): Pace {
    const { supervisor, cores } = this.#parts;
    const sample = this.#observer.look(nowMs, { workers: supervisor.wanted, concurrency: this.#concurrency });
    this.#tellOthers(sample, hasWork);
    const limits = this.#limits(cores());
    const decision = decide(this.#state ?? startSizing(nowMs), sample, limits);
    this.#state = decision.state;
    this.#apply(decision, hasWork);
    const mayGo = decision.workers > limits.minWorkers && limits.idleMs !== Infinity;
    if (!hasWork && !mayGo) {
      this.#rest();
      return 'rest';
    }
    if (!hasWork) return 'slow';
    // Where only memory may change the numbers, the slow beat is enough. The memory watch has its own pace.
    const isFixed = limits.minWorkers === limits.maxWorkers && limits.minConcurrency === limits.maxConcurrency;
    return isFixed ? 'slow' : 'fast';
  }

  stop(): void {
    this.#share.leave();
  }

  /** Grows for waiting tasks: as many workers as they can use, up to where the law takes over. */
  growFor(tasks: number): void {
    const to = this.#workersFor(tasks);
    if (to > this.#parts.supervisor.wanted) this.#want(to, `${plural(tasks, 'task')} to run`);
  }

  /** Places for tasks in workers that start, and in workers that would start at once for waiting tasks. */
  placesToCome(): number {
    const { supervisor } = this.#parts;
    // A worker after its last task is about to be replaced.
    const isDone = ({ inFlight, tasksLeft }: Worker): boolean => inFlight === 0 && tasksLeft <= 0;
    const working = supervisor.staying().filter((worker) => worker.isReady && !isDone(worker)).length;
    const workers = Math.max(this.#workersFor(Infinity), supervisor.wanted);
    return Math.max(0, workers - working) * this.#concurrency;
  }

  /** Starts a worker if the pool wants none now. */
  wantAtLeastOne(): void {
    if (this.#parts.supervisor.wanted === 0) this.#want(1, 'a broadcast needs a worker');
  }

  /** Sets another range from now on. A pool at rest needs a beat then, after which workers above the least may go. */
  resize(range: SizeRange): void {
    this.#range = range;
    const { supervisor, memory } = this.#parts;
    supervisor.slots.limit(range.max + range.spare);
    // Spares that memory has cost come back when it is free again.
    supervisor.wantSpares(memory().isShort ? Math.min(range.spare, supervisor.wantedSpares) : range.spare);
    const to = Math.min(range.max, Math.max(range.min, supervisor.wanted));
    // Also where the number of workers stays: the old reason was that of other bounds.
    this.#reason = `resize(): ${range.reason}`;
    this.#want(to, this.#reason);
    this.#growsAtOnce = true;
    this.#replaceBeyondSlots();
  }

  /** Replaces workers whose slots the pool has no more. One that cannot be replaced stays, which an event reports. */
  #replaceBeyondSlots(): void {
    const { supervisor } = this.#parts;
    for (const worker of [...supervisor.workers].filter((each) => supervisor.slots.isBeyond(each))) {
      // The supervisor reports it by the event `recycle:failed`.
      supervisor.replace(worker, { reason: this.#reason, takeOver: 'ready', isFinal: false }).catch(() => {});
    }
  }

  /** Time for which places for tasks have existed. A worker with four places adds four times its ready time. */
  get placeMs(): number {
    return this.#pastPlaceMs + (this.#parts.readyMs() - this.#readyMsThen) * this.#concurrency;
  }

  stats(): SizingStats {
    const { min, max } = this.#range;
    const workers = this.#parts.supervisor.wanted;
    return { workers, min, max, concurrency: this.#concurrency, detected: this.#detected, reason: this.#reason };
  }

  /** What tasks are like; undefined while that is unknown. */
  get #detected(): DetectedWorkload | undefined {
    const shape = this.#state?.shape;
    return shape !== undefined && isKnown(shape) ? kindOf(shape) : undefined;
  }

  #limits(cores: number): SizingLimits {
    const { min, max } = this.#parts.options.concurrency;
    return {
      minWorkers: this.#range.min,
      maxWorkers: this.#range.max,
      minConcurrency: min,
      maxConcurrency: max,
      idleMs: this.#range.idleMs,
      cores: this.#share.coresOf(cores),
    };
  }

  /** Publishes what this pool uses to the other pools of the program. */
  #tellOthers({ elapsedMs, cpuMs, waiting }: SizingSample, isActive: boolean): void {
    const usedCores = elapsedMs > 0 ? cpuMs / elapsedMs : 0;
    const computingWorkers = this.#computes ? this.#parts.supervisor.wanted : 0;
    this.#share.tell({ usedCores, isActive, isShort: waiting > 0, computingWorkers }, elapsedMs);
    if (this.#computes) warnOfExcess(this.#parts.cores());
  }

  /**
   * No look follows. The other pools see what is left of this one. Without workers it leaves, because nothing holds such a pool. A
   * program may then drop it without a call that ends it.
   */
  #rest(): void {
    const { wanted } = this.#parts.supervisor;
    if (wanted === 0) this.#share.leave();
    else
      this.#share.tell(
        { usedCores: 0, isActive: false, isShort: false, computingWorkers: this.#computes ? wanted : 0 },
        0,
      );
  }

  /** Whether its tasks compute, as far as is known. */
  get #computes(): boolean {
    return this.#detected === 'computing' || (this.#detected === undefined && this.#parts.options.workload === 'cpu');
  }

  #apply({ workers, concurrency, reason, goFirst }: SizingDecision, hasWork: boolean): void {
    const { dispatcher, supervisor, readyMs } = this.#parts;
    if (concurrency !== this.#concurrency) {
      if (log.isOn) log.write('%s: %d tasks at once in each worker: %s', this.#parts.options.name, concurrency, reason);
      this.#pastPlaceMs = this.placeMs;
      this.#readyMsThen = readyMs();
      this.#concurrency = concurrency;
      this.#reason = reason;
      dispatcher.onTuned();
    }
    if (workers === supervisor.wanted) return;
    // Workers that went because there was nothing to do come back in the same way. Any other choice stands.
    this.#growsAtOnce = !hasWork;
    this.#want(workers, reason, goFirst);
  }

  /** Number of workers that this number of tasks calls for at once; no less than the number wanted now. */
  #workersFor(tasks: number): number {
    const { supervisor, memory, cores } = this.#parts;
    const { wanted } = supervisor;
    // Free checks come first, because this runs whenever tasks were handed out and some are left.
    if (!this.#growsAtOnce || wanted >= Math.max(1, this.#range.start)) return wanted;
    const start = Math.max(1, Math.ceil(this.#range.start * this.#share.shareOf(cores())));
    if (wanted >= start) return wanted;
    const { room, cap } = memory();
    const useful = wantedWorkers({ ...this.#range, start }, wanted, tasks, this.#concurrency);
    return Math.max(1, wanted, Math.min(useful, wanted + room, cap));
  }

  #want(to: number, reason: string, goFirst: GoFirst = 'coldest'): void {
    const { supervisor, memory, emit } = this.#parts;
    const from = supervisor.wanted;
    if (to === from) return;
    this.#reason = reason;
    if (log.isOn) log.write('%s: %d workers instead of %d: %s', this.#parts.options.name, to, from, reason);
    supervisor.want(to, memory().isShort ? 'fattest' : goFirst);
    emit('resized', { from, to, reason });
  }
}
