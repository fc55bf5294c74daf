import type { Clock } from '../base/clock.js';
import { ReusedList } from '../base/reused-list.js';
import type { Task } from '../task/task.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { Worker } from '../worker/worker.js';
import type { Affinity } from './affinity.js';
import type { Assigner } from './assigner.js';
import type { Backlog } from './backlog.js';
import { Candidate, idleBeside } from './candidate.js';
import { FreeCapacity } from './capacity.js';
import { FrameFilling } from './frame-filling.js';
import { nextPrefetchMs, roomFor, worthPrefetchingMs } from './prefetch.js';
import { TaskChoice } from './task-choice.js';
import type { WaitingTasks } from './waiting.js';

export interface AssignmentParts {
  clock: Clock;
  registry: TaskRegistry;
  /** Cores that the program may use. */
  cores(): number;
  /** Tasks running at once in one worker; it may change. */
  concurrency(): number;
  /** Whether that may ever be more than one. */
  sharesWorkers: boolean;
  prefetch: 'auto' | number;
  backlog: Backlog;
  assigner: Assigner;
}

/**
 * Decides which worker gets which task. A pass brings together every waiting task and every worker with room. Tasks that must
 * run alone come first, and then a task for every free place. The rest is prefetched, as far as each worker may have more.
 *
 * No cost per task grows with the number of workers. A pass looks at a full worker again only after news of it.
 */
export class AssignmentPass {
  readonly #parts: AssignmentParts;
  readonly #queue: WaitingTasks;
  readonly #affinity: Affinity;
  readonly #capacity: FreeCapacity;
  readonly #filling: FrameFilling;
  readonly #choice: TaskChoice;
  /** One candidate per worker that takes tasks. A look-up, one a frame of results, takes 10 ns, among 2 or 1,024. */
  readonly #candidates = new Map<Worker, Candidate>();
  /** Candidates for prefetched tasks. A full one leaves the set until it has answered for something. */
  readonly #roomy = new Set<Candidate>();
  /** Roomy candidates with news since the last pass. */
  readonly #fresh = new ReusedList<Candidate>();
  /** False while memory is short: a prefetched task is bound to its worker. */
  #mayPrefetch = true;
  #isPaused = false;

  constructor(parts: AssignmentParts) {
    this.#parts = parts;
    this.#queue = parts.backlog.queue;
    this.#affinity = parts.backlog.affinity;
    this.#capacity = new FreeCapacity(() => parts.concurrency());
    this.#filling = new FrameFilling(parts);
    const { assigner, backlog, sharesWorkers } = parts;
    const { queue, affinity, quarantine } = backlog;
    this.#choice = new TaskChoice({ queue, affinity, quarantine, capacity: this.#capacity, assigner, sharesWorkers });
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }
  pause(): void {
    this.#isPaused = true;
  }
  resume(): void {
    this.#isPaused = false;
  }

  /** Whether nothing waits and some worker could run a task at once. */
  get hasFreeCapacity(): boolean {
    return !this.#isPaused && this.#queue.size === 0 && !this.#capacity.isEmpty;
  }

  /** Whether a worker other than this one could run a task at once. */
  hasFreeCapacityBeside(worker: Worker): boolean {
    const candidate = this.#candidates.get(worker);
    return !this.#isPaused && candidate !== undefined && this.#capacity.hasBeside(candidate);
  }

  /** Whether tasks of the queue may be prefetched to this worker. */
  mayPrefetch(worker: Worker): boolean {
    return !this.#isPaused && this.#mayPrefetch && this.#candidates.get(worker)?.mayPrefetch === true;
  }

  /** Number of tasks that could run at once, counted no further than `enough`. */
  freeCapacity(enough: number): number {
    return this.#isPaused ? 0 : this.#capacity.count(enough);
  }

  /** A worker with nothing to do, other than this one; undefined while tasks wait, or the pool is paused. */
  idleBeside(worker: Worker): Worker | undefined {
    return this.#isPaused || this.#parts.backlog.size > 0 ? undefined : idleBeside(worker, this.#candidates.values());
  }

  /** Adds a worker that is ready for tasks. */
  join(worker: Worker): void {
    this.#candidates.set(worker, new Candidate(worker));
    this.mayHaveRoom(worker);
  }

