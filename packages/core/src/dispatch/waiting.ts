import { LinkedQueue } from '../base/linked-queue.js';
import type { Task } from '../task/task.js';
import type { TaskType } from '../task/task-type.js';

/** Extra wait, for each step of lower priority, after which a task goes before another: the contract of RunOptions.priority. */
const AGING_MS = 1000;
/**
 * Assumed cost, in ms, of a task whose name has not completed yet. The first such tasks of two names then take turns with
 * tasks of a millisecond. It holds for the tasks of one round trip only.
 */
const UNKNOWN_COST_MS = 1;

/** Whether the first of these tasks goes before the second, by their priorities and how long they have waited. */
export function goesBefore(first: Task, second: Task): boolean {
  return orderMs(first) < orderMs(second);
}

function orderMs({ dueAt, priority }: Task): number {
  return dueAt - priority * AGING_MS;
}

/** Waiting tasks of one name and one priority, in order. */
interface Flow {
  readonly type: TaskType;
  readonly priority: number;
  readonly tasks: LinkedQueue<Task>;
  /** Execution time handed out, on a clock that all flows of a priority share. The flow with the least goes next. */
  servedMs: number;
}

/**
 * Tasks that wait for a worker. Higher priority goes first, but a task that has waited long enough goes before it (aging), so
 * none starves. Within a priority, names share by execution time, so a flood of one does not shut out another. Within a name,
 * the order is first in, first out.
 *
 * With one name and priority waiting, the most frequent case, every call takes constant time. With several, `first` looks at
 * the head of each, however many tasks and workers there are.
 */
export class WaitingTasks {
  /** Flows with tasks. The last one stays when it is emptied, because it is mostly the next one to be filled. */
  readonly #active: Flow[] = [];
  /** Every flow so far, by name and priority. */
  readonly #flows = new Map<TaskType, Map<number, Flow>>();
  /** The flow used last, which is mostly the one used next. */
  #latest: Flow | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Expected execution time of all of them, ms. */
  get expectedMs(): number {
    let expectedMs = 0;
    for (const { type, tasks } of this.#active) expectedMs += tasks.size * type.expectedMs;
    return expectedMs;
  }

  push(task: Task): void {
    this.#join(task).tasks.push(task);
  }

  /** Puts a task back at the head of its line, because it was handed out and has not run. */
  unshift(task: Task): void {
    const flow = this.#join(task);
    flow.servedMs -= cost(task.type);
    flow.tasks.unshift(task);
  }

  /** Removes a task that is not wanted any more. */
  remove(task: Task): void {
    this.#leave(this.#flowOf(task), task);
  }

  /** The next task to go. */
  get first(): Task | undefined {
    return this.#active.length <= 1 ? this.#active[0]?.tasks.first : this.#next()?.tasks.first;
  }

  /** Removes a task because a worker takes it. */
  take(task: Task): void {
    const flow = this.#flowOf(task);
    flow.servedMs += cost(task.type);
    this.#leave(flow, task);
  }

  /** The first task of each name and priority: in its flow, the one that waits longest. */
  *heads(): Generator<Task> {
    for (const { tasks } of this.#active) if (tasks.first !== undefined) yield tasks.first;
  }

  *[Symbol.iterator](): Generator<Task> {
    for (const { tasks } of this.#active) yield* tasks;
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

  #join(task: Task): Flow {
    const flow = this.#flowOf(task);
    if (flow.tasks.size === 0 && this.#active[0] !== flow) {
      // A flow without waiting tasks gains no credit for time that it did not use.
      flow.servedMs = Math.max(flow.servedMs, this.#leastServed(flow.priority));
      if (this.#size === 0) this.#active[0] = flow;
      else this.#active.push(flow);
    }
    this.#size++;
    return flow;
  }

  #leave(flow: Flow, task: Task): void {
    flow.tasks.remove(task);
    this.#size--;
    if (flow.tasks.size === 0 && this.#active.length > 1) this.#active.splice(this.#active.indexOf(flow), 1);
  }

  #leastServed(priority: number): number {
    let least = Infinity;
    for (const flow of this.#active) if (flow.priority === priority) least = Math.min(least, flow.servedMs);
    return least === Infinity ? 0 : least;
  }

  #flowOf(task: Task): Flow {
    const { type, priority } = task;
    if (this.#latest?.type === type && this.#latest.priority === priority) return this.#latest;
    let flows = this.#flows.get(type);
    if (flows === undefined) this.#flows.set(type, (flows = new Map<number, Flow>()));
    let flow = flows.get(priority);
    if (flow === undefined) flows.set(priority, (flow = { type, priority, tasks: new LinkedQueue(), servedMs: 0 }));
    return (this.#latest = flow);
  }
}

function cost(type: TaskType): number {
  return type.run.count === 0 ? UNKNOWN_COST_MS : type.expectedMs;
}
