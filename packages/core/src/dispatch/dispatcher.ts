import type { DroppedBy, Refusal } from '../contract/errors.js';
import type { Task } from '../task/task.js';
import type { ResultRow } from '../worker/result-row.js';
import type { Worker } from '../worker/worker.js';
import type { WorkerEnd } from '../worker/worker-end.js';
import { Assigner } from './assigner.js';
import { AssignmentPass } from './assignment-pass.js';
import { Backlog } from './backlog.js';
import type { DispatcherParts } from './dispatcher-parts.js';
import { Hedging } from './hedging.js';
import { IdlePhaseWatch } from './idle-phase.js';
import { Outcomes } from './outcomes.js';
import { Passes } from './passes.js';
import { depth } from './prefetch.js';
import { Roster } from './roster.js';
import { dropped, notSerializable } from './task-errors.js';
import { TimeLimits } from './time-limits.js';
import { publishTrace } from './trace.js';
import { WorkStealing } from './work-stealing.js';

/**
 * Accepts tasks, has them assigned to workers, and takes their results back. Each of its parts knows only those below it. The
 * layers, from the top: work stealing and time limits; outcomes and assignment; the assigner; the backlog; the passes.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  /** Workers that may have tasks. */
  readonly roster: Roster;
  readonly #passes: Passes;
  readonly #backlog: Backlog;
  readonly #assigner: Assigner;
  readonly #assignment: AssignmentPass;
  readonly #outcomes: Outcomes;
  readonly #stealing: WorkStealing;
  readonly #limits: TimeLimits;
  readonly #idlePhase: IdlePhaseWatch;
  /** Made for the first task that is hedged. */
  #hedging: Hedging | undefined;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    const { clock, registry, options } = parts;
    const { prefetch, timeoutStack, crashAttempts } = options;
    const sharesWorkers = options.concurrency.max > 1;
    this.roster = new Roster(parts);
    const { workers } = this.roster;
    const passes = (this.#passes = new Passes({ registry, workers, run: () => this.#pass() }));
    const backlog = (this.#backlog = new Backlog({ ...parts, passes }));
    const assigner = (this.#assigner = new Assigner({ ...parts, backlog, hedge: (task) => this.#hedges.watch(task) }));
    const own = { sharesWorkers, prefetch, backlog, assigner };
    const assignment = (this.#assignment = new AssignmentPass({ ...parts, ...own }));
    const outcomes = (this.#outcomes = new Outcomes({ ...parts, crashAttempts, backlog }));
    this.#limits = new TimeLimits({ ...parts, timeoutStack, backlog, outcomes, assignment });
    this.#stealing = new WorkStealing({ clock, workers, assigner, assignment });
    this.#idlePhase = new IdlePhaseWatch({ ...parts, backlog, workers, isPaused: () => assignment.isPaused });
  }

  /** Whether any task has had a key. */
  get hasKeys(): boolean {
    return this.#backlog.affinity.hasKeys;
  }

  /** Tasks that wait for a worker. Those that wait for their limits do not count: more workers would do nothing for them. */
  get queued(): number {
    return this.#backlog.size - this.#backlog.blocked;
  }

  /** Tasks that wait for their limits. */
  get blocked(): number {
    return this.#backlog.blocked;
  }

  /** Expected execution time of the waiting tasks, ms. */
  get queuedMs(): number {
    return this.#backlog.expectedMs;
  }

  /** Wait so far of the task that waits longest for a worker, ms; 0 without one. */
  waitedMs(nowMs: number): number {
    let dueAt = nowMs;
    for (const head of this.#backlog.heads()) dueAt = Math.min(dueAt, head.dueAt);
    return nowMs - dueAt;
  }

  get isPaused(): boolean {
    return this.#assignment.isPaused;
  }

  /** Places in which a task could run at once, counted no further than `enough`. */
  freePlaces(enough: number): number {
    return this.#assignment.freeCapacity(enough);
  }

  /** Most tasks worth having submitted at once for `workers` workers: twice what they can have in flight. */
  usefulInFlight(expectedMs: number, workers: number): number {
    const { options, concurrency } = this.#parts;
    return 2 * Math.max(1, workers) * depth(concurrency(), options.prefetch, expectedMs);
  }

  /** Notes that the number of tasks running at once in one worker has changed. */
  onTuned(): void {
    for (const worker of this.roster.workers) {
      worker.assigned.tune(this.#parts.concurrency());
      this.#assignment.mayHaveRoom(worker);
    }
    this.#passes.schedule();
  }

  /** Recalls the tasks of a worker that have not begun. */
  recallPrefetched(worker: Worker): void {
    this.#assignment.recall(worker, worker.assigned.unbegun());
  }

  /**
   * Recalls the tasks of a circuit breaker that have not begun. They are refused when they are handed out again.
   * @param name see Breakers.task
   */
  recallRefused(name: string, breakerKey: string | undefined): void {
    // A copy: to look for them reads logs, after which a worker may leave.
    for (const worker of [...this.roster.workers]) {
      if (!worker.assigned.hasPrefetched) continue;
      const refused = worker.assigned.unbegun().filter((task) => task.hasBreaker(name, breakerKey));
      this.#assignment.recall(worker, refused);
    }
  }

  /** Limits tasks to this number of workers from now on, those with the least memory. The others finish what they have. */
  limitWorking(most: number): void {
    const ready = this.roster.ready.sort((a, b) => a.metrics.rssBytes - b.metrics.rssBytes);
    this.#assignment.limitWorking(ready, most);
    this.#passes.schedule();
  }

  pause(): void {
    this.#assignment.pause();
    this.#idlePhase.look();
  }

  resume(): void {
    this.#assignment.resume();
    this.#passes.schedule();
  }

  /** Ends the wait of batches for more items. @param name of their tasks; undefined for all */
  flush(name: string | undefined, why: 'flush' | 'close'): void {
    this.#backlog.flush(name, why);
  }

  /** Queues a task that the registry has accepted. */
  submit(task: Task): void {
    this.#backlog.add(task);
    this.#idlePhase.look();
  }

  /** Assigns a task to this worker now, past the queue. */
  submitTo(worker: Worker, task: Task): void {
    this.#assigner.assign(worker, task);
    this.#passes.schedule();
  }

  /** Drops a task that its caller does not want any more. */
  cancel(task: Task, reason: unknown): void {
    publishTrace(this.#parts.pool, task, 'cancelled', this.#parts.clock.now());
    this.#withdraw(task, reason);
    this.#parts.registry.cancel(task, reason);
    this.#passes.schedule();
  }

  /**
   * Rejects every task that waits, in a line or in a worker. One whose further run is under way has begun. Returns their number.
   */
  dropWaiting(by: DroppedBy): number {
    if (by === 'close') this.#outcomes.endTries();
    // A copy, as above.
    for (const worker of [...this.roster.present]) this.#assignment.recall(worker, worker.assigned.unbegun());
    const all = [...this.#backlog, ...this.#outcomes.retrying];
    const waiting = all.filter(({ twins }) => twins?.areUnderWay !== true);
    for (const task of waiting) this.reject(task, dropped(task, this.#parts.options.name, by));
    this.#passes.schedule();
    return waiting.length;
  }

  /** Rejects a task, wherever it is, as a failure. */
  reject(task: Task, error: unknown): void {
    publishTrace(this.#parts.pool, task, 'error', this.#parts.clock.now(), {}, error);
    this.#withdraw(task, error);
    this.#parts.registry.fail(task, error);
  }

  /** Rejects each task that comes to wait from now on: the pool runs no more. */
  end(error: Error): void {
    this.#backlog.end(error);
  }

  onReady(worker: Worker): void {
    if (worker.assigned.takesBatches) this.#backlog.gatherKnown();
    // The program's own code was asked, and may have ended the pool.
    if (!worker.isReady) return;
    this.roster.join(worker);
    // The concurrency may have changed since the worker got it.
    worker.assigned.tune(this.#parts.concurrency());
    this.#assignment.join(worker);
    this.#passes.schedule();
  }

  onResult(worker: Worker, task: Task, row: ResultRow): void {
    try {
      // The worker dropped it as cancelled, yet it is wanted. It has not run, so it may run elsewhere.
      if (!this.#outcomes.onResult(task, worker.id, row)) this.#backlog.requeue(task);
    } catch (error) {
      // The error concerns this task only, which is not in flight any more.
      if (task.state === 'settled') throw error;
      this.#parts.registry.fail(task, error);
    }
  }

  /** Hands a worker its next tasks, once its results have been read from its frame or its log. */
  onSettled(worker: Worker): void {
    this.#freed(worker);
    const { clock, registry } = this.#parts;
    registry.balance.read(clock.now() - worker.usedAtMs);
    this.#idlePhase.look();
  }

  #freed(worker: Worker): void {
    if (worker.isReady) {
      this.#assignment.onResults(worker);
    } else {
      // The worker is stopping. Tasks that were assigned to it in this very turn are still its own.
      worker.flush();
      this.roster.leave(worker);
      this.#drop(worker);
    }
    this.#passes.schedule(true);
  }

  onRefused(worker: Worker, task: Task, refusal: Refusal): void {
    this.refuse(task, refusal);
    this.#freed(worker);
  }

  /** Rejects a task whose input cannot be sent. It is in no queue and no worker. */
  refuse(task: Task, refusal: Refusal): void {
    const error = notSerializable(task, 'input', refusal);
    publishTrace(this.#parts.pool, task, 'error', this.#parts.clock.now(), {}, error);
    this.#parts.registry.fail(task, error);
  }

  onTimedOut(worker: Worker, task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void {
    this.#limits.onTimedOut(worker, task, ranMs, by);
  }

  onExited(worker: Worker, end: WorkerEnd): void {
    this.roster.remove(worker);
    this.#drop(worker);
    this.#outcomes.workerEnded(end);
    this.#passes.schedule();
  }

  /** Every task that has not settled, oldest first. Further runs of them are no tasks of their own. */
  all(): Task[] {
    const all = [...this.#backlog, ...this.#outcomes.retrying, ...this.roster.tasks()];
    return all.filter(({ isTwin }) => !isTwin).sort((a, b) => a.id - b.id);
  }

  get #hedges(): Hedging {
    const parts = { passes: this.#passes, assigner: this.#assigner, assignment: this.#assignment };
    const withdraw = (task: Task, reason: unknown): void => this.#withdraw(task, reason);
    return (this.#hedging ??= new Hedging({ ...this.#parts, ...parts, withdraw }));
  }

  #pass(): void {
    const { clock, registry } = this.#parts;
    const beganAt = clock.now();
    this.#assignment.run();
    if (this.#assigner.flush()) this.roster.noteSent();
    registry.balance.sent(clock.now() - beganAt);
    this.#idlePhase.look();
    this.#stealing.look();
    this.#parts.onHandedOut(this.queued);
  }

  /** Takes a task out of the queue, or out of its worker. */
  #withdraw(task: Task, reason: unknown): void {
    if (task.state === 'queued') this.#backlog.remove(task);
    else if (task.state === 'retrying') this.#outcomes.retrying.delete(task);
    else this.#assignment.release(task, reason);
  }

  /** Hands no more tasks to a worker. */
  #drop(worker: Worker): void {
    this.#assignment.leave(worker);
    if (this.roster.workers.length === 0) this.#stealing.stop();
  }
}
