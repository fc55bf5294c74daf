import { BoundedNames } from '../base/bounded-names.js';
import { type BatchRules, overrideBatch } from '../contract/resolve-batch.js';
import type { ResolvedOptions, TaskSettings } from '../contract/resolved-options.js';
import type { BreakerHost } from '../limits/breakers.js';
import { TaskType } from './task-type.js';
import { TypeBatches } from './type-batches.js';

/**
 * Most names of tasks that get a type before the handlers of the worker module are known. A type takes up to 17 KB, all of
 * them 4 MB.
 */
const MOST_UNCHECKED = 250;

/**
 * Data on tasks, by their names. Names with options of their own, and names with a handler, have a type each. All others
 * share one type, called "(other)", because a caller may pass any text as a name.
 */
export class TaskTypes {
  readonly #options: Pick<ResolvedOptions, 'tasks' | 'taskDefaults'>;
  readonly #own = new Map<string, TaskType>();
  readonly #unchecked: BoundedNames<TaskType>;
  readonly #host: BreakerHost | undefined;
  /** Of callables, by their number. */
  readonly #callables: TaskType[] = [];
  /** Rules of batches by the name of their handler, as `batch()` gave them. */
  readonly #batches = new Map<string, BatchRules>();
  /** Names with a handler; undefined before the first worker was ready. */
  #handlers: Set<string> | undefined;
  /** The type of #own used last. Most programs use one name over and over, and a Map takes 30 ns for it. */
  #latest: TaskType | undefined;

  constructor(options: Pick<ResolvedOptions, 'tasks' | 'taskDefaults'>, host?: BreakerHost) {
    this.#options = options;
    this.#host = host;
    this.#unchecked = new BoundedNames(MOST_UNCHECKED, (name) => new TaskType(name, options.taskDefaults, host));
  }

  /** Learns the names of handlers from a worker that is ready. */
  learn(handlers: readonly string[], batches: readonly (readonly [name: string, rules: BatchRules])[] = []): void {
    this.#handlers ??= new Set();
    for (const name of handlers) this.#handlers.add(name);
    for (const [name, own] of batches) {
      this.#batches.set(name, own);
      setBatches(this.of(name), own);
      for (const type of this.#callables) if (type.taskName === name) setBatches(type, own);
    }
  }

  /** The type of tasks of this name. It has another name when this is one of many without a handler. */
  of(name: string): TaskType {
    const latest = this.#latest;
    if (latest?.name === name) return latest;
    const own = this.#own.get(name);
    if (own === undefined) return this.#find(name);
    this.#latest = own;
    return own;
  }

  /** Makes a type for one callable. Its counts are its own, and so are limits that it sets. @returns its number */
  openCallable(name: string, label: string, settings: TaskSettings): number {
    const type = new TaskType(label, settings, this.#host, this.of(name), name);
    const own = this.#batches.get(name);
    if (own !== undefined) setBatches(type, own);
    return this.#callables.push(type) - 1;
  }

  /** The type of a callable. Its tasks have the name of their handler. */
  ofCallable(number: number): TaskType {
    const type = this.#callables[number];
    if (type === undefined) throw new RangeError(`There is no callable ${number}.`);
    return type;
  }

  *[Symbol.iterator](): Generator<TaskType> {
    yield* this.#own.values();
    yield* this.#callables;
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
    // A name used before its handler was known keeps what it has learned.
    const type = this.#unchecked.take(name) ?? new TaskType(name, tasks.get(name) ?? taskDefaults, this.#host);
    this.#own.set(name, type);
    return type;
  }
}

/** Tells a type that its handler takes lists. @param own what the handler says of them */
function setBatches(type: TaskType, own: BatchRules): void {
  const rules = overrideBatch(own, type.settings.batch);
  if (type.batches === undefined) type.batches = new TypeBatches(rules);
  else type.batches.rules = rules;
}
