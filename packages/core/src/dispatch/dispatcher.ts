import type { Refusal } from '../contract/errors.js';
import type { ResolvedOptions } from '../contract/resolve-options.js';
import type { Task } from '../task/task.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { ResultRow } from '../worker/result-row.js';
import type { Worker } from '../worker/worker.js';
import type { WorkerEnd } from '../worker/worker-end.js';
import { depth } from './prefetch.js';
import { Assigner } from './assigner.js';
import { AssignmentPass } from './assignment-pass.js';
import { Backlog } from './backlog.js';
import { Outcomes } from './outcomes.js';
import { Passes } from './passes.js';
import { Roster, type RosterParts } from './roster.js';
import { notSerializable } from './task-errors.js';
import { TimeLimits } from './time-limits.js';
import { publishTrace } from './trace.js';
import { WorkStealing } from './work-stealing.js';

export interface DispatcherParts extends RosterParts {
  /** The pool, as an identity for traces. */
  pool: object;
  moduleUrl: string;
  options: ResolvedOptions;
  /** Tasks running at once in one worker; it may change. */
  concurrency(): number;
  /** Cores the program may use. */
  cores(): number;
  registry: TaskRegistry;
  random(): number;
  /** Everything that could be handed out was; `queued` tasks are left waiting. */
  onHandedOut(queued: number): void;
}

/**
 * Takes tasks in, has them assigned to workers, and takes their results back. Its parts know only those below them: work
 * stealing and time limits; outcomes and the assignment pass; the assigner; the backlog; the times of passes.
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

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    const { clock, registry, options } = parts;
    const { prefetch, timeoutStack, crashAttempts } = options;
    this.roster = new Roster(parts);
    const { workers } = this.roster;
    const passes = (this.#passes = new Passes({ registry, workers, run: () => this.#pass() }));
    const backlog = (this.#backlog = new Backlog({ ...parts, passes }));
    const assigner = (this.#assigner = new Assigner({ ...parts, backlog }));
    const assignment = (this.#assignment = new AssignmentPass({ ...parts, prefetch, backlog, assigner }));
    const outcomes = (this.#outcomes = new Outcomes({ ...parts, crashAttempts, backlog }));
    this.#limits = new TimeLimits({ ...parts, timeoutStack, backlog, outcomes, assignment });
    this.#stealing = new WorkStealing({ clock, workers, assigner, assignment });
  }

  /** Tasks that wait for a worker. */
  get queued(): number {
    return this.#backlog.size;
  }

  /** Execution time expected of the tasks that wait, ms. */
  get queuedMs(): number {
    return this.#backlog.expectedMs;
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

  /** The number of tasks running at once in one worker is another one now. */
  onTuned(): void {
    for (const worker of this.roster.workers) {
      worker.assigned.tune(this.#parts.concurrency());
      this.#assignment.mayHaveRoom(worker);
    }
    this.#passes.schedule();
  }

  /** Takes back what a worker has in flight and has not begun. */
  recallPrefetched(worker: Worker): void {
    this.#assignment.recall(worker, worker.assigned.unbegun());
  }

  /** Gives work to this number of workers at most from now on: those with the least memory. The others finish what they have. */
  limitWorking(most: number): void {
    const ready = this.roster.ready.sort((a, b) => a.metrics.rssBytes - b.metrics.rssBytes);
    this.#assignment.limitWorking(ready, most);
    this.#passes.schedule();
  }

  pause(): void {
    this.#assignment.pause();
  }

  resume(): void {
    this.#assignment.resume();
    this.#passes.schedule();
  }

  /** Queues a task that the registry has taken in. */
  submit(task: Task): void {
    this.#backlog.add(task);
  }

  /** Gives a task to this worker now, past the queue. */
  submitTo(worker: Worker, task: Task): void {
    this.#assigner.assign(worker, task);
    this.#passes.schedule();
  }

  /** The caller does not want this task any more. */
  cancel(task: Task, reason: unknown): void {
    publishTrace(this.#parts.pool, task, 'cancelled', this.#parts.clock.now());
    this.#withdraw(task, reason);
    this.#parts.registry.cancel(task, reason);
    this.#passes.schedule();
  }

  /** Rejects a task, wherever it is, as a failure. */
  reject(task: Task, error: unknown): void {
    publishTrace(this.#parts.pool, task, 'error', this.#parts.clock.now());
    this.#withdraw(task, error);
    this.#parts.registry.fail(task, error);
  }

  onReady(worker: Worker): void {
    this.roster.join(worker);
    // It may have changed since the worker was told.
    worker.assigned.tune(this.#parts.concurrency());
    this.#assignment.join(worker);
    this.#passes.schedule();
  }

  onResult(worker: Worker, task: Task, row: ResultRow): void {
    try {
      // Dropped as cancelled, yet it is wanted: it has not run, so it may run elsewhere.
      if (!this.#outcomes.onResult(task, worker.id, row)) this.#backlog.requeue(task);
    } catch (error) {
      // Whatever it was, it concerns this task only, which is out of its worker's hand already.
      if (task.state === 'settled') throw error;
      this.#parts.registry.fail(task, error);
    }
  }

  /** Results of a worker have been read, from its frame or its log: hand it the next tasks. */
  onSettled(worker: Worker): void {
    this.#freed(worker);
    const { clock, registry } = this.#parts;
    registry.balance.handed(clock.now() - worker.usedAtMs);
  }

  #freed(worker: Worker): void {
    if (worker.isReady) {
      this.#assignment.onResults(worker);
    } else {
      // It was told to go; what was assigned to it in this very turn is still its to do.
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

  /** The input of a task that is in no queue and no hand cannot be sent. */
  refuse(task: Task, refusal: Refusal): void {
    publishTrace(this.#parts.pool, task, 'error', this.#parts.clock.now());
    this.#parts.registry.fail(task, notSerializable(task, 'input', refusal));
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

  /** Every task that has not settled, oldest first. */
  all(): Task[] {
    const all = [...this.#backlog, ...this.#outcomes.retrying, ...this.roster.tasks()];
    return all.sort((a, b) => a.id - b.id);
  }

  #pass(): void {
    const { clock, registry } = this.#parts;
    const beganAt = clock.now();
    this.#assignment.run();
    if (this.#assigner.flush()) this.roster.noteSent();
    registry.balance.handed(clock.now() - beganAt);
    this.#stealing.look();
    this.#parts.onHandedOut(this.queued);
  }

  /** Takes a task out of the queue, or out of its worker's hand. */
  #withdraw(task: Task, reason: unknown): void {
    if (task.state === 'queued') this.#backlog.remove(task);
    else if (task.state === 'retrying') this.#outcomes.retrying.delete(task);
    else this.#assignment.release(task, reason);
  }

  /** Hands nothing more to a worker. */
  #drop(worker: Worker): void {
    this.#assignment.leave(worker);
    if (this.roster.workers.length === 0) this.#stealing.stop();
  }
}
