import type { Clock } from '../base/clock.js';
import { ReusedList } from '../base/reused-list.js';
import type { Task } from '../task/task.js';
import type { Worker } from '../worker/worker.js';
import { Affinity } from './affinity.js';
import { nextAheadMs, roomFor, worthAheadMs } from './ahead.js';
import { FreePlaces } from './places.js';
import { Quarantine } from './quarantine.js';
import { WaitingTasks } from './waiting.js';

export interface HandOutParts {
  clock: Clock;
  /** Tasks running at once in one worker; it may change. */
  concurrency(): number;
  prefetch: 'auto' | number;
  /** Every worker that has become ready and not ended. */
  workers: readonly Worker[];
  /** Tasks that all of them together have in hand. */
  inHand(): number;
  /** This task goes to this worker now. */
  assign(worker: Worker, task: Task): void;
  /** Another pass may find something to do. */
  hasNews(): void;
}

/**
 * Who gets what: every task that waits, every worker that has room, and the passes that bring them together. First
 * suspects, each alone; then a task to every free place; then, of what is left, as much ahead as each worker may have.
 *
 * Nothing here costs more per task when there are more workers: a pass looks only at those that had news since they
 * were found full.
 */
export class HandOut {
  readonly #parts: HandOutParts;
  readonly #queue = new WaitingTasks();
  readonly #quarantine = new Quarantine();
  readonly #affinity: Affinity;
  readonly #places: FreePlaces;
  /** Workers that may take tasks ahead. One that is found full leaves until it has answered for something. */
  readonly #roomy = new Set<Worker>();
  /** Those of them that had news since the last pass. */
  readonly #fresh = new ReusedList<Worker>();

  readonly #mayHaveRoom = (worker: Worker): void => this.mayHaveRoom(worker);

  /** Not while memory is short: what is ahead in a worker is bound to it. */
  sendsAhead = true;

  constructor(parts: HandOutParts) {
    this.#parts = parts;
    this.#places = new FreePlaces(() => parts.concurrency());
    this.#affinity = new Affinity({ clock: parts.clock, overdue: () => parts.hasNews() });
  }

  /** Tasks that wait. */
  get size(): number {
    return this.#queue.size + this.#quarantine.size + this.#affinity.size;
  }

  /** Execution time expected of them, ms. */
  get expectedMs(): number {
    return this.#queue.expectedMs;
  }

  /** Whether nothing waits and some worker could run something at once. */
  get hasFreePlace(): boolean {
    return this.#queue.size === 0 && !this.#places.isEmpty;
  }

  /** Places in which a task could run at once, counted no further than `enough`. */
  freePlaces(enough: number): number {
    return this.#places.count(enough);
  }

  *waiting(): Generator<Task> {
    yield* this.#queue;
    yield* this.#affinity.all();
    yield* this.#quarantine.all();
  }

  /** A task waits from now on. @param atHead it was handed out before, and has not run */
  add(task: Task, atHead = false): void {
    if (task.mustRunAlone) this.#quarantine.push(task);
    else if (atHead) this.#queue.unshift(task);
    else this.#queue.push(task);
  }

