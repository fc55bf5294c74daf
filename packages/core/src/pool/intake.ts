import type { Clock } from '../base/clock.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { InputWriter } from '../task/input-writer.js';
import { Task, type TaskExtras } from '../task/task.js';
import type { TaskBook } from '../task/task-book.js';
import type { TaskTypes } from '../task/task-types.js';
import type { Worker } from '../worker/worker.js';
import { SharedTask } from './shared-task.js';

export interface IntakeParts {
  clock: Clock;
  types: TaskTypes;
  book: TaskBook;
  dispatcher: Dispatcher;
  inputs: InputWriter;
}

// One executor for all promises: a closure for each would be the largest part of an empty call.
let lastResolve: (value: unknown) => void;
let lastReject: (error: unknown) => void;
const takeEnds = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
  lastResolve = resolve;
  lastReject = reject;
};

/** How a call becomes a task: its number, its promise, its place in the book, its input as bytes. */
export class Intake {
  readonly #clock: Clock;
  readonly #types: TaskTypes;
  readonly #book: TaskBook;
  readonly #dispatcher: Dispatcher;
  readonly #inputs: InputWriter;
  #lastTaskId = 0;
  /**
   * The task whose input is being taken down, which is in no queue yet; linked to it those around it. A getter of the input may
   * run anything: submit another task, abort this one's signal, end the pool.
   */
  #entering: Task | undefined;

  constructor({ clock, types, book, dispatcher, inputs }: IntakeParts) {
    this.#clock = clock;
    this.#types = types;
    this.#book = book;
    this.#dispatcher = dispatcher;
    this.#inputs = inputs;
  }

  /** Submits a task. */
  submit(name: string, input: unknown, extras?: TaskExtras): Promise<unknown> {
    const promise = new Promise(takeEnds);
    const task = this.#enter(name, input, extras);
    if (task.state === 'queued') this.#dispatcher.submit(task);
    return promise;
  }

  /** Submits a task that several callers may come to share. */
  share(name: string, input: unknown, extras: TaskExtras): SharedTask {
    let costMs = 0;
    const onRan = (ms: number): void => void (costMs = ms);
    const own = { ...extras, onRan };
    const promise = new Promise(takeEnds);
    const task = this.#enter(name, input, own);
    if (task.state === 'queued') this.#dispatcher.submit(task);
    const result = promise.then((value) => ({ value, costMs }));
    const queued = (): number => this.#book.counts.queued;
    return new SharedTask({ clock: this.#clock, task, extras: task.extras, result, queued });
  }

  /** Submits a task to one worker. */
  submitTo(worker: Worker, name: string, input: unknown, extras: TaskExtras): Promise<unknown> {
    const promise = new Promise(takeEnds);
    const task = this.#enter(name, input, { ...extras, pinned: true });
    if (task.state === 'queued') this.#dispatcher.submitTo(worker, task);
    return promise;
  }

  /** Whether the input of this task is being taken down. */
  isEntering(task: Task): boolean {
    let entering = this.#entering;
    while (entering !== undefined && entering !== task) entering = entering.next;
    return entering !== undefined;
  }

  /** Rejects the tasks whose inputs are being taken down. */
  reject(error: unknown): void {
    for (let task = this.#entering; task !== undefined; task = task.next) {
      if (task.state === 'queued') this.#book.fail(task, error);
    }
  }

  /**
   * The task of the promise made last. It is queued, unless its input cannot be sent, or a getter of its input has done
   * away with it.
   */
  #enter(name: string, input: unknown, extras: TaskExtras | undefined): Task {
    const id = ++this.#lastTaskId;
    const type = this.#types.of(name);
    const all = type.name === name ? extras : { ...extras, name };
    const task = new Task(id, type, all, this.#clock.now(), lastResolve, lastReject);
    this.#book.enter(task);
    task.next = this.#entering;
    this.#entering = task;
    const refusal = this.#inputs.write(task, input);
    this.#entering = task.next;
    task.next = undefined;
    if (refusal !== undefined && task.state === 'queued') this.#dispatcher.refuse(task, refusal);
    return task;
  }
}
