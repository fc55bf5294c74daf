import type { Task } from '../task/task.js';
import { type Affinity, hasTooManyKeys } from './affinity.js';
import type { Assigner } from './assigner.js';
import type { Candidate } from './candidate.js';
import type { FreeCapacity } from './capacity.js';
import type { Quarantine } from './quarantine.js';
import { goesBefore } from './task-order.js';
import type { WaitingTasks } from './waiting.js';

export interface TaskChoiceParts {
  queue: WaitingTasks;
  affinity: Affinity;
  capacity: FreeCapacity;
  assigner: Assigner;
  quarantine: Quarantine;
  /** Whether a worker may ever run several tasks at once. */
  sharesWorkers: boolean;
}

/**
 * Decides which waiting task a worker gets next. It may be one of the queue, or one that waits for this worker because of its
 * key. It may also have waited too long for another worker. A task whose key has another home goes there, or waits for it.
 */
export class TaskChoice {
  readonly #queue: WaitingTasks;
  readonly #affinity: Affinity;
  readonly #capacity: FreeCapacity;
  readonly #assigner: Assigner;
  readonly #quarantine: Quarantine;
  readonly #sharesWorkers: boolean;

  constructor({ queue, affinity, capacity, assigner, quarantine, sharesWorkers }: TaskChoiceParts) {
    this.#queue = queue;
    this.#affinity = affinity;
    this.#capacity = capacity;
    this.#assigner = assigner;
    this.#quarantine = quarantine;
    this.#sharesWorkers = sharesWorkers;
  }

  /** Fills the free places of workers that tasks wait for. */
  serveAwaited(): void {
    for (const candidate of this.#affinity.awaited()) {
      // A worker may be set aside for long, because memory is short or for a suspect.
      if (candidate.isSpent || candidate.isSetAside) this.unpark(candidate);
      else this.#serve(candidate);
    }
  }

  /** Puts the tasks that wait for a worker back at the head of the queue. */
  unpark(candidate: Candidate): void {
    for (const task of this.#affinity.release(candidate).reverse()) this.#queue.unshift(task);
  }

  #serve(candidate: Candidate): void {
    while (this.#capacity.has(candidate)) {
      const task = this.ownFirst(candidate);
      if (task === undefined) return;
      this.#assigner.assign(candidate.worker, this.#affinity.take(task));
    }
  }

  /**
   * The first task that waits for this worker, unless one in the queue goes before it.
   * @param isAhead whether it would be prefetched, as no task with limits is
   */
  ownFirst(candidate: Candidate, isAhead = false): Task | undefined {
    if (this.#affinity.size === 0) return undefined;
    const own = this.#affinity.firstFor(candidate, isAhead);
    const first = isAhead ? this.#queue.firstAhead : this.#queue.first;
    return own === undefined || (first !== undefined && goesBefore(first, own)) ? undefined : own;
  }

  /**
   * Takes the next task for this worker: one that waits for it, or one of the queue. On the way, a task whose key another
   * worker knows goes to that worker, or waits for it. An exclusive task stays in the queue; see `setAside`. A task whose input is
   * moved is not prefetched, since it could not be recalled.
   */
  nextFor(candidate: Candidate, isAhead = false): Task | undefined {
    for (;;) {
      const own = this.ownFirst(candidate, isAhead);
      const task = own ?? (isAhead ? this.#queue.firstAhead : this.#queue.first);
      if (task === undefined || (isAhead && task.isOneShot)) return undefined;
      if (own !== undefined) return this.#affinity.take(own);
      // Not only the first of the queue: beside tasks with limits, another one may be the next to prefetch.
      if (this.#mustBeSetAside(task)) return undefined;
      this.#queue.take(task);
      if (task.key === undefined) return task;
      const home = this.#homeFor(task.key, candidate, isAhead);
      const isFirst = this.#affinity.firstFor(home) === undefined;
      if (home.isSetAside || (isFirst && home === candidate)) return task;
      if (isFirst && this.#capacity.has(home)) {
        this.#assigner.assign(home.worker, task);
      } else {
        this.#affinity.park(task, home);
        if (home !== candidate) this.#serve(home);
      }
    }
  }

  /** Whether the first task of the queue must have a worker to itself. */
  get isExclusiveNext(): boolean {
    if (!this.#queue.mayHaveExclusive) return false;
    const { first } = this.#queue;
    return first !== undefined && this.#mustBeSetAside(first);
  }

  #mustBeSetAside(task: Task): boolean {
    return this.#queue.mayHaveExclusive && this.#sharesWorkers && task.isExclusive;
  }

  /**
   * Lets an exclusive task wait for an empty worker, if it would be this worker's next task. Its turn comes with a free place,
   * like that of other tasks.
   */
  setAside(candidate: Candidate): boolean {
    if (!this.isExclusiveNext) return false;
    const { first } = this.#queue;
    if (first === undefined || this.ownFirst(candidate) !== undefined) return false;
    this.#queue.take(first);
    first.history.mustRunAlone = true;
    this.#quarantine.push(first);
    return true;
  }

  /** The home of a key when this worker asks for its task. The key moves to it if it has none, or to spread the keys. */
  #homeFor(key: string, asking: Candidate, isAhead: boolean): Candidate {
    const home = this.#affinity.homeOf(key);
    if (home !== undefined && (isAhead || this.#capacity.has(home) || !hasTooManyKeys(home, asking))) return home;
    this.#affinity.settle(key, asking);
    return asking;
  }

  /** Whether a worker would take tasks of the queue next, because none wait for it. */
  isWithoutOwn(candidate: Candidate): boolean {
    return this.#queue.size > 0 && this.#affinity.firstFor(candidate) === undefined;
  }

  /** Takes a task that waits for another worker. The queue is empty, or its next task is exclusive. */
  stealFor(free: Candidate): Task | undefined {
    if (this.#affinity.size === 0 || this.#queue.size > 0) return undefined;
    // Their tasks may have waited until now for those of the queue.
    this.serveAwaited();
    return this.#affinity.takeWithKey(free) ?? this.#affinity.takeOverdue(undefined);
  }
}
