import { BoundedNames } from '../base/bounded-names.js';
import type { ResolvedOptions } from '../contract/resolve-options.js';
import { TaskType } from './task-type.js';

/** Names that tasks may have before it is known which the worker module has. A type takes up to 17 KB. */
const MOST_UNCHECKED = 250;

/**
 * What is known of tasks, by their names. Names with options of their own and those that workers have a handler for are kept
 * apart. All others share one type, called "(other)": a caller may pass on any text as a name.
 */
export class TaskTypes {
  readonly #options: Pick<ResolvedOptions, 'tasks' | 'taskDefaults'>;
  readonly #own = new Map<string, TaskType>();
  readonly #unchecked: BoundedNames<TaskType>;
  /** Names that workers have a handler for; undefined before the first was ready. */
  #handlers: Set<string> | undefined;
  /** The one of #own that was asked for last. Most programs ask for one name over and over, and a Map takes 30 ns for it. */
  #latest: TaskType | undefined;

  constructor(options: Pick<ResolvedOptions, 'tasks' | 'taskDefaults'>) {
    this.#options = options;
    this.#unchecked = new BoundedNames(MOST_UNCHECKED, (name) => new TaskType(name, options.taskDefaults));
  }

  /** A worker is ready, and has handlers of these names. */
  learn(handlers: readonly string[]): void {
    this.#handlers ??= new Set();
    for (const name of handlers) this.#handlers.add(name);
  }

  /** The type of tasks of this name; another name's when that is one of many without a handler. */
  of(name: string): TaskType {
    const latest = this.#latest;
    if (latest?.name === name) return latest;
    const own = this.#own.get(name);
    if (own === undefined) return this.#find(name);
    this.#latest = own;
    return own;
  }

  *[Symbol.iterator](): Generator<TaskType> {
    yield* this.#own.values();
    yield* this.#unchecked.values();
  }

  #find(name: string): TaskType {
    const { tasks, taskDefaults } = this.#options;
    const isKnown = tasks.has(name) || this.#handlers?.has(name) === true;
    if (!isKnown) {
      const known = this.#unchecked.find(name);
      if (known !== undefined) return known;
      return this.#handlers === undefined ? this.#unchecked.get(name) : this.#unchecked.other;
    }
    // One that was asked for before its handler was known keeps what it has learned.
    const type = this.#unchecked.take(name) ?? new TaskType(name, tasks.get(name) ?? taskDefaults);
    this.#own.set(name, type);
    return type;
  }
}
