import type { Clock } from '../base/clock.js';
import { PoolError } from '../contract/errors.js';
import type { TaskLimits, Ticket } from '../limits/task-limits.js';
import type { BatchCall } from '../task/batch-call.js';
import type { BatchTask } from '../task/batch-task.js';
import type { Task } from '../task/task.js';
import type { TaskRegistry } from '../task/task-registry.js';
import { Affinity } from './affinity.js';
import { Gathering } from './gathering.js';
import type { Passes } from './passes.js';
import { Quarantine } from './quarantine.js';
import { waitedTooLong } from './task-errors.js';
import { publishTrace } from './trace.js';
import { WaitingTasks } from './waiting.js';
import { type Sleeper, Wakes } from './wakes.js';

export interface BacklogParts {
  /** The pool, as an identity for traces. */
  pool: object;
  clock: Clock;
  registry: TaskRegistry;
  passes: Passes;
}

/** All tasks that wait for a worker, and the limits of their wait. The assignment pass empties it. */
export class Backlog {
  readonly queue: WaitingTasks;
  /** Tasks that must run alone. */
  readonly quarantine: Quarantine;
  /** Tasks that wait for the worker that knows their key. */
  readonly affinity: Affinity;
  /** Tasks in batches, from the first one on. A batch that is due stands in the queue. */
  #gathering: Gathering | undefined;
  #isClosing = false;
  #ended: Error | undefined;
  readonly #parts: BacklogParts;
  readonly #wakes: Wakes;
  /** Wakes the quarantine, all of whose tasks may be held back by their limits. */
  readonly #quarantineWakes: Sleeper;

  constructor(parts: BacklogParts) {
    this.#parts = parts;
    const wakes = (this.#wakes = new Wakes(parts.clock, () => parts.passes.schedule()));
    this.#quarantineWakes = { wakeAtMs: 0, heapIndex: -1, wake: () => parts.passes.schedule() };
    this.queue = new WaitingTasks(wakes);
    this.quarantine = new Quarantine((task) => this.#mayBegin(task));
    this.affinity = new Affinity({ clock: parts.clock, wakes, overdue: () => parts.passes.schedule() });
  }

  /** All tasks that wait, those that their limits hold back included. A batch is one, and a batch that gathers is none. */
  get size(): number {
    return this.queue.total + this.quarantine.size + this.affinity.size;
  }

  /** Number of tasks that wait for more items of their batches, not for a worker. */
  get gathering(): number {
    return this.#gathering?.gathering ?? 0;
  }

  /** Tasks that wait for their limits, and for which a further worker could do nothing. */
  get blocked(): number {
    return this.queue.blocked + (this.affinity.size === 0 ? 0 : this.affinity.blocked);
  }

  /** Expected execution time of all tasks but those that wait for their limits, ms. */
  get expectedMs(): number {
    return this.queue.expectedMs + this.affinity.expectedMs + this.quarantine.expectedMs;
  }

  /** The first task of each line, and all tasks that must run alone. The one that waits longest is among them. */
  *heads(): Generator<Task> {
    yield* this.queue.heads();
    yield* this.quarantine.all();
    for (const home of this.affinity.awaited()) {
      const first = this.affinity.firstFor(home);
      if (first !== undefined) yield first;
    }
  }

  *[Symbol.iterator](): Generator<Task> {
    for (const task of this.queue) if (task.members === undefined) yield task;
    for (const task of this.affinity.all()) if (task.members === undefined) yield task;
    for (const task of this.quarantine.all()) if (task.members === undefined) yield task;
    if (this.#gathering !== undefined) yield* this.#gathering.all();
  }

  /** Why no task may wait any more, because the pool runs none; undefined before its end. */
  get ended(): Error | undefined {
    return this.#ended;
  }

  /**
   * Rejects each task that comes from now on: no worker would take it. One may come late. The program's own code, asked about
   * a task between a worker and a line, may have ended the pool.
   */
  end(error: Error): void {
    this.#ended ??= error;
  }

  /**
   * Adds a task that the registry counts as queued, for a new try. Rejects it if its limits are used up and refuse what is more.
   */
  add(task: Task): void {
    if (this.#ended !== undefined) {
      this.#refuse(task, this.#ended);
      return;
    }
    const { limits } = task.type;
    if (limits !== undefined && this.#isRefused(task, limits)) return;
    this.#limitWait(task);
    if (task.mustRunAlone) this.quarantine.push(task);
    else if (task.type.batches !== undefined) this.#gather(task);
    else this.queue.push(task);
    this.#parts.passes.noteSubmitted();
  }

  /** Gathers the tasks whose batches have become known: they waited for the first worker. */
  gatherKnown(): void {
    const known = [...this.queue].filter(({ type, members }) => type.batches !== undefined && members === undefined);
    for (const task of known) {
      // A function of the user's, asked about the tasks before it, may have ended this one.
      if (task.state === 'settled') continue;
      this.queue.remove(task);
      this.#gather(task);
    }
  }

  /** Takes the members of a batch that leaves for a worker. No line holds it any more. @param most members that the worker takes */
  takeMembers(batch: BatchTask, most: number): Task[] {
    return this.#batches.take(batch, most);
  }

  /** Requeues a task whose call has failed as a whole, with its half of that call. @returns whether it is the first of the call */
  split(task: Task, call: BatchCall, row: number): boolean {
    if (this.#ended !== undefined) {
      this.#refuse(task, this.#ended);
      return false;
    }
    this.#parts.registry.requeue(task);
    this.#limitWait(task);
    this.#parts.passes.schedule();
    return this.#batches.split(task, call, row);
  }

  /** Ends the wait of batches for more items. @param name of their type; undefined for all */
  flush(name: string | undefined, why: 'flush' | 'close'): void {
    this.#gathering?.flush(name, why);
    if (why === 'close') this.#isClosing = true;
    else this.#noteFlushed(name);
    this.#parts.passes.schedule();
  }

  /**
   * Puts a task back at the head of the queue. It has not run, or did not cause the end of its worker. Where later tasks of its
   * key wait for their home, its place is before them.
   */
  requeue(task: Task): void {
    if (this.#ended !== undefined) {
      this.#refuse(task, this.#ended);
      return;
    }
    this.#parts.registry.requeue(task);
    this.#limitWait(task);
    if (task.mustRunAlone) this.quarantine.push(task);
    else if (task.type.batches !== undefined) this.#batches.putBack(task);
    else if (!this.affinity.putBack(task)) this.queue.unshift(task);
    this.#parts.passes.schedule();
  }

  /** Removes a waiting task whose result is not wanted any more. */
  remove(task: Task): void {
    if (task.type.batches === undefined || !this.#batches.remove(task)) this.#unqueue(task);
  }

  /** Rejects a queued task whose time to wait is over. No line holds it any more. */
  expire(task: Task): void {
    const { pool, clock, registry } = this.#parts;
    const now = clock.now();
    publishTrace(pool, task, 'timeout', now);
    registry.noteTimeout(task);
    registry.fail(task, waitedTooLong(task, now, this.size));
  }

  get #batches(): Gathering {
    const { clock, passes } = this.#parts;
    return (this.#gathering ??= new Gathering({
      clock,
      isClosing: this.#isClosing,
      queue: (batch) => this.queue.push(batch),
      queueFirst: (batch) => this.#queueFirst(batch),
      unqueue: (batch) => this.#unqueue(batch),
      costChanged: (batch, item, by) => {
        if (batch.mustRunAlone || this.affinity.costChanged(batch, item, by)) return;
        this.queue.costChanged(batch, item, by);
      },
      due: () => passes.schedule(),
    }));
  }

  /** Remembers a flush for tasks that wait for the first worker, from which their batches will be known. */
  #noteFlushed(name: string | undefined): void {
    for (const task of this.queue) {
      if (task.type.batches === undefined && (name === undefined || task.type.name === name))
        this.#batches.noteFlushed(task);
    }
  }

  #gather(task: Task): void {
    try {
      this.#batches.add(task);
    } catch (error) {
      // A function of the user's looked at its input, and may have ended it.
      if (task.state !== 'settled') this.#refuse(task, error);
    }
  }

