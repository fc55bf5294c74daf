import type { Clock, Timer } from '../base/clock.js';
import { MOST_ITEMS } from '../contract/batch-shape.js';
import { saysFull } from '../contract/resolve-batch.js';
import type { BatchReason } from '../contract/trace.js';
import type { Ticket } from '../limits/task-limits.js';
import type { BatchCall, CalledBatch } from '../task/batch-call.js';
import { type BatchState, BatchTask } from '../task/batch-task.js';
import type { Task } from '../task/task.js';
import { batchesOf, BatchLanes, overBy } from './batch-lanes.js';

export interface GatheringParts {
  clock: Clock;
  /** Whether batches wait for no more items, because the pool closes. */
  isClosing: boolean;
  /** Adds a batch that is due to the end of the queue. */
  queue(batch: BatchTask): void;
  /** Puts a batch at the head of the queue. */
  queueFirst(batch: BatchTask): void;
  /** Removes an empty batch from wherever it waits. */
  unqueue(batch: BatchTask): void;
  /** The costs of a batch that is in the queue have changed by those of an item. @param by 1 or -1 */
  costChanged(batch: BatchTask, item: Ticket, by: 1 | -1): void;
  /** A batch has become due without a call from outside. */
  due(): void;
}

/** The two batches into which a failed one is split. */
type Halves = [first: BatchTask | undefined, second: BatchTask | undefined];

/**
 * Gathers tasks of batch handlers into batches. A batch becomes due by its rules, and joins the queue as one task. It takes more
 * items there until it is full or a worker takes it.
 */
export class Gathering {
  readonly #parts: GatheringParts;
  readonly #lanes = new BatchLanes();
  /**
   * Batches by their first member. An entry for each member would be most of what gathering costs. Such a Map is copied again and
   * again, and its old copies keep tasks that have ended in memory.
   */
  readonly #byFirst = new Map<Task, BatchTask>();
  /** Ends of waits, by batch. */
  readonly #timers = new Map<BatchTask, Timer>();
  readonly #halves = new WeakMap<BatchCall, Halves>();
  /** Halves that let a queued batch go first, by that batch. */
  readonly #behind = new Map<CalledBatch, BatchTask[]>();
  /** Tasks that waited for the first worker when `flush` was called. */
  readonly #flushed = new WeakSet<Task>();
  #size = 0;
  #waiting = 0;
  #isClosing: boolean;

  constructor(parts: GatheringParts) {
    this.#parts = parts;
    this.#isClosing = parts.isClosing;
  }

  /** Number of tasks that wait in batches. */
  get size(): number {
    return this.#size;
  }

  /** Part of them that waits for more items, not for a worker. */
  get gathering(): number {
    return this.#waiting;
  }

