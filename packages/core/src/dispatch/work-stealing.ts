import type { Clock, Timer } from '../base/clock.js';
import type { Task } from '../task/task.js';
import { MUCH_LONGER } from '../task/task-type.js';
import { PREFETCH_MS } from '../wire/pace.js';
import type { Worker } from '../worker/worker.js';
import type { Assigner } from './assigner.js';
import type { AssignmentPass } from './assignment-pass.js';
import { STANDSTILL_MS } from './prefetch.js';

export interface WorkStealingParts {
  clock: Clock;
  /** Workers that may have tasks. */
  workers: readonly Worker[];
  assigner: Assigner;
  assignment: AssignmentPass;
}

/**
 * Least silence after which busy workers get the tasks of another. A worker on a busy machine often loses its core for one or two
 * time slices of Linux. They take 4 ms each. A choice.
 */
const LEAST_SILENCE_MS = 4 * STANDSTILL_MS;

/** A worker at the last look. */
interface Seen {
  readonly answered: number;
  /** Time since which it has had prefetched tasks and has answered for none; undefined without such tasks. */
  readonly silentSinceMs: number | undefined;
}

/**
 * Recalls prefetched tasks from a worker at a standstill. An expected 10 µs turned out to be 10 s, or the handler loops. They go
 * to a free worker, or to busy ones that go on. From a worker that goes on, a free one gets the later half. At the end of a
 * batch, no worker should have much to do while others are idle. It looks only while a prefetched task waits and there is
 * another worker; otherwise it costs nothing.
 */
export class WorkStealing {
  readonly #parts: WorkStealingParts;
  #timer: Timer | undefined;
  /** All workers when the timer was set. */
  #seen = new Map<Worker, Seen>();
  #mayBeAhead = false;
  /** Number of prefetched tasks at the last look. */
  #prefetched = 0;

  constructor(parts: WorkStealingParts) {
    this.#parts = parts;
  }

  /** Called when every task that could leave has left. */
  look(): void {
    const { assigner, clock, workers } = this.#parts;
    this.#mayBeAhead ||= assigner.prefetched !== this.#prefetched;
    this.#prefetched = assigner.prefetched;
    if (!this.#mayBeAhead || this.#timer !== undefined || workers.length < 2) return;
    this.#mayBeAhead = workers.some((worker) => worker.assigned.hasPrefetched);
    if (!this.#mayBeAhead) {
      this.#seen.clear();
      return;
    }
    this.#see(clock.now());
    this.#timer = clock.after(STANDSTILL_MS, () => {
      this.#timer = undefined;
      this.#steal();
    });
  }

  /** Stops, since there is no worker left to look at. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#seen.clear();
  }

  #see(nowMs: number): void {
    const before = this.#seen;
    this.#seen = new Map();
    for (const worker of this.#parts.workers) {
      const answered = worker.received.resultsSeen;
      const last = before.get(worker);
      const since = last?.answered === answered ? (last.silentSinceMs ?? nowMs) : nowMs;
      this.#seen.set(worker, { answered, silentSinceMs: worker.assigned.hasPrefetched ? since : undefined });
    }
  }

  #steal(): void {
    const { assignment } = this.#parts;
    const isAnyFree = assignment.hasFreeCapacity;
    const doesAnyGoOn = this.#doesAnyGoOn();
    for (const [worker, { answered, silentSinceMs }] of this.#seen) {
      if (silentSinceMs === undefined || !worker.isReady) continue;
      const isStalled = worker.received.resultsSeen === answered;
      // A worker that runs several tasks at once may have room itself. Tasks that only it could run stay with it.
      if (isAnyFree && assignment.hasFreeCapacityBeside(worker)) this.#share(worker, isStalled);
      else if (isStalled && doesAnyGoOn) this.#relieve(worker, silentSinceMs);
    }
    // Otherwise nothing changes before a worker answers, and the pass that follows looks again.
    if (isAnyFree || doesAnyGoOn) this.look();
  }

  /** Gives tasks to free workers. One at a standstill gives all; another gives half, if it has more than is worth prefetching. */
  #share(worker: Worker, isStalled: boolean): void {
    const { assignment } = this.#parts;
    // Asking which of 500 tasks have begun takes 0.4 ms.
    if (!isStalled && worker.expectedMs <= PREFETCH_MS) return;
    // A task with a key would only go back: it waits for this worker, which goes on. One with limits has a place, and begins.
    const mayLeave = (task: Task): boolean => isStalled || (task.key === undefined && !task.isLimited);
    const ahead = worker.assigned.unbegun().filter((task) => !task.isPinned && mayLeave(task));
    if (isStalled) assignment.noteStalled(worker, ahead.length > 0);
    assignment.recall(worker, isStalled ? ahead : ahead.slice(Math.ceil(ahead.length / 2)));
  }

  /**
   * Gives tasks of a worker at a standstill to busy ones. Tasks of some milliseconds keep a worker silent for as long. So the
   * silence must be longer than they usually take. A task with a key then waits for this worker in the parent, where its wait
   * has an end.
   */
  #relieve(worker: Worker, silentSinceMs: number): void {
    const { assignment, clock } = this.#parts;
    const silentMs = clock.now() - silentSinceMs;
    if (silentMs < LEAST_SILENCE_MS) return;
    const ahead = worker.assigned.unbegun().filter((task) => !task.isPinned);
    if (silentMs < (ahead[0]?.type.typicalMs ?? Infinity) * MUCH_LONGER) return;
    assignment.noteStalled(worker, true);
    assignment.recall(worker, ahead);
  }

  /** Whether some worker has answered since the last look, and may get more tasks. */
  #doesAnyGoOn(): boolean {
    for (const [worker, { answered }] of this.#seen) {
      if (worker.received.resultsSeen !== answered && this.#parts.assignment.mayPrefetch(worker)) return true;
    }
    return false;
  }
}
