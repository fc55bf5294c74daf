import type { LRUCache } from 'lru-cache';
import type { Clock, Timer } from '../base/clock.js';
import { LinkedQueue } from '../base/linked-queue.js';
import { newLru } from '../base/lru.js';
import type { Task } from '../task/task.js';
import type { Candidate } from './candidate.js';

/** Most keys remembered. The least recently used is forgotten, and its next task goes to any worker. */
const MAX_KEYS = 10_000;

export interface AffinityParts {
  clock: Clock;
  /** Reports a task that has waited for as long as its key is worth: any worker may take it now. */
  overdue(): void;
}

/** Tasks that wait for one worker. */
interface Lane {
  readonly tasks: LinkedQueue<Task>;
  expectedMs: number;
}

/**
 * Whether a task should wait for the worker that knows its key.
 * @param waitMs expected wait for that worker, ms
 * @param worthMs execution time that this worker is expected to save, ms
 */
export function isWorthWaiting(waitMs: number, worthMs: number): boolean {
  return waitMs < worthMs;
}

/**
 * Remembers which worker knows which key, and holds the tasks that wait for theirs. A key belongs to the worker that had it
 * last. Its tasks go to that worker while it is free. While it is busy they wait for it, but not longer than the key is
 * worth. That worth is learned per task name: the execution time without the key, less the time with it.
 */
export class Affinity {
  readonly #parts: AffinityParts;
  /** Made for the first key, because it costs 2 ms and 200 KB, and most pools have none. */
  #homes: LRUCache<string, Candidate> | undefined;
  readonly #lanes = new Map<Candidate, Lane>();
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

  /** The worker that knows this key, if it may still take tasks. */
  homeOf(key: string): Candidate | undefined {
    const home = this.#homes?.get(key);
    return home?.worker.isReady === true && home.worker.tasksLeft > 0 ? home : undefined;
  }

  /** Notes that a worker takes a task with this key. Returns whether it already knew the key. */
  visit(key: string, candidate: Candidate): boolean {
    this.#homes ??= newLru({ max: MAX_KEYS });
    const isHome = this.#homes.get(key) === candidate;
    if (!isHome) this.#homes.set(key, candidate);
    return isHome;
  }

  /** Makes the task wait for its busy worker, if that pays. */
  park(task: Task, home: Candidate): boolean {
    const lane = this.#lanes.get(home);
    const worthMs = task.type.keyWorthMs;
    if (!isWorthWaiting(home.worker.expectedMs + (lane?.expectedMs ?? 0), worthMs)) return false;
    const untilMs = this.#parts.clock.now() + worthMs;
    this.#parked.set(task, { home, untilMs });
    if (lane === undefined) {
      const tasks = new LinkedQueue<Task>();
      tasks.push(task);
      this.#lanes.set(home, { tasks, expectedMs: task.type.expectedMs });
    } else {
      lane.tasks.push(task);
      lane.expectedMs += task.type.expectedMs;
    }
    this.#timer ??= this.#parts.clock.after(worthMs, () => this.#look());
    return true;
  }

  /** The task that waits longest for this worker. */
  firstFor(candidate: Candidate): Task | undefined {
    return this.#lanes.get(candidate)?.tasks.first;
  }

  /** Removes a task. False when it does not wait here. */
  remove(task: Task): boolean {
    const parked = this.#parked.get(task);
    if (parked === undefined) return false;
    this.#parked.delete(task);
    const lane = this.#lanes.get(parked.home) as Lane;
    lane.tasks.remove(task);
    lane.expectedMs -= task.type.expectedMs;
    if (lane.tasks.size === 0) this.#lanes.delete(parked.home);
    if (this.#parked.size === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
    return true;
  }

  /** A task that has waited for as long as its key is worth. */
  overdueTask(): Task | undefined {
    const now = this.#parts.clock.now();
    for (const { tasks } of this.#lanes.values()) {
      const { first } = tasks;
      if (first !== undefined && (this.#parked.get(first)?.untilMs ?? Infinity) <= now) return first;
    }
    return undefined;
  }

  /** Forgets a worker that takes no more tasks. Returns the tasks that waited for it. */
  drop(candidate: Candidate): Task[] {
    const tasks = [...(this.#lanes.get(candidate)?.tasks ?? [])];
    for (const task of tasks) this.remove(task);
    return tasks;
  }

  #look(): void {
    const now = this.#parts.clock.now();
    let nextMs = Infinity;
    let isOverdue = false;
    for (const { tasks } of this.#lanes.values()) {
      const untilMs = this.#parked.get(tasks.first as Task)?.untilMs ?? Infinity;
      if (untilMs <= now) isOverdue = true;
      else nextMs = Math.min(nextMs, untilMs);
    }
    // An overdue task stays where it is until a worker has room, which triggers a look of its own.
    this.#timer = nextMs === Infinity ? undefined : this.#parts.clock.after(nextMs - now, () => this.#look());
    if (isOverdue) this.#parts.overdue();
  }
}
