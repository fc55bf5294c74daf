import { LinkedQueue } from '../base/linked-queue.js';
import type { Ticket } from '../limits/task-limits.js';
import type { Task } from '../task/task.js';
import type { TaskType } from '../task/task-type.js';
import { GatedLine } from './gated-line.js';
import { orderMs } from './task-order.js';
import type { Wakes } from './wakes.js';

/**
 * Assumed cost, in ms, of a task whose name has not completed yet. The first such tasks of two names then take turns with
 * tasks of a millisecond. It holds for the tasks of one round trip only.
 */
const UNKNOWN_COST_MS = 1;

/** Waiting tasks of one name and one priority, in order. */
interface Flow {
  readonly type: TaskType;
  readonly priority: number;
  readonly tasks: LinkedQueue<Task>;
  /** The tasks instead, where their name has limits. */
  readonly gated: GatedLine<Task> | undefined;
  /** Execution time handed out, on a clock that all flows of a priority share. The flow with the least goes next. */
  servedMs: number;
  /** Whether its limits blocked all of its tasks when it was looked at last. */
  isBlocked: boolean;
}

/**
 * Tasks that wait for a worker. Higher priority goes first, but a task that has waited long enough goes before it (aging), so
 * none starves. Within a priority, names share by execution time, so a flood of one does not shut out another. Within a name,
 * the order is first in, first out.
 *
 * With one name and priority waiting, the most frequent case, every call takes constant time. With several, `first` looks at
 * the head of each, however many tasks and workers there are.
 *
 * Names with limits have flows of their own kind (dispatch/gated-line.ts). Their tasks count as work while their limits let them
 * go.
 */
export class WaitingTasks {
  /** Flows with tasks and without limits. The last one stays when it is emptied, because it is mostly the next one to be filled. */
  readonly #active: Flow[] = [];
  /** Flows with tasks and limits. */
  readonly #gated: Flow[] = [];
  /** Every flow so far, by name and priority. */
  readonly #flows = new Map<TaskType, Map<number, Flow>>();
  /** The flow used last, which is mostly the one used next. */
  #latest: Flow | undefined;
  /** Tasks without limits. */
  #size = 0;
  /** Whether an exclusive task has ever been here. Few pools have any, and each task would be looked at three times. */
  mayHaveExclusive = false;
  readonly #wakes: Wakes;

  constructor(wakes: Wakes) {
    this.#wakes = wakes;
  }