  *all(): Generator<Task> {
    for (const { members } of this.#byFirst.values()) yield* members;
  }

  /**
   * Adds a task whose type has batches.
   * @throws ERR_OPTION where `isFull` of the pool fails. The task is in no batch then
   */
  add(task: Task): void {
    const batches = batchesOf(task);
    let batch = this.#lanes.of(task).open;
    const isOver = batch && overBy(batch, task, batches);
    if (batch !== undefined && isOver !== undefined) {
      this.#close(batch, isOver);
      batch = undefined;
    }
    // Looked up anew, because the end of a batch may have ended its lane.
    if (batch === undefined) this.#lanes.of(task).open = batch = new BatchTask(task);
    this.#join(batch, task, false);
    const isFull = this.#isFull(batch, task);
    // The program's own code was asked, and may have ended the task, and with it the batch.
    if (task.state === 'settled') return;
    const { rules } = batches;
    if (batch.inputs >= batches.most) this.#close(batch, 'size');
    else if (isFull) this.#close(batch, 'full');
    else if (batch.bytes >= rules.maxBytes) this.#close(batch, 'bytes');
    else if (batch.members.size >= MOST_ITEMS || batch.inputs >= batches.size) this.#due(batch, 'size');
    else if (this.#isClosing) this.#due(batch, 'close');
    else if (this.#flushed.has(task)) this.#due(batch, 'flush');
    else if (rules.maxWaitMs === 0) this.#due(batch, 'time');
    else if (batch.members.size === 1 && rules.maxWaitMs < Infinity) this.#limitWait(batch, rules.maxWaitMs);
  }

  /** Puts back a task that has not begun, at the head of the queue. Neighbours that come back make one batch again. */
  putBack(task: Task): void {
    const batches = batchesOf(task);
    let batch = this.#lanes.of(task).returned;
    if (batch !== undefined && overBy(batch, task, batches) !== undefined) {
      this.#close(batch, 'again');
      batch = undefined;
    }
    if (batch === undefined) {
      this.#lanes.of(task).returned = batch = new BatchTask(task);
      this.#join(batch, task, true);
      this.#dueFirst(batch);
    } else {
      this.#join(batch, task, true);
    }
    if (batch.inputs >= batches.most) this.#close(batch, 'again');
  }

  /**
   * Puts back a task whose call has failed as a whole, with its half of that call. A call that is a half itself is split further
   * after its sibling has left. Otherwise the calls with one bad item would fail in a row, and a circuit breaker would open.
   * @returns whether it is the first of the call
   */
  split(task: Task, call: BatchCall, row: number): boolean {
    let halves = this.#halves.get(call);
    const isFirst = halves === undefined;
    if (halves === undefined) this.#halves.set(call, (halves = [undefined, undefined]));
    const which = row < call.rows / 2 ? 0 : 1;
    const half = halves[which];
    if (half?.isOpen === true) {
      this.#join(half, task, false);
    } else {
      const batch = (halves[which] = new BatchTask(task));
      this.#join(batch, task, false);
      const other = halves[1 - which];
      batch.sibling = other;
      if (other !== undefined) other.sibling = batch;
      const sibling = call.batch?.sibling;
      if (sibling?.isQueued !== true) this.#dueFirst(batch);
      else if (!this.#behind.get(sibling)?.push(batch)) this.#behind.set(sibling, [batch]);
    }
    return isFirst;
  }

  /** Whether a task would join a batch that stands in the queue already. */
  wouldJoinQueued(task: Task): boolean {
    const batches = batchesOf(task);
    const batch = this.#lanes.openFor(task);
    return batch?.stage === 'due' && overBy(batch, task, batches) === undefined;
  }

  /** Removes a task that is not wanted any more. False when it is in no batch. */
  remove(task: Task): boolean {
    const batch = this.#batchOf(task);
    if (batch === undefined) return false;
    const isQueued = batch.stage !== 'gathering';
    const item = this.#leave(batch, task);
    if (item !== undefined && isQueued) this.#parts.costChanged(batch, item, -1);
    if (batch.members.size > 0) return true;
    this.#end(batch);
    if (isQueued) this.#parts.unqueue(batch);
    return true;
  }

  /** Takes the first members of a batch that a worker takes. The rest waits at the head of the queue. */
  take(batch: BatchTask, most: number): Task[] {
    const tasks: Task[] = [];
    const { members } = batch;
    if (members.first !== undefined) this.#byFirst.delete(members.first);
    while (tasks.length < most) {
      const task = members.first;
      if (task === undefined) break;
      batch.remove(task);
      tasks.push(task);
    }
    this.#size -= tasks.length;
    if (members.first !== undefined) this.#byFirst.set(members.first, batch);
    if (batch.members.size === 0) {
      this.#end(batch);
    } else {
      this.#close(batch, batch.why ?? 'size');
      this.#parts.queueFirst(batch);
    }
    return tasks;
  }

  /** Ends the wait of the batches of a type, or of all. */
  flush(name: string | undefined, why: 'flush' | 'close'): void {
    if (why === 'close') this.#isClosing = true;
    for (const batch of this.#lanes.open()) if (name === undefined || batch.type.name === name) this.#due(batch, why);
  }

  /** Remembers a flush for a task whose batches are not known yet. */
  noteFlushed(task: Task): void {
    this.#flushed.add(task);
  }

  /** Whether the batch takes no more by the pool's `isFull`. @throws ERR_OPTION; the task has left the batch then */
  #isFull(batch: BatchTask, task: Task): boolean {
    const isFull = task.type.settings.batch?.isFull;
    if (isFull === undefined) return false;
    try {
      return saysFull(isFull, batch.distinctInputs(), `tasks.${task.name}.batch.isFull`);
    } catch (error) {
      this.remove(task);
      throw error;
    }
  }

  #join(batch: BatchTask, task: Task, isFirst: boolean): void {
    const { first } = batch.members;
    const item = batch.add(task, isFirst);
    if (batch.stage === 'gathering') this.#waiting++;
    else if (item !== undefined) this.#parts.costChanged(batch, item, 1);
    this.#size++;
    this.#noteFirst(batch, first);
  }

  /** @returns what that takes off the costs of the batch */
  #leave(batch: BatchTask, task: Task): Ticket | undefined {
    const { first } = batch.members;
    const item = batch.remove(task);
    if (batch.stage === 'gathering') this.#waiting--;
    this.#size--;
    this.#noteFirst(batch, first);
    return item;
  }

  /** Notes that a batch may have another first member than before. */
  #noteFirst(batch: BatchTask, before: Task | undefined): void {
    const { first } = batch.members;
    if (first === before) return;
    if (before !== undefined) this.#byFirst.delete(before);
    if (first !== undefined) this.#byFirst.set(first, batch);
  }

  /** The batch of a task; undefined when it is in none. */
  #batchOf(task: Task): BatchTask | undefined {
    let first = task;
    for (let steps = 1; first.previous !== undefined; first = first.previous)
      if (++steps > MOST_ITEMS) return undefined;
    return this.#byFirst.get(first);
  }