  #refuse(task: Task, error: unknown): void {
    publishTrace(this.#parts.pool, task, 'error', this.#parts.clock.now(), {}, error);
    this.#parts.registry.fail(task, error);
  }

  #queueFirst(task: Task): void {
    if (task.mustRunAlone) this.quarantine.push(task);
    else if (!this.affinity.putBack(task)) this.queue.unshift(task);
  }

  /** Removes a task from the line in which it waits. A batch of exclusive tasks may have been set aside. */
  #unqueue(task: Task): void {
    if (task.mustRunAlone) this.quarantine.remove(task);
    else if (!this.affinity.remove(task)) this.queue.remove(task);
  }

  #isRefused(task: Task, limits: TaskLimits): boolean {
    const { pool, clock, registry } = this.#parts;
    const ticket = task.extras.ticket as Ticket;
    ticket.limitWaitMs = 0;
    if (!limits.mayRefuse) return false;
    const joins = !task.mustRunAlone && task.type.batches !== undefined && this.#batches.wouldJoinQueued(task);
    const refusal = limits.refusalOf(ticket, clock.now(), joins);
    if (refusal === undefined) return false;
    const details = { task: task.name, ...refusal };
    const error = new PoolError('ERR_RATE_LIMITED', details, task.failure && { cause: task.failure.error });
    publishTrace(pool, task, 'error', clock.now(), {}, error);
    registry.fail(task, error);
    return true;
  }

  /** Whether the limits of a suspect let it begin. If not, the next pass comes at the time when they do, or when a task ends. */
  #mayBegin({ type, extras }: Task): boolean {
    if (type.limits === undefined) return true;
    const now = this.#wakes.now();
    const readyAtMs = type.limits.readyAtMs(extras.ticket as Ticket, now);
    if (readyAtMs <= now) return true;
    const { heapIndex, wakeAtMs } = this.#quarantineWakes;
    const isSooner = heapIndex === -1 || readyAtMs < wakeAtMs;
    if (isSooner && readyAtMs < Infinity) this.#wakes.wakeAt(this.#quarantineWakes, readyAtMs);
    return false;
  }

  #limitWait(task: Task): void {
    // Most tasks have neither limit, and a look at the clock costs 45 ns.
    if (task.settings.queueTimeoutMs === Infinity && task.extras.deadline === undefined) return;
    this.#expireLater(task, this.#parts.clock.now());
  }

  #expireLater(task: Task, sinceMs: number): void {
    const untilMs = Math.min(sinceMs + task.settings.queueTimeoutMs, task.deadlineMs);
    if (untilMs === Infinity) return;
    const { clock, registry, passes } = this.#parts;
    const timer = clock.after(untilMs - clock.now(), () => {
      // Callers that share the task may have extended its limit since.
      if (Math.min(sinceMs + task.settings.queueTimeoutMs, task.deadlineMs) > clock.now()) {
        this.#expireLater(task, sinceMs);
        return;
      }
      this.remove(task);
      this.expire(task);
      passes.schedule();
    });
    registry.limitWait(task, timer);
  }
}