  /** Tasks that no limit is known to hold back. */
  get size(): number {
    let size = this.#size;
    if (this.#gated.length === 0) return size;
    for (const { gated } of this.#gated) size += (gated as GatedLine<Task>).openSize;
    return size;
  }

  /** All of them. */
  get total(): number {
    let total = this.#size;
    for (const { gated } of this.#gated) total += (gated as GatedLine<Task>).size;
    return total;
  }

  /** Tasks that limits are known to hold back, or will. */
  get blocked(): number {
    return this.#gated.length === 0 ? 0 : this.total - this.mayBegin;
  }

  /** Tasks that may be prefetched: those without limits. */
  get prefetchable(): number {
    return this.#size;
  }

  /** Tasks that may begin, if there are workers enough. */
  get mayBegin(): number {
    let sum = this.#size;
    for (const { gated } of this.#gated) sum += (gated as GatedLine<Task>).mayBegin;
    return sum;
  }

  /** Expected execution time of all that may begin, ms. */
  get expectedMs(): number {
    let expectedMs = 0;
    for (const { type, tasks } of this.#active) expectedMs += tasks.size * type.expectedMs;
    for (const { type, gated } of this.#gated) expectedMs += (gated as GatedLine<Task>).mayBegin * type.expectedMs;
    return expectedMs;
  }

  push(task: Task): void {
    if (task.isExclusive) this.mayHaveExclusive = true;
    const flow = this.#flowOf(task);
    if (flow.gated === undefined) {
      this.#join(flow);
      flow.tasks.push(task);
    } else {
      this.#joinGated(flow);
      flow.gated.push(task);
    }
  }

  /** Puts a task back at the head of its line, because it was handed out and has not run. */
  unshift(task: Task): void {
    if (task.isExclusive) this.mayHaveExclusive = true;
    const flow = this.#flowOf(task);
    if (flow.gated === undefined) this.#join(flow);
    else this.#joinGated(flow);
    flow.servedMs -= cost(task.type);
    (flow.gated ?? flow.tasks).unshift(task);
  }

  /** Removes a task that is not wanted any more. */
  remove(task: Task): void {
    const flow = this.#flowOf(task);
    if (flow.gated === undefined) {
      this.#leave(flow, task);
    } else {
      flow.gated.remove(task);
      this.#leaveGated(flow);
    }
  }

  /** See GatedLine.costChanged. */
  costChanged(task: Task, item: Ticket, by: 1 | -1): void {
    this.#flowOf(task).gated?.costChanged(task, item, by);
  }

  /** The next task to go. */
  get first(): Task | undefined {
    return this.#gated.length > 0 ? this.#firstOfAll() : this.firstAhead;
  }

  /** The next task to prefetch. */
  get firstAhead(): Task | undefined {
    return this.#active.length <= 1 ? this.#active[0]?.tasks.first : this.#next()?.tasks.first;
  }

  /** Removes a task because a worker takes it. */
  take(task: Task): void {
    const flow = this.#flowOf(task);
    flow.servedMs += cost(task.type);
    if (flow.gated === undefined) {
      this.#leave(flow, task);
    } else {
      flow.gated.take(task);
      this.#leaveGated(flow);
    }
  }

  /** The first task of each name and priority: in its flow, the one that waits longest. */
  *heads(): Generator<Task> {
    for (const { tasks } of this.#active) if (tasks.first !== undefined) yield tasks.first;
    for (const { gated } of [...this.#gated]) if (gated?.first !== undefined) yield gated.first;
  }

  *[Symbol.iterator](): Generator<Task> {
    for (const { tasks } of this.#active) yield* tasks;
    for (const { gated } of this.#gated) yield* gated as GatedLine<Task>;
  }

  #next(): Flow | undefined {
    let oldest: Flow | undefined;
    let oldestAt = Infinity;
    for (const flow of this.#active) {
      const at = orderMs(flow.tasks.first as Task);
      if (at >= oldestAt) continue;
      oldest = flow;
      oldestAt = at;
    }
    let next = oldest;
    for (const flow of this.#active) {
      if (flow.priority === next?.priority && flow.servedMs < next.servedMs) next = flow;
    }
    return next;
  }

  /** The same among flows with limits, too. Those that their limits hold back have no first task. */
  #firstOfAll(): Task | undefined {
    let oldest: Flow | undefined;
    let oldestAt = Infinity;
    for (let at = 0; at < this.#active.length + this.#gated.length; at++) {
      const flow = this.#flowAt(at);
      const task = headOf(flow);
      if (flow.gated !== undefined) this.#noteBlocked(flow, task === undefined);
      if (task === undefined || orderMs(task) >= oldestAt) continue;
      oldest = flow;
      oldestAt = orderMs(task);
    }
    let next = oldest;
    for (let at = 0; at < this.#active.length + this.#gated.length; at++) {
      const flow = this.#flowAt(at);
      const goesFirst = flow.priority === next?.priority && flow.servedMs < next.servedMs;
      if (goesFirst && headOf(flow) !== undefined) next = flow;
    }
    return next && headOf(next);
  }

  /** A flow that its limits have blocked gains no credit for that time, either. */
  #noteBlocked(flow: Flow, isBlocked: boolean): void {
    const isBack = flow.isBlocked && !isBlocked;
    flow.isBlocked = isBlocked;
    if (isBack) flow.servedMs = Math.max(flow.servedMs, this.#leastServed(flow.priority, flow));
  }

  #flowAt(at: number): Flow {
    const { length } = this.#active;
    return (at < length ? this.#active[at] : this.#gated[at - length]) as Flow;
  }

  #join(flow: Flow): void {
    if (flow.tasks.size === 0 && this.#active[0] !== flow) {
      // A flow without waiting tasks gains no credit for time that it did not use.
      flow.servedMs = Math.max(flow.servedMs, this.#leastServed(flow.priority));
      if (this.#size === 0) this.#active[0] = flow;
      else this.#active.push(flow);
    }
    this.#size++;
  }

  #joinGated(flow: Flow): void {
    if (flow.gated?.size !== 0) return;
    flow.servedMs = Math.max(flow.servedMs, this.#leastServed(flow.priority));
    this.#gated.push(flow);
  }

  #leaveGated(flow: Flow): void {
    if (flow.gated?.size === 0) this.#gated.splice(this.#gated.indexOf(flow), 1);
  }

  #leave(flow: Flow, task: Task): void {
    flow.tasks.remove(task);
    this.#size--;
    if (flow.tasks.size === 0 && this.#active.length > 1) this.#active.splice(this.#active.indexOf(flow), 1);
  }

  /** Least execution time handed out among flows of a priority that have tasks to hand out. */
  #leastServed(priority: number, except?: Flow): number {
    let least = Infinity;
    for (const flow of this.#active) if (flow.priority === priority) least = Math.min(least, flow.servedMs);
    for (const flow of this.#gated) {
      const counts = flow.priority === priority && flow !== except && !flow.isBlocked;
      if (counts) least = Math.min(least, flow.servedMs);
    }
    return least === Infinity ? 0 : least;
  }

  #flowOf(task: Task): Flow {
    const { type, priority } = task;
    if (this.#latest?.type === type && this.#latest.priority === priority) return this.#latest;
    let flows = this.#flows.get(type);
    if (flows === undefined) this.#flows.set(type, (flows = new Map<number, Flow>()));
    let flow = flows.get(priority);
    if (flow === undefined) {
      const gated = type.limits && new GatedLine<Task>(type.limits, this.#wakes);
      flow = { type, priority, tasks: new LinkedQueue(), gated, servedMs: 0, isBlocked: false };
      flows.set(priority, flow);
    }
    return (this.#latest = flow);
  }
}

function headOf({ tasks, gated }: Flow): Task | undefined {
  return gated === undefined ? tasks.first : gated.first;
}

function cost(type: TaskType): number {
  return type.run.count === 0 ? UNKNOWN_COST_MS : type.expectedMs;
}
