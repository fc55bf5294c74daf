import type { LRUCache } from 'lru-cache';
import type { Clock, Timer } from '../base/clock.js';
import { newLru } from '../base/lru.js';
import type { Ticket } from '../limits/task-limits.js';
import type { Task } from '../task/task.js';
import type { Candidate } from './candidate.js';
import { goesBefore } from './task-order.js';
import { WaitingTasks } from './waiting.js';
import type { Wakes } from './wakes.js';

/** Most keys remembered, as RunOptions.key says. The least recently used is forgotten, and its next task goes to any worker. */
const MAX_KEYS = 10_000;
/**
 * Longest wait for a busy home while another worker is free: the time of this many tasks of the name. Callers that keep all
 * workers busy put some four tasks before each. A key with ten is too hot for one worker.
 */
const PATIENT_TASKS = 10;
/** Least of these waits, ms. A user does not see a tenth of a second (Nielsen), and most caches are filled in less. */
const LEAST_PATIENCE_MS = 100;
/** Most of these waits, ms. It is how long a user keeps to a task that does not answer (Nielsen). */
const MOST_PATIENCE_MS = 10_000;

export interface AffinityParts {
  clock: Clock;
  wakes: Wakes;
  /** Reports a task that has waited for its home long enough: a free worker may take it now. */
  overdue(): void;
}

/** Tasks of one key that wait for its home, each with the time since when; host clock. */
interface Wait {
  home: Candidate;
  readonly tasks: Map<Task, number>;
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
 * task with a key becomes its home, and stays it. Tasks of a busy home wait for it, in the order of their priority. Another worker
 * takes a task that has waited too long, and the key stays where it is. A key moves to a free worker that is home to fewer keys
 * than its share. It also moves when its home takes no more tasks. The tasks that wait for the home move with their key.
 */
export class Affinity {
  readonly #parts: AffinityParts;
  /** Made for the first key, because it costs 2 ms and 200 KB, and most pools have none. */
  #homes: LRUCache<string, Candidate> | undefined;
  /** The waiting tasks of each home. */
  readonly #lanes = new Map<Candidate, WaitingTasks>();
  /** The same tasks by key. A lane is not searched for them, because it may hold 100,000. */
  readonly #waits = new Map<string, Wait>();
  #size = 0;
  /** The next time when a free worker may take a task of another one's lane. */
  #timer: Timer | undefined;
  #timerAtMs = 0;

  constructor(parts: AffinityParts) {
    this.#parts = parts;
  }

  /** Tasks that wait for their worker. */
  get size(): number {
    return this.#size;
  }

  /** Whether any task has had a key. */
  get hasKeys(): boolean {
    return this.#homes !== undefined;
  }

