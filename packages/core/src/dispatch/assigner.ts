import type { Clock } from '../base/clock.js';
import { debugLog, poolName } from '../base/debug-log.js';
import { ReusedList } from '../base/reused-list.js';
import { PoolError } from '../contract/errors.js';
import type { Permit } from '../limits/breaker.js';
import type { TaskGrant } from '../limits/task-grant.js';
import type { Ticket } from '../limits/task-limits.js';
import { BatchCall } from '../task/batch-call.js';
import type { BatchTask } from '../task/batch-task.js';
import type { Assignment, Task } from '../task/task.js';
import type { TaskRegistry } from '../task/task-registry.js';
import { TASK_SLOTS } from '../wire/claim-board.js';
import { CALM, MORE } from '../wire/frame.js';
import type { Worker } from '../worker/worker.js';
import type { Backlog } from './backlog.js';
import { notFound } from './task-errors.js';
import { publishBatch, publishTrace } from './trace.js';

/**
 * The core count takes 0.6 ms to read (docs/decisions/0009-worker-start.md), so short programs skip it. It only tells
 * workers whether they may stay awake. They do so after 32 calls in a row (child/busy-poll.ts). Two workers then have 64.
 */
const TASKS_BEFORE_CORES = 64;

const log = debugLog('dispatch');

export interface AssignerParts {
  /** The pool, as an identity for traces. */
  pool: object;
  moduleUrl: string;
  clock: Clock;
  registry: TaskRegistry;
  backlog: Backlog;
  /** Cores that the program may use. */
  cores(): number;
  /** Looks after a task that may be run again beside this run. */
  hedge(task: Task): void;
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

  /** Number of calls so far that went to a worker with another one in flight. */
  get prefetched(): number {
    return this.#prefetched;
  }

