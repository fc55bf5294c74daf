import { openEncoder } from '../../src/codec/open-codec.js';
import type { PoolOptions } from '../../src/contract/options.js';
import { resolveOptions } from '../../src/contract/resolve-options.js';
import type { ResolvedOptions } from '../../src/contract/resolved-options.js';
import { InputMemory } from '../../src/task/input-memory.js';
import { InputWriter } from '../../src/task/input-writer.js';
import { Task } from '../../src/task/task.js';
import type { TaskExtras } from '../../src/task/task-terms.js';
import { TaskType } from '../../src/task/task-type.js';
import { FakeClock } from './fake-clock.js';

/** Options of a pool as its parts see them. */
export function optionsOf(options: PoolOptions = {}): ResolvedOptions {
  return resolveOptions(options, 'worker');
}

/** A task, and how often and how it has settled. */
export interface MadeTask {
  task: Task;
  outcomes: Outcome[];
}

export type Outcome = { value: unknown } | { error: unknown };

/** For each task its outcomes: the code of an error, or 'ok'. */
export function codes(made: readonly MadeTask[]): unknown[] {
  return made.map(({ outcomes }) =>
    outcomes.map((outcome) => ('error' in outcome ? (outcome.error as { code: unknown }).code : 'ok')),
  );
}

/** Makes tasks with ids 1, 2, 3 … as a pool with these options would. */
export class TaskMaker {
  readonly #options: ResolvedOptions;
  readonly #types = new Map<string, TaskType>();
  readonly #now: () => number;
  readonly encoder = openEncoder('structured', Infinity);
  readonly #inputs: InputWriter;
  #lastId = 0;

  constructor(
    options: ResolvedOptions = optionsOf(),
    now: () => number = () => 0,
    memory = new InputMemory(new FakeClock()),
  ) {
    this.#inputs = new InputWriter(this.encoder, true, memory);
    this.#options = options;
    this.#now = now;
  }

  type(name: string): TaskType {
    let type = this.#types.get(name);
    if (type === undefined) {
      type = new TaskType(name, this.#options.tasks.get(name) ?? this.#options.taskDefaults);
      this.#types.set(name, type);
    }
    return type;
  }

  make(name = 'work', input: unknown = undefined, extras?: TaskExtras, pinned = false): MadeTask {
    const outcomes: Outcome[] = [];
    const resolve = (value: unknown): void => void outcomes.push({ value });
    const reject = (error: unknown): void => void outcomes.push({ error });
    const all = pinned ? { ...extras, pinned } : extras;
    const task = new Task(++this.#lastId, this.type(name), all, this.#now(), resolve, reject);
    this.#inputs.write(task, input);
    return { task, outcomes };
  }
}
