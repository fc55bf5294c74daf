import type { LRUCache } from 'lru-cache';
import type { Clock, Timer } from '../base/clock.js';
import { LinkedQueue } from '../base/linked-queue.js';
import { newLru } from '../base/lru.js';
import type { Task } from '../task/task.js';
import type { Candidate } from './candidate.js';

/** Keys remembered; the least recently used is forgotten, and its next task goes to any worker. */
const MAX_KEYS = 10_000;

export interface AffinityParts {
  clock: Clock;
  /** A task has waited for its worker for as long as its key is worth: any other may have it. */
  overdue(): void;
}

/** Tasks that wait for one worker. */
interface Lane {
  readonly tasks: LinkedQueue<Task>;
  expectedMs: number;
}

/**
 * Whether a task had better wait for the worker that knows its key.
 * @param waitMs expected wait for that worker, ms
 * @param worthMs execution time that it is expected to save there, ms
 */
export function isWorthWaiting(waitMs: number, worthMs: number): boolean {
  return waitMs < worthMs;
}

/**
 * Which worker knows which key, and the tasks that wait for theirs. A key belongs to the worker that had it last. Its
 * tasks go there while that is free; while it is busy they wait for it, but not longer than the key is worth, which is
 * learned per task name: the execution time on a worker that had not known the key, less that on one that had.
 */
export class Affinity {
  readonly #parts: AffinityParts;
  /** Made for the first key: it costs 2 ms and 200 KB, and most pools have none. */
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

  /** The worker that knows this key, and may still take tasks. */
  homeOf(key: string): Candidate | undefined {
    const home = this.#homes?.get(key);
    return home?.worker.isReady === true && home.worker.tasksLeft > 0 ? home : undefined;
  }

  /** A worker takes a task with this key. Whether it had the key before. */
  visit(key: string, candidate: Candidate): boolean {
    this.#homes ??= newLru({ max: MAX_KEYS });
    const isHome = this.#homes.get(key) === candidate;
    if (!isHome) this.#homes.set(key, candidate);
    return isHome;
  }

  /** Has the task wait for its busy worker, if that is worth it. */
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

  /** Takes a task out. False when it does not wait here. */
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

  /** A worker is no more. Gives the tasks that waited for it. */
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
    // One that is overdue already stays where it is until a worker has room, which is news of its own.
    this.#timer = nextMs === Infinity ? undefined : this.#parts.clock.after(nextMs - now, () => this.#look());
    if (isOverdue) this.#parts.overdue();
  }
}