  /** Has a batch leave when a worker is free. */
  #due(batch: BatchTask, why: BatchReason): void {
    if (batch.stage !== 'gathering') return;
    this.#endWait(batch);
    batch.why = why;
    this.#move(batch, 'due');
    this.#parts.queue(batch);
  }

  #dueFirst(batch: BatchTask): void {
    batch.why = 'again';
    this.#move(batch, 'due');
    this.#parts.queueFirst(batch);
  }

  /** Has a batch take no more items. */
  #close(batch: BatchTask, why: BatchReason): void {
    if (!batch.isOpen) return;
    const wasGathering = batch.stage === 'gathering';
    this.#endWait(batch);
    this.#lanes.forget(batch);
    if (batch.why !== 'again') batch.why = why;
    this.#move(batch, 'closed');
    if (wasGathering) this.#parts.queue(batch);
  }

  /** Ends a batch that has no members left. */
  #end(batch: BatchTask): void {
    this.#endWait(batch);
    this.#lanes.forget(batch);
    this.#move(batch, 'gone');
    const behind = this.#behind.get(batch);
    if (behind === undefined) return;
    this.#behind.delete(batch);
    for (const half of behind) if (half.stage === 'gathering') this.#dueFirst(half);
  }

  #move(batch: BatchTask, to: BatchState): void {
    if (batch.stage === 'gathering') this.#waiting -= batch.members.size;
    batch.move(to, this.#parts.clock.now());
  }

  #limitWait(batch: BatchTask, maxWaitMs: number): void {
    const timer = this.#parts.clock.after(maxWaitMs, () => {
      this.#due(batch, 'time');
      this.#parts.due();
    });
    this.#timers.set(batch, timer);
  }

  #endWait(batch: BatchTask): void {
    this.#timers.get(batch)?.cancel();
    this.#timers.delete(batch);
  }
}