  /** Those that their limits hold back. */
  get blocked(): number {
    let blocked = 0;
    for (const lane of this.#lanes.values()) blocked += lane.blocked;
    return blocked;
  }

  /** Expected execution time of those that no limit holds back, ms. */
  get expectedMs(): number {
    let expectedMs = 0;
    for (const lane of this.#lanes.values()) expectedMs += lane.expectedMs;
    return expectedMs;
  }

  *all(): Generator<Task> {
    for (const lane of this.#lanes.values()) yield* lane;
  }

  /** Workers that tasks wait for. */
  awaited(): Iterable<Candidate> {
    return this.#lanes.keys();
  }

  /** The home of a key, unless it takes no more tasks. */
  homeOf(key: string): Candidate | undefined {
    // A key may be forgotten while its tasks wait.
    const home = this.#homes?.get(key) ?? this.#waits.get(key)?.home;
    return home === undefined || home.isSpent ? undefined : home;
  }

  /** Makes a worker the home of a key that has another home or none. Tasks that wait for the key move to it. */
  settle(key: string, to: Candidate): void {
    this.#homes ??= newLru<Candidate>({ max: MAX_KEYS, dispose: (home) => home.keys-- });
    this.#homes.set(key, to);
    to.keys++;
    const wait = this.#waits.get(key);
    if (wait === undefined) return;
    const from = this.#laneOf(wait.home);
    for (const task of inOrder(wait.tasks.keys())) {
      from.remove(task);
      this.#laneOf(to).push(task);
    }
    if (from.total === 0) this.#lanes.delete(wait.home);
    wait.home = to;
  }

  /** Has a task wait for its home. */
  park(task: Task, home: Candidate): void {
    const key = task.key as string;
    let wait = this.#waits.get(key);
    if (wait === undefined) this.#waits.set(key, (wait = { home, tasks: new Map() }));
    wait.tasks.set(task, this.#parts.clock.now());
    this.#laneOf(home).push(task);
    this.#size++;
  }

  /** Has a task that came back from a worker go first of those that wait with its key. False when none do. */
  putBack(task: Task): boolean {
    const wait = this.#waitOf(task);
    if (wait === undefined) return false;
    // The first task of a name has to be the one that has waited longest. See `takeOverdue`.
    const [longestMs] = wait.tasks.values();
    wait.tasks.set(task, longestMs as number);
    this.#laneOf(wait.home).unshift(task);
    this.#size++;
    return true;
  }

  /** The next of the tasks that wait for this worker. @param isAhead whether it would be prefetched */
  firstFor(candidate: Candidate, isAhead = false): Task | undefined {
    const lane = this.#lanes.get(candidate);
    return isAhead ? lane?.firstAhead : lane?.first;
  }

  /** Removes a task because a worker takes it. Returns it. */
  take(task: Task): Task {
    const wait = this.#waitOf(task) as Wait;
    this.#laneOf(wait.home).take(task);
    this.#forget(task, wait);
    return task;
  }

  /** Removes a task that is not wanted any more. False when it does not wait here. */
  remove(task: Task): boolean {
    const wait = this.#waitOf(task);
    if (wait?.tasks.has(task) !== true) return false;
    this.#laneOf(wait.home).remove(task);
    this.#forget(task, wait);
    return true;
  }

  /** See GatedLine.costChanged. False when the task does not wait here. */
  costChanged(task: Task, item: Ticket, by: 1 | -1): boolean {
    const wait = this.#waitOf(task);
    if (wait?.tasks.has(task) !== true) return false;
    this.#laneOf(wait.home).costChanged(task, item, by);
    return true;
  }

  /** Takes a task for a free worker, whose home has too many keys. The key moves to the worker, with all tasks that wait. */
  takeWithKey(free: Candidate): Task | undefined {
    for (const [home, { first }] of this.#lanes) {
      if (first === undefined || !hasTooManyKeys(home, free)) continue;
      this.settle(first.key as string, free);
      return this.take(first);
    }
    return undefined;
  }

  /**
   * Takes a task that has waited long enough for its home.
   * @param before the task that would go instead. Without it, `overdue` is called as soon as there is a task to take
   * @param isAhead whether it would be prefetched, which a moved input must not be
   */
  takeOverdue(before: Task | undefined, isAhead = false): Task | undefined {
    const now = this.#parts.clock.now();
    let nextMs = Infinity;
    for (const lane of this.#lanes.values()) {
      // Each name has its own patience. In a flow, the first task has waited longest.
      for (const task of lane.heads()) {
        if (isAhead && task.isLimited) continue;
        const untilMs = this.#sinceMs(task) + patienceMs(task.type.expectedMs);
        if (untilMs > now) nextMs = Math.min(nextMs, untilMs);
        else if (isAhead && task.isOneShot) continue;
        else if (before === undefined || goesBefore(task, before)) return this.take(task);
      }
    }
    if (before === undefined) this.#lookAt(nextMs, now);
    return undefined;
  }

  /** Removes the tasks that wait for this worker. Returns them. */
  release(candidate: Candidate): Task[] {
    const tasks = [...(this.#lanes.get(candidate) ?? [])];
    for (const task of tasks) this.remove(task);
    return tasks;
  }

  /** Forgets a worker that takes no more tasks. A key that stayed would keep it in memory. */
  drop(candidate: Candidate): void {
    if (this.#homes === undefined || candidate.keys === 0) return;
    const keys = [...this.#homes.entries()].filter(([, home]) => home === candidate);
    for (const [key] of keys) this.#homes.delete(key);
  }

  #waitOf({ key }: Task): Wait | undefined {
    return key === undefined ? undefined : this.#waits.get(key);
  }

  #sinceMs(task: Task): number {
    return this.#waitOf(task)?.tasks.get(task) ?? Infinity;
  }

  #laneOf(home: Candidate): WaitingTasks {
    let lane = this.#lanes.get(home);
    if (lane === undefined) this.#lanes.set(home, (lane = new WaitingTasks(this.#parts.wakes)));
    return lane;
  }

  /** Forgets a task that has left its lane. */
  #forget(task: Task, { home, tasks }: Wait): void {
    tasks.delete(task);
    if (tasks.size === 0) this.#waits.delete(task.key as string);
    if (this.#laneOf(home).total === 0) this.#lanes.delete(home);
    if (--this.#size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Calls `overdue` at a time, or earlier. */
  #lookAt(atMs: number, now: number): void {
    if (atMs === Infinity || (this.#timer !== undefined && this.#timerAtMs <= atMs)) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.#parts.clock.after(atMs - now, () => {
      this.#timer = undefined;
      this.#parts.overdue();
    });
  }
}

/** Tasks of one key as they became due. A task that came back is the last to wait, but goes first. */
function inOrder(tasks: Iterable<Task>): Task[] {
  return [...tasks].sort((a, b) => a.dueAt - b.dueAt || a.id - b.id);
}
