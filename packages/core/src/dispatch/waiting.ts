import { LinkedQueue } from '../base/linked-queue.js';
import type { Task } from '../task/task.js';
import type { TaskType } from '../task/task-type.js';

/** How much longer than another a task must have waited for each step of priority it has less, to go first. */
const AGING_MS = 1000;
/** What a task of a name none of which has ended is taken to cost, ms. */
const UNKNOWN_COST_MS = 1;

/** Waiting tasks of one name and one priority, in order. */
interface Flow {
  readonly type: TaskType;
  readonly priority: number;
  readonly tasks: LinkedQueue<Task>;
  /** Execution time handed out, on a clock that all flows of a priority share; the flow with the least goes next. */
  servedMs: number;
}

/**
 * Tasks that wait for a worker. Higher priority first, but who has waited long enough goes before it (aging), so nothing
 * starves; within a priority names share by execution time, so a flood of one does not shut out another; within a name
 * first in, first out.
 *
 * With one name and priority waiting, which is most often, every call takes constant time; with several, `first` looks
 * at the head of each, however many tasks and workers there are.
 */
export class WaitingTasks {
  /** Flows with tasks; the last one stays when it is emptied: mostly it is the next one to be filled, too. */
  readonly #active: Flow[] = [];
  /** Every flow there was, by name and priority. */
  readonly #flows = new Map<TaskType, Map<number, Flow>>();
  /** The flow asked for last: mostly the one asked for next. */
  #latest: Flow | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Execution time expected of all of them, ms. */
  get expectedMs(): number {
    let expectedMs = 0;
    for (const { type, tasks } of this.#active) expectedMs += tasks.size * type.expectedMs;
    return expectedMs;
  }

  push(task: Task): void {
    this.#join(task).tasks.push(task);
  }

  /** Puts a task back to the head of its line: it was handed out and has not run. */
  unshift(task: Task): void {
    const flow = this.#join(task);
    flow.servedMs -= cost(task.type);
    flow.tasks.unshift(task);
  }

  /** Takes a task out: it is not wanted any more. */
  remove(task: Task): void {
    this.#leave(this.#flowOf(task), task);
  }

  /** The task to go next. */
  get first(): Task | undefined {
    return this.#active.length <= 1 ? this.#active[0]?.tasks.first : this.#next()?.tasks.first;
  }

  /** Takes a task out because a worker takes it. */
  take(task: Task): void {
    const flow = this.#flowOf(task);
    flow.servedMs += cost(task.type);
    this.#leave(flow, task);
  }

  *[Symbol.iterator](): Generator<Task> {
    for (const { tasks } of this.#active) yield* tasks;
  }

  #next(): Flow | undefined {
    let oldest: Flow | undefined;
    let oldestAt = Infinity;
    for (const flow of this.#active) {
      const at = (flow.tasks.first as Task).dueAt - flow.priority * AGING_MS;
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
      // What it did not use while nothing of it waited is not owed to it.
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
