import type { Backend } from '../backend/backend.js';
import { checkTaskName } from '../contract/arguments.js';
import type { CallableOptions } from '../contract/callable-options.js';
import { checkCallableOptions, checkCallableSettings, optionError } from '../contract/check-options.js';
import { resolveTask } from '../contract/resolve-task.js';
import type { ResolvedOptions, ResolvedTaskCache, TaskSettings } from '../contract/resolved-options.js';

/** Most callables of a pool. Each has counts of up to 17 KB, all of them 4 MB. */
const MOST_CALLABLES = 250;

/** Settings of one callable, and its names. */
export interface Callable {
  /** Name of its handler. */
  readonly name: string;
  /** Its name in stats: that of its handler, and its own label. */
  readonly label: string;
  /** Terms of its calls: its number at the backend. One object for all calls without options. */
  readonly terms: { readonly callable: number };
  readonly settings: TaskSettings;
  /** Name under which the cache has its results. */
  readonly cacheName: string;
  /** Label of the calls that are throttled or debounced together, and path of those options, for errors. */
  readonly shaped: { readonly label: string; readonly path: string };
}

/**
 * The callables of a pool. What a callable sets is its own. No other callable, and no call by name, has a part in that cache, limit
 * or shaping. What it does not set, it shares with its name, state and all. So a limit of a name holds for all
 * its calls.
 */
export class Callables {
  readonly #backend: Backend;
  readonly #options: ResolvedOptions;
  readonly #byLabel = new Map<string, Callable>();

  constructor(backend: Backend, options: ResolvedOptions) {
    this.#backend = backend;
    this.#options = options;
  }

  /** @throws ERR_OPTION */
  open(name: string, given: CallableOptions): Callable {
    checkTaskName(name);
    const path = `task("${name}")`;
    const own = checkCallableOptions(given, path);
    if (this.#byLabel.size >= MOST_CALLABLES) {
      const reason = `would be the callable number ${MOST_CALLABLES + 1} of this pool. Make one, and use with() for options of calls.`;
      throw optionError(path, reason);
    }
    const label = this.#labelOf(name, own, path);
    const { tasks, taskDefaults, cache } = this.#options;
    const base = tasks.get(name) ?? taskDefaults;
    const settings = resolveTask(own, base, cache?.ttlMs, path);
    checkCallableSettings(own, settings, path);
    const caches = own.cache !== undefined && settings.cache !== undefined;
    if (caches && own.label === undefined && cache?.store !== undefined) {
      throw optionError(`${path}.label`, 'must be given, because cache.store finds the results of a callable by it.');
    }
    const terms = { callable: this.#backend.openCallable(name, label, settings) };
    const shaped = settings.shaping === base.shaping ? { label: name, path: `tasks.${name}` } : { label, path };
    const callable = { name, label, terms, settings, cacheName: caches ? label : name, shaped };
    this.#byLabel.set(label, callable);
    return callable;
  }

  /** How the cache keeps results under this name; undefined for a name of no callable. */
  cacheOf(label: string): ResolvedTaskCache | undefined {
    return this.#byLabel.get(label)?.settings.cache;
  }

  #labelOf(name: string, { label }: CallableOptions, path: string): string {
    if (label !== undefined) {
      const own = `${name}#${label}`;
      if (this.#byLabel.has(own)) throw optionError(`${path}.label`, `is "${label}", as that of another callable.`);
      return own;
    }
    let number = 1;
    while (this.#byLabel.has(`${name}#${number}`)) number++;
    return `${name}#${number}`;
  }
}