  /** Takes a waiting task out: its result is not wanted any more. */
  remove(task: Task): void {
    if (task.mustRunAlone) this.#quarantine.remove(task);
    else if (!this.#affinity.remove(task)) this.#queue.remove(task);
  }

  /** A worker has answered. */
  answered(worker: Worker): void {
    worker.aheadMs = nextAheadMs(worker.aheadMs, worker.load === 0 && this.#queue.size > 0);
    this.mayHaveRoom(worker);
  }

  /** A worker is ready, or a place in it became free. */
  mayHaveRoom(worker: Worker): void {
    if (!worker.isReady) return;
    this.#places.add(worker);
    this.#roomy.add(worker);
    this.#fresh.push(worker);
  }

  /** Gets nothing ahead until it has answered. */
  hasEnough(worker: Worker): void {
    this.#roomy.delete(worker);
  }

  /** A worker is no more. */
  drop(worker: Worker): void {
    this.#places.remove(worker);
    this.#roomy.delete(worker);
    this.#quarantine.drop(worker);
    for (const task of this.#affinity.drop(worker).reverse()) this.#queue.unshift(task);
  }

  pass(): void {
    this.#handOutSuspects();
    if (this.#affinity.size > 0) this.#serveAwaited();
    this.#fillPlaces();
    if (this.sendsAhead && this.#queue.size + this.#affinity.size > 0 && this.#roomy.size > 0) this.#sendAhead();
    this.#fresh.clear();
  }

  #handOutSuspects(): void {
    this.#quarantine.pass(
      this.#parts.workers,
      this.#queue.size + this.#affinity.size > 0,
      this.#parts.assign,
      this.#mayHaveRoom,
    );
  }

  /** Free places in workers that tasks wait for. */
  #serveAwaited(): void {
    for (const worker of this.#affinity.awaited()) {
      while (this.#places.has(worker)) {
        const task = this.#affinity.firstFor(worker);
        if (task === undefined) break;
        this.#affinity.remove(task);
        this.#give(worker, task);
      }
    }
  }

  #fillPlaces(): void {
    while (this.#queue.size > 0 || this.#affinity.size > 0) {
      const worker = this.#places.take();
      if (worker === undefined) return;
      const task = this.#nextFor(worker) ?? this.#affinity.overdueTask();
      if (task !== undefined) {
        if (this.#affinity.size > 0) this.#affinity.remove(task);
        this.#give(worker, task);
      }
      this.#places.add(worker);
      if (task === undefined) return;
    }
  }

  /**
   * Sends ahead what is left. First, a worker that has just answered gets as much as the others have in hand: what one frame
   * of results has made room for, or has made callers submit, leaves in one frame again. Shared out among 128 workers it
   * would be 64 frames for 64 tasks, at 10 µs each. The rest is shared out evenly.
   */
  #sendAhead(): void {
    const { workers, inHand } = this.#parts;
    const fair = Math.ceil((inHand() + this.#queue.size) / workers.length);
    for (let index = 0; index < this.#fresh.size; index++) {
      const worker = this.#fresh.at(index);
      this.#fill(worker, fair - worker.load);
    }
    let left = this.#roomy.size;
    for (const worker of this.#roomy) {
      if (this.#queue.size + this.#affinity.size === 0) return;
      this.#fill(worker, Math.ceil(this.#queue.size / left--));
    }
  }

  /** Sends tasks ahead to one worker, as far as it has room: those that wait for it, and up to `fromQueue` of the queue. */
  #fill(worker: Worker, fromQueue: number): void {
    const { prefetch, workers } = this.#parts;
    const concurrency = this.#parts.concurrency();
    if (worker.reserved || worker.isHeld || worker.isStuck || !worker.hasBoard || !worker.isReady || worker.isFull) {
      this.#roomy.delete(worker);
      return;
    }
    const leastAheadMs = worthAheadMs(this.#queue.size / workers.length, this.#queue.first?.type.typicalMs ?? 0);
    for (let taken = 0; ;) {
      const own = this.#affinity.size === 0 ? undefined : this.#affinity.firstFor(worker);
      const head = own ?? (taken < fromQueue ? this.#queue.first : undefined);
      if (head === undefined) return;
      if (worker.isFull || roomFor(worker, concurrency, prefetch, head.type.typicalMs, leastAheadMs) <= 0) {
        this.#roomy.delete(worker);
        return;
      }
      if (own === undefined) taken++;
      else this.#affinity.remove(own);
      const task = own ?? this.#nextFor(worker, true);
      if (task === undefined) return;
      this.#give(worker, task);
    }
  }

  /**
   * Takes the next task for this worker out of the queue. On the way, tasks whose key another worker knows go to that
   * one if it has a free place, or wait for it. A task whose input is moved is not sent ahead: it could not be taken back.
   */
  #nextFor(worker: Worker, isAhead = false): Task | undefined {
    for (let task = this.#queue.first; task !== undefined; task = this.#queue.first) {
      if (isAhead && task.isOneShot) return undefined;
      this.#queue.take(task);
      const home = task.key === undefined ? undefined : this.#affinity.homeOf(task.key);
      if (home === undefined || home === worker) return task;
      if (this.#places.has(home)) this.#give(home, task);
      else if (!this.#affinity.park(task, home)) return task;
    }
    return undefined;
  }

  #give(worker: Worker, task: Task): void {
    this.#parts.assign(worker, task);
    // It may have been refused: too late, or of a name that no worker has a handler for.
    if (task.key !== undefined && task.place !== undefined) task.place.isWarm = this.#affinity.visit(task.key, worker);
  }
}