  /** Removes a worker that takes no more tasks. */
  leave(worker: Worker): void {
    const candidate = this.#candidates.get(worker);
    if (candidate === undefined) return;
    this.#candidates.delete(worker);
    this.#capacity.remove(candidate);
    this.#roomy.delete(candidate);
    this.#parts.backlog.quarantine.drop(candidate);
    this.#choice.unpark(candidate);
    this.#affinity.drop(candidate);
  }

  /** A worker has answered. */
  onResults(worker: Worker): void {
    const candidate = this.#candidates.get(worker);
    if (candidate === undefined) return;
    candidate.isStalled = false;
    const othersWait = this.#queue.prefetchable > 0 || this.#affinity.firstFor(candidate, true) !== undefined;
    const ranDry = worker.inFlight === 0 && othersWait;
    candidate.prefetchMs = nextPrefetchMs(candidate.prefetchMs, ranDry);
    this.#refresh(candidate);
  }

  /** Notes that a place in a worker may have become free. */
  mayHaveRoom(worker: Worker): void {
    const candidate = this.#candidates.get(worker);
    if (candidate !== undefined) this.#refresh(candidate);
  }

  /** Notes a worker at a standstill. @param isStalled whether it has prefetched tasks: then it gets no more before it answers */
  noteStalled(worker: Worker, isStalled: boolean): void {
    const candidate = this.#candidates.get(worker);
    if (candidate !== undefined) candidate.isStalled = isStalled;
  }

  /** Recalls those of these tasks, in a worker's order, that have not begun. They wait at the head of the queue again. */
  recall(worker: Worker, tasks: readonly Task[]): void {
    const recalled = tasks.filter((task) => !task.isPinned && worker.assigned.recall(task));
    if (recalled.length === 0) return;
    const candidate = this.#candidates.get(worker);
    if (candidate !== undefined) this.#roomy.delete(candidate);
    for (const task of recalled.reverse()) this.#parts.backlog.requeue(task);
  }

  /** Releases a task in flight whose result is not wanted any more. */
  release(task: Task, reason: unknown): void {
    const worker = task.assignment?.assignee as Worker | undefined;
    if (worker === undefined) return;
    worker.abandon(task, reason);
    // A task that had not left yet frees its place at once.
    this.mayHaveRoom(worker);
  }

  /** Limits tasks to the first `most` of these workers from now on. The others keep what they have begun. */
  limitWorking(workers: readonly Worker[], most: number): void {
    for (const [index, worker] of workers.entries()) {
      const candidate = this.#candidates.get(worker);
      if (candidate !== undefined) this.#withhold(candidate, index >= most);
    }
    this.#mayPrefetch = most >= workers.length;
  }

