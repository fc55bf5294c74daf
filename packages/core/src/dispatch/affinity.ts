import type { LRUCache } from 'lru-cache';
import type { Clock, Timer } from '../base/clock.js';
import { LinkedQueue } from '../base/linked-queue.js';
import { newLru } from '../base/lru.js';
import type { Task } from '../task/task.js';
import type { Candidate } from './candidate.js';

/** Most keys remembered. The least recently used is forgotten, and its next task goes to any worker. */
const MAX_KEYS = 10_000;
/**
 * Longest wait for a busy home while another worker is free: the time of this many tasks of the name. Callers that keep all
 * workers busy put some four tasks before each. A key with ten is too hot for one worker.
 */
const PATIENT_TASKS = 10;
/** Least of these waits, ms. A user does not see a tenth of a second, and most caches are filled in less. */
const LEAST_PATIENCE_MS = 100;
/** Most of these waits, ms. */
const MOST_PATIENCE_MS = 10_000;

export interface AffinityParts {
  clock: Clock;
  /** Reports a task that has waited for its home long enough: any worker may take it now. */
  overdue(): void;
}

/** How long a task waits for its home, by the time that tasks of its name take. */
export function patienceMs(expectedMs: number): number {
  return Math.min(Math.max(PATIENT_TASKS * expectedMs, LEAST_PATIENCE_MS), MOST_PATIENCE_MS);
}

/**
 * Whether a key should move from its busy home to a free worker: the home has more than its share. One key of difference is no
 * reason: the move would only turn it round.
 */
export function hasTooManyKeys(home: Pick<Candidate, 'keys'>, free: Pick<Candidate, 'keys'>): boolean {
  return home.keys > free.keys + 1;
}

/**
 * Keeps the home of each key: the worker that runs its tasks, and may have cached what they need. The first worker that takes a
 * task with a key becomes its home, and stays it. Tasks of a busy home wait for it. Another worker takes a task that has waited
 * too long, and the key stays where it is. A key moves only to a free worker that is home to fewer keys than its share.
 */
export class Affinity {
  readonly #parts: AffinityParts;
  /** Made for the first key, because it costs 2 ms and 200 KB, and most pools have none. */
  #homes: LRUCache<string, Candidate> | undefined;
  readonly #lanes = new Map<Candidate, LinkedQueue<Task>>();
  readonly #parked = new Map<Task, { home: Candidate; untilMs: number }>();
  #timer: Timer | undefined;

  constructor(parts: AffinityParts) {
    this.#parts = parts;
  }

  /** Tasks that wait for their worker. */
  get size(): number {
    return this.#parked.size;
  }

  all(): Iterable<Task> {
    return this.#parked.keys();
  }

  /** Workers that tasks wait for. */
  awaited(): Candidate[] {
    return [...this.#lanes.keys()];
  }

  /**
   * The worker whose task this is.
   * @param asking the worker that would take it
   * @param isFree whether that worker could run it at once
   */
  homeOf(key: string, asking: Candidate, isFree: boolean): Candidate {
    const homes = (this.#homes ??= newLru<Candidate>({ max: MAX_KEYS, dispose: (home) => home.keys-- }));
    const home = homes.get(key);
    if (home === asking) return asking;
    const isOpen = home?.worker.isReady === true && home.worker.tasksLeft > 0;
    if (isOpen && !(isFree && home.worker.inFlight > 0 && hasTooManyKeys(home, asking))) return home;
    homes.set(key, asking);
    asking.keys++;
    return asking;
  }

  /** Has a task wait for its home. */
  park(task: Task, home: Candidate): void {
    const waitMs = patienceMs(task.type.expectedMs);
    this.#parked.set(task, { home, untilMs: this.#parts.clock.now() + waitMs });
    let lane = this.#lanes.get(home);
    if (lane === undefined) this.#lanes.set(home, (lane = new LinkedQueue<Task>()));
    lane.push(task);
    this.#timer ??= this.#parts.clock.after(waitMs, () => this.#look());
  }

  /** The task that waits longest for this worker. */
  firstFor(candidate: Candidate): Task | undefined {
    return this.#lanes.get(candidate)?.first;
  }

  /** Removes a task. False when it does not wait here. */
  remove(task: Task): boolean {
    const parked = this.#parked.get(task);
    if (parked === undefined) return false;
    this.#parked.delete(task);
    const lane = this.#lanes.get(parked.home) as LinkedQueue<Task>;
    lane.remove(task);
    if (lane.size === 0) this.#lanes.delete(parked.home);
    if (this.#parked.size === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
    return true;
  }

  /** A task in another worker's lane that a free worker may take. Its key moves here, or it has waited long enough. */
  taskFor(free: Candidate): Task | undefined {
    const now = this.#parts.clock.now();
    for (const [home, { first }] of this.#lanes) {
      if (first === undefined || home === free) continue;
      if (hasTooManyKeys(home, free)) return this.#moveKey(first, home, free);
      if ((this.#parked.get(first)?.untilMs ?? Infinity) <= now) return first;
    }
    return undefined;
  }

  /** Forgets a worker that takes no more tasks. Returns the tasks that waited for it. */
  drop(candidate: Candidate): Task[] {
    const tasks = [...(this.#lanes.get(candidate) ?? [])];
    for (const task of tasks) this.remove(task);
    return tasks;
  }

  /** Moves the key of a waiting task, with all tasks that wait for it. */
  #moveKey(task: Task, from: Candidate, to: Candidate): Task {
    const { key } = task;
    const tasks = [...(this.#lanes.get(from) ?? [])].filter((each) => each.key === key);
    for (const each of tasks) {
      this.remove(each);
      this.park(each, to);
    }
    this.#homes?.set(key as string, to);
    to.keys++;
    return task;
  }

  #look(): void {
    const now = this.#parts.clock.now();
    let nextMs = Infinity;
    let isOverdue = false;
    for (const { first } of this.#lanes.values()) {
      const untilMs = this.#parked.get(first as Task)?.untilMs ?? Infinity;
      if (untilMs <= now) isOverdue = true;
      else nextMs = Math.min(nextMs, untilMs);
    }
    // An overdue task stays where it is until a worker has room, which triggers a look of its own.
    this.#timer = nextMs === Infinity ? undefined : this.#parts.clock.after(nextMs - now, () => this.#look());
    if (isOverdue) this.#parts.overdue();
  }
}
