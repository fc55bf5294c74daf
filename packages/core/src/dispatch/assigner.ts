import type { Clock } from '../base/clock.js';
import { ReusedList } from '../base/reused-list.js';
import { PoolError } from '../contract/errors.js';
import type { Task } from '../task/task.js';
import type { TaskRegistry } from '../task/task-registry.js';
import { CALM, MORE } from '../wire/frame.js';
import type { Worker } from '../worker/worker.js';
import type { Backlog } from './backlog.js';
import { notFound } from './task-errors.js';
import { publishTrace } from './trace.js';

/**
 * The core count takes 0.6 ms to read (docs/decisions/0009-worker-start.md), so short programs skip it. It only tells
 * workers whether they may stay awake. They do so after 32 calls in a row (child/busy-poll.ts). Two workers then have 64.
 */
const TASKS_BEFORE_CORES = 64;

export interface AssignerParts {
  /** The pool, as an identity for traces. */
  pool: object;
  moduleUrl: string;
  clock: Clock;
  registry: TaskRegistry;
  backlog: Backlog;
  /** Cores that the program may use. */
  cores(): number;
}

/** Assigns tasks to workers, and sends each worker its tasks of one pass in one frame. */
export class Assigner {
  readonly #parts: AssignerParts;
  /** Workers with tasks in their send buffer. */
  readonly #unsent = new ReusedList<Worker>();
  #prefetched = 0;

  constructor(parts: AssignerParts) {
    this.#parts = parts;
  }

  /** Number of tasks so far that went to a worker with another one in flight. */
  get prefetched(): number {
    return this.#prefetched;
  }

  /** Assigns a task, which no line holds any more, to a worker. Rejects it with the reason if that is impossible. */
  assign(worker: Worker, task: Task): void {
    const { pool, moduleUrl, clock, registry, backlog } = this.#parts;
    if (task.deadlineMs < Infinity && task.deadlineMs <= clock.now()) {
      backlog.expire(task);
      return;
    }
    if (worker.assigned.isFull) {
      // Only a broadcast gets here: all other tasks go where there is a place.
      registry.fail(task, new PoolError('ERR_QUEUE_FULL', { queued: worker.inFlight, max: worker.inFlight }));
      return;
    }
    const handler = worker.handlers.get(task.name);
    if (handler === undefined) {
      publishTrace(pool, task, 'error', clock.now());
      registry.fail(task, notFound(task.name, moduleUrl, [...worker.handlers.keys()]));
      return;
    }
    if (!worker.assigned.hasUnsent) this.#unsent.push(worker);
    registry.handOver(task, worker.assign(task, handler));
    if (worker.inFlight > 1) this.#prefetched++;
  }

  /** Sends what was assigned since the last call. Returns whether there was anything to send. */
  flush(): boolean {
    const hasSent = this.#unsent.size > 0;
    const flags = this.#flags();
    for (let index = 0; index < this.#unsent.size; index++) this.#unsent.at(index).flush(flags);
    this.#unsent.clear();
    return hasSent;
  }

  /** Facts about other tasks that workers get with their own. */
  #flags(): number {
    const { counts, pending } = this.#parts.registry;
    if (counts.queued > 0) return MORE;
    if (counts.completed < TASKS_BEFORE_CORES) return 0;
    // A worker that stays awake needs a core, and so does this thread. So the pending tasks must leave one core free.
    return pending < this.#parts.cores() ? CALM : 0;
  }
}