  run(): void {
    if (this.#isPaused) return;
    this.#assignSuspects();
    if (this.#affinity.size > 0) this.#choice.serveAwaited();
    this.#fillCapacity();
    if (this.#mayPrefetch && this.#queue.prefetchable + this.#affinity.size > 0 && this.#roomy.size > 0)
      this.#prefetch();
    this.#fresh.clear();
  }

  #refresh(candidate: Candidate): void {
    if (!candidate.worker.isReady) return;
    this.#capacity.add(candidate);
    this.#roomy.add(candidate);
    this.#fresh.push(candidate);
  }

  #withhold(candidate: Candidate, isWithheld: boolean): void {
    if (candidate.isWithheld === isWithheld) return;
    candidate.isWithheld = isWithheld;
    if (isWithheld) this.recall(candidate.worker, candidate.worker.assigned.unbegun());
    else this.#refresh(candidate);
  }

  #assignSuspects(): void {
    const othersWait = this.#queue.size + this.#affinity.size > 0;
    const { assigner, backlog } = this.#parts;
    for (let isOneRefused = true; isOneRefused;) {
      isOneRefused = false;
      for (const { candidate, suspect } of backlog.quarantine.next(this.#candidates.values(), othersWait)) {
        if (suspect !== undefined) assigner.assign(candidate.worker, suspect);
        // The worker was empty. A batch has no state that could say so.
        const isRefused = suspect !== undefined && candidate.worker.inFlight === 0;
        // It leaves its worker to others.
        if (isRefused) backlog.quarantine.drop(candidate);
        isOneRefused ||= isRefused;
        if (suspect === undefined || isRefused) this.#refresh(candidate);
      }
    }
  }

  #fillCapacity(): void {
    this.#filling.begin();
    // One look in a pass is enough, since it goes over the lanes of all workers. A free worker may take more than a busy one.
    let mayFreeTakeOverdue = this.#affinity.size > 0;
    let mayBusyTakeOverdue = mayFreeTakeOverdue;
    while (this.#queue.size > 0 || this.#affinity.size > 0) {
      const joined = this.#toJoin();
      const candidate = joined ?? this.#capacity.take();
      if (candidate === undefined) return;
      if (this.#choice.setAside(candidate)) {
        // At once: the place may be in the very worker that is to become empty.
        this.#assignSuspects();
        this.#capacity.add(candidate);
        continue;
      }
      const isWoken = candidate.worker.inFlight === 0;
      let task: Task | undefined;
      const isBusy = joined !== undefined;
      if ((isBusy ? mayBusyTakeOverdue : mayFreeTakeOverdue) && this.#choice.isWithoutOwn(candidate)) {
        task = this.#affinity.takeOverdue(this.#queue.first, isBusy);
        if (task === undefined) mayBusyTakeOverdue = false;
        if (task === undefined && !isBusy) mayFreeTakeOverdue = false;
      }
      task ??= this.#choice.nextFor(candidate) ?? this.#choice.stealFor(candidate);
      if (task !== undefined) {
        this.#parts.assigner.assign(candidate.worker, task);
        if (isWoken) this.#filling.noteWoken(candidate);
      }
      if (!isBusy) this.#capacity.add(candidate);
      if (task === undefined && !this.#choice.isExclusiveNext) return;
    }
  }

  /** The active worker that the next task should join, rather than wake another one. */
  #toJoin(): Candidate | undefined {
    const { first } = this.#queue;
    if (first === undefined || !this.#mayPrefetch || this.#parts.prefetch !== 'auto' || this.#choice.isExclusiveNext)
      return;
    const inFlight = this.#parts.registry.counts.dispatched + this.#queue.size;
    // A lone task joins none, and none joins it.
    if (inFlight === 1) return undefined;
    const joined = this.#filling.toJoin(first, this.#candidates, inFlight);
    // The worker takes its own task first. A busy one must not get a moved input, nor a task with limits.
    const own = joined && this.#choice.ownFirst(joined);
    return own?.isOneShot === true || own?.isLimited === true ? undefined : joined;
  }

  /**
   * Prefetches what is left. First, a worker that has just answered gets as much as the others have in flight. Its results have
   * callers submit more tasks; those leave in one frame again. Among 128 workers they would be 64 frames for 64 tasks, at 10 µs
   * each.
   */
  #prefetch(): void {
    const fair = Math.ceil((this.#parts.registry.counts.dispatched + this.#queue.prefetchable) / this.#candidates.size);
    for (let index = 0; index < this.#fresh.size; index++) {
      const candidate = this.#fresh.at(index);
      this.#fill(candidate, fair - candidate.worker.inFlight);
    }
    let left = this.#roomy.size;
    for (const candidate of this.#roomy) {
      if (this.#queue.prefetchable + this.#affinity.size === 0) return;
      this.#fill(candidate, Math.ceil(this.#queue.prefetchable / left--));
    }
  }

  /** Prefetches tasks that wait for one worker, and up to `fromQueue` others, as far as it has room. */
  #fill(candidate: Candidate, fromQueue: number): void {
    const { worker } = candidate;
    if (!candidate.mayPrefetch) {
      this.#roomy.delete(candidate);
      return;
    }
    const { prefetch, concurrency } = this.#parts;
    const atOnce = concurrency();
    const { firstAhead: first } = this.#queue;
    const backlogMs = worthPrefetchingMs(this.#queue.prefetchable / this.#candidates.size, first?.type.typicalMs ?? 0);
    const prefetchMs = Math.max(candidate.prefetchMs, backlogMs);
    for (let taken = 0; ;) {
      const own = this.#choice.ownFirst(candidate, true);
      const head = own ?? (taken < fromQueue ? this.#queue.firstAhead : undefined);
      if (head === undefined) return;
      if (worker.assigned.isFull || roomFor(worker, atOnce, prefetch, head.type.typicalMs, prefetchMs) <= 0) {
        this.#roomy.delete(candidate);
        return;
      }
      if (own === undefined) taken++;
      const task = this.#choice.nextFor(candidate, true);
      if (task === undefined) return;
      this.#parts.assigner.assign(candidate.worker, task);
    }
  }
}