  /** Assigns a task, which no line holds any more, to a worker. Rejects it with the reason if that is impossible. */
  assign(worker: Worker, task: Task): void {
    if (task.members !== undefined) {
      this.#assignBatch(worker, task as BatchTask);
      return;
    }
    const { pool, clock, registry, backlog } = this.#parts;
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
      this.#refuse(worker, task);
      return;
    }
    const { watchesTries } = task.type;
    const permit = watchesTries ? this.#admit(task) : undefined;
    if (permit === false) return;
    if (!worker.assigned.hasUnsent) this.#unsent.push(worker);
    const place = worker.assign(task, handler);
    registry.handOver(task, place);
    if (log.isOn) log.write('%s: task %d "%s" goes to worker %d', poolName(pool), task.id, task.name, worker.id);
    if (watchesTries) this.#watch(task, place, permit);
    if (worker.calls > 1) this.#prefetched++;
  }

  /** Notes what policies hold for a try that begins. */
  #watch(task: Task, place: Assignment, permit: Permit | undefined): void {
    const { limits, hedge } = task.type;
    const { ticket } = task.extras;
    if (limits !== undefined && ticket !== undefined) place.grant = limits.take(ticket, this.#parts.clock.now());
    if (permit !== undefined) place.policies = { permit, hedgeTimer: undefined };
    if (hedge !== undefined) this.#parts.hedge(task);
  }

  /** Asks the circuit breaker of a task for a permit. @returns false if the breaker has refused the task, which is then rejected */
  #admit(task: Task): Permit | undefined | false {
    const { breakers } = task.type;
    if (breakers === undefined || task.isBroadcast) return undefined;
    const { pool, clock, registry } = this.#parts;
    const nowMs = clock.now();
    const permit = breakers.admit(task.breakerKey, nowMs);
    if (permit !== undefined) return permit;
    const error = breakers.refuse(task.breakerKey, nowMs, task.failure?.error);
    publishTrace(pool, task, 'error', nowMs, {}, error);
    registry.fail(task, error);
    return false;
  }

  /** Assigns the members of a batch, as far as the worker may take them, as one call. */
  #assignBatch(worker: Worker, batch: BatchTask): void {
    const { pool, clock, registry, backlog } = this.#parts;
    const now = clock.now();
    const { why = 'size', inputs: gathered, members } = batch;
    const items = members.size;
    const tasks = backlog.takeMembers(
      batch,
      Math.max(1, Math.min(worker.tasksLeft, TASK_SLOTS - worker.assigned.size)),
    );
    const handler = worker.handlers.get(batch.name);
    const going: Task[] = [];
    const permits: Permit[] | undefined = batch.type.breakers && [];
    for (const task of tasks) {
      if (handler === undefined) this.#refuse(worker, task);
      else if (task.deadlineMs <= now) backlog.expire(task);
      else {
        const permit = permits && this.#admit(task);
        if (permit === false) continue;
        going.push(task);
        if (permit !== undefined) permits?.push(permit);
      }
    }
    if (handler === undefined || going.length === 0) return;
    const shares = sharesInput(going);
    const inputs = going.length === items ? gathered : going.length - (shares?.size ?? 0);
    const grant = takeLimits(batch, going, shares, now);
    if (!worker.assigned.hasUnsent) this.#unsent.push(worker);
    const call = new BatchCall(going.length, inputs, batch);
    for (let at = 0; at < going.length; at++) {
      const task = going[at] as Task;
      const place = worker.assign(task, handler, call);
      place.grant = grant;
      registry.handOver(task, place);
      if (permits !== undefined) place.policies = { permit: permits[at], hedgeTimer: undefined };
    }
    if (worker.calls > 1) this.#prefetched++;
    const waitedMs = now - batch.dueAt;
    batch.type.batches?.noteLeft(going.length, inputs, waitedMs, why);
    publishBatch({ pool, task: batch.name, workerId: worker.id, items: going.length, inputs, waitedMs, why });
  }

  /** Rejects a task whose handler the worker does not have. */
  #refuse(worker: Worker, task: Task): void {
    const { pool, moduleUrl, clock, registry } = this.#parts;
    publishTrace(pool, task, 'error', clock.now());
    registry.fail(task, notFound(task.name, moduleUrl, [...worker.handlers.keys()]));
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
    const { gathering, blocked } = this.#parts.backlog;
    // Tasks that wait for their limits come to no worker that answers later.
    if (counts.queued > gathering + blocked) return MORE;
    if (counts.completed < TASKS_BEFORE_CORES) return 0;
    // A worker that stays awake needs a core, and so does this thread. So the pending tasks must leave one core free.
    return pending - gathering < this.#parts.cores() ? CALM : 0;
  }
}

/** The rows of these tasks that share the input of an earlier one. Undefined where no task has a key. */
function sharesInput(tasks: readonly Task[]): Set<number> | undefined {
  if (tasks[0]?.extras.batch?.key === undefined) return undefined;
  const keys = new Set<string>();
  const rows = new Set<number>();
  for (const [row, { extras }] of tasks.entries()) {
    const key = extras.batch?.key as string;
    if (keys.has(key)) rows.add(row);
    else keys.add(key);
  }
  return rows;
}

/** What the tasks of a batch take of the limits of their name, together; undefined without limits. */
function takeLimits(
  { extras: { ticket: whole }, type: { limits } }: BatchTask,
  tasks: readonly Task[],
  shares: Set<number> | undefined,
  now: number,
): TaskGrant | undefined {
  if (limits === undefined || whole === undefined) return undefined;
  const rows = tasks.map(({ extras }) => extras.ticket as Ticket) as [Ticket, ...Ticket[]];
  for (const [row, own] of rows.entries()) {
    // A task that joined later has waited for less time.
    const waitedMs = now - (tasks[row] as Task).dueAt;
    own.limitWaitMs = Math.min(own.limitWaitMs + whole.limitWaitMs, waitedMs);
  }
  return limits.takeAll(rows, (row) => shares?.has(row) !== true, now);
}
