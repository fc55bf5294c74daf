import { AbortWatch } from '../base/abort-watch.js';
import type { Timer } from '../base/clock.js';
import { PoolError } from '../contract/errors.js';
import type { TaskCounts } from '../contract/stats.js';
import { Balance } from './balance.js';
import { type InputMemory, REUSED_BYTES } from './input-memory.js';
import type { Assignment, Task } from './task.js';
import { canMoveTask, type TaskState } from './task-state.js';
import type { TryPolicies } from './task-terms.js';

/** How a task ended, for the counts. */
export type TaskEnd = 'completed' | 'failed' | 'cancelled';

/** All counts but that of running tasks, which only the workers' claim boards have. */
export type RegistryCounts = Omit<TaskCounts, 'running'>;

export interface TaskRegistryParts {
  /** Gets the memory of large inputs back, when their tasks settle. */
  memory: InputMemory;
  onAbort: (task: Task, reason: unknown) => void;
  onPendingChange: (pending: number) => void;
}

/**
 * Knows where every task stands. It is the only writer of task states, and the only place where a task settles. Therefore
 * each task is counted exactly once. At every moment submitted = queued + dispatched + completed + failed + cancelled.
 */
export class TaskRegistry {
  /** Cost of tasks to this thread, and the time that they take off it. */
  readonly balance = new Balance();
  #pending = 0;
  readonly #counts: RegistryCounts = {
    submitted: 0,
    queued: 0,
    dispatched: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    timedOut: 0,
    retried: 0,
    crashed: 0,
    slow: 0,
  };
  readonly #aborts: AbortWatch<Task>;
  readonly #memory: InputMemory;
  readonly #onPendingChange: (pending: number) => void;

  constructor(parts: TaskRegistryParts) {
    this.#memory = parts.memory;
    this.#aborts = new AbortWatch(parts.onAbort);
    this.#onPendingChange = parts.onPendingChange;
  }

  /** Tasks that have not settled. */
  get pending(): number {
    return this.#pending;
  }

  get counts(): Readonly<RegistryCounts> {
    return this.#counts;
  }

  /** Accepts a new task, as queued. */
  enter(task: Task): void {
    this.#counts.submitted++;
    this.#counts.queued++;
    if (task.extras.signal !== undefined) this.#aborts.watch(task.extras.signal, task);
    if (++this.#pending === 1) this.#onPendingChange(1);
  }

  /** Limits the wait of a queued task to this timer. */
  limitWait(task: Task, timer: Timer): void {
    if (task.state !== 'queued') this.#refuse(task, 'queued');
    task.owned = timer;
  }

  /** Notes that a worker has a queued task in flight now. */
  handOver(task: Task, place: Assignment): void {
    this.#move(task, 'dispatched', place);
  }

  /** Puts a task back in the queue: it had not begun, or its next try is due. */
  requeue(task: Task): void {
    this.#move(task, 'queued', undefined);
  }

  /** Notes a failed try; the next one is due when this timer fires. */
  retryLater(task: Task, timer: Timer): void {
    this.#move(task, 'retrying', timer);
    this.#counts.retried++;
  }

  /** Notes that its last try has failed, while a further run of it is under way. */
  awaitTwins(task: Task): void {
    this.#move(task, 'retrying', undefined);
  }

  noteCrash(): void {
    this.#counts.crashed++;
  }

  noteTimeout(task: Task): void {
    if (!task.isTwin) this.#counts.timedOut++;
  }

  /** Notes that a task is slow. False when that is known: another run of it was so before. */
  noteSlow({ owner }: Task): boolean {
    if (owner.history.isSlow) return false;
    owner.history.isSlow = true;
    this.#counts.slow++;
    owner.type.slow++;
    return true;
  }

  complete(task: Task, value: unknown): void {
    this.#settle(task, 'completed');
    task.resolve(value);
  }

  fail(task: Task, error: unknown): void {
    this.#settle(task, 'failed');
    task.reject(error);
  }

  cancel(task: Task, reason: unknown): void {
    this.#settle(task, 'cancelled');
    task.reject(reason);
  }

  #settle(task: Task, end: TaskEnd): void {
    const from = task.state;
    this.#check(task, 'settled');
    release(task);
    task.state = 'settled';
    task.owned = undefined;
    if (task.aside !== undefined || task.inputBytes >= REUSED_BYTES) this.#memory.reclaim(task);
    // A twin was never counted in: the task that it is a run of counts.
    if (task.isTwin) return;
    this.#count(from, -1);
    this.#countEnd(task, end);
    if (task.extras.signal !== undefined) this.#aborts.forget(task.extras.signal, task);
    task.twins?.taskSettled();
    if (--this.#pending === 0) this.#onPendingChange(0);
  }

  #move(task: Task, to: Exclude<TaskState, 'settled'>, owned: Timer | Assignment | undefined): void {
    const from = task.state;
    this.#check(task, to);
    release(task);
    task.state = to;
    task.owned = owned;
    if (task.isTwin) return;
    this.#count(from, -1);
    this.#count(to, 1);
  }

  // Written out, because it is done three times a task.
  #count(state: TaskState, by: 1 | -1): void {
    if (state === 'dispatched') this.#counts.dispatched += by;
    else this.#counts.queued += by;
  }

  #countEnd({ type }: Task, end: TaskEnd): void {
    if (end === 'completed') {
      this.#counts.completed++;
      type.completed++;
    } else if (end === 'failed') {
      this.#counts.failed++;
      type.failed++;
    } else {
      this.#counts.cancelled++;
    }
  }

  #check(task: Task, to: TaskState): void {
    if (!canMoveTask(task.state, to)) this.#refuse(task, to);
  }

  #refuse(task: Task, to: TaskState): never {
    throw new PoolError('ERR_STATE', { what: `task ${task.id} "${task.name}"`, from: task.state, to });
  }
}

/** Ends the timer that the state of a task owns, and what policies hold. Its worker frees the place. */
function release({ state, owned }: Task): void {
  if (owned === undefined) return;
  if (state !== 'dispatched') (owned as Timer).cancel();
  else if ((owned as Assignment).policies !== undefined) leave(owned as Assignment);
}

/** Ends what policies hold for a try. A breaker that has not got its outcome by now does not count it. */
function leave(place: Assignment): void {
  const { permit, hedgeTimer } = place.policies as TryPolicies;
  permit?.breaker.ended(permit, 'ignored', permit.beganAtMs, 0);
  hedgeTimer?.cancel();
  place.policies = undefined;
}
