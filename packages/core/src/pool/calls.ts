import type { Backend, FlowingTask } from '../backend/backend.js';
import { systemClock } from '../base/clock.js';
import { checkInputs, checkTaskName } from '../contract/arguments.js';
import type { BroadcastOptions, MapOptions, RunOptions } from '../contract/call-options.js';
import type { CallTerms, ProgressRules } from '../contract/call-terms.js';
import { checkBroadcastOptions, checkMapOptions } from '../contract/check-options.js';
import type { Headers } from '../contract/headers.js';
import { overrideSettings } from '../contract/resolve-task.js';
import type { ResolvedOptions, TaskSettings } from '../contract/resolved-options.js';
import type { Fallbacks } from '../limits/fallback.js';
import { ProgressPace } from '../shaping/progress-pace.js';
import type { ShapedCalls } from '../shaping/shaped-calls.js';
import type { FlowOptions } from '../task/task-flows.js';
import { asSource } from '../task/task-source.js';
import { CallSteps } from './call-steps.js';
import type { Callable } from './callables.js';
import type { MapParts } from './map.js';
import type { PoolCache } from './pool-cache.js';
import type { PoolState } from './pool-state.js';
import { bindRetry, toTerms } from './terms.js';

/**
 * Bounds of a window that the pool chooses. The least fills eight workers twice; the most bounds memory for large items. Choices.
 */
const MIN_WINDOW = 16;
const MAX_WINDOW = 4096;

export interface CallsParts {
  backend: Backend;
  state: PoolState;
  options: ResolvedOptions;
  cache: PoolCache;
  shaping: ShapedCalls;
  fallbacks: Fallbacks;
}

/** Decides whether a call is accepted and on which terms, and what answers it: steps around it, or the backend. */
export class Calls {
  readonly #backend: Backend;
  readonly #state: PoolState;
  readonly #options: ResolvedOptions;
  readonly #steps: CallSteps;

  constructor({ backend, state, options, ...around }: CallsParts) {
    this.#backend = backend;
    this.#state = state;
    this.#options = options;
    this.#steps = new CallSteps({ backend, ...around });
  }

  /**
   * One call of `run`.
   * @param options checked
   * @param callable whose settings apply; undefined for those of the name
   */
  run(name: string, input: unknown, options: RunOptions | undefined, callable?: Callable): Promise<unknown> {
    const base = callable?.settings ?? this.#settingsOf(name);
    const own = options === undefined ? undefined : toTerms(options, base);
    const terms = callable === undefined ? own : termsOf(callable, own);
    return this.#submit(name, input, base, terms, true, callable);
  }

  /**
   * One call of `stream` or `start`, past the cache.
   * @param options checked
   * @throws the error of a call that is refused
   */
  open(name: string, input: unknown, options: RunOptions, flows: Omit<FlowOptions, 'source'>): FlowingTask {
    this.#state.refuseUnlessOpen();
    options.signal?.throwIfAborted();
    const base = this.#settingsOf(name);
    const own = toTerms(options, base);
    const pace = own.progressPace === undefined ? undefined : paced(own, own.progressPace);
    const terms = bindRetry(pace?.terms ?? own, base);
    const source = options.transfer === undefined ? asSource(input) : undefined;
    return this.#backend.submitFlowing(name, input, terms, { ...flows, source, onSettled: pace?.end }, true);
  }

  /** The parts for the loops of `map` and `mapSettled`. @throws ERR_OPTION for wrong arguments or options */
  overInputs(name: string, inputs: Iterable<unknown> | AsyncIterable<unknown>, options: MapOptions): MapParts {
    checkTaskName(name);
    checkInputs(inputs);
    const { ordered = true, window, signal, ...own } = checkMapOptions(options);
    const base = this.#settingsOf(name);
    // One object for all inputs. An identity task then takes 3.7 instead of 7.5 µs of the program, medians of five runs in turn.
    let terms: CallTerms | undefined;
    return {
      inputs,
      ordered,
      signal,
      window: () => window ?? Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, this.#backend.usefulInFlight(name))),
      room: () => (this.#backend.hasRoom ? undefined : this.room()),
      submit: (input, tasksSignal) => {
        terms ??= toTerms({ ...own, signal: tasksSignal }, base);
        return this.#submit(name, input, base, terms, false);
      },
      mayComeAtOnce: base.cache !== undefined,
      onEnd: (callback) => this.#state.onEnd(callback),
    };
  }

  /** Resolves to the results of all workers that take tasks. */
  async broadcast(name: string, input: unknown, options: BroadcastOptions): Promise<unknown[]> {
    checkTaskName(name);
    const { signal, headers, ...own } = checkBroadcastOptions(options);
    this.#state.refuseUnlessOpen();
    signal?.throwIfAborted();
    const settings = { ...overrideSettings(this.#settingsOf(name), own), queueTimeoutMs: Infinity };
    return this.#backend.submitToAll(name, input, { settings, signal, headers: headers as Headers | undefined });
  }

  /** Resolves when there is a place in the queue for the next call. */
  room(): Promise<void> {
    return this.#state.isOpen ? this.#backend.whenRoom() : Promise.reject(this.#state.closedError());
  }

  /**
   * Hands a call to the steps around it, or to the backend, or rejects it.
   * @param mayRefuse whether the call is rejected when there is no place; `map` has waited for one
   */
  #submit(
    name: string,
    input: unknown,
    base: TaskSettings,
    terms: CallTerms | undefined,
    mayRefuse: boolean,
    callable?: Callable,
  ): Promise<unknown> {
    if (terms?.progressPace !== undefined) {
      return runPaced(terms, terms.progressPace, (paced) =>
        this.#submit(name, input, base, paced, mayRefuse, callable),
      );
    }
    try {
      this.#state.refuseUnlessOpen();
      terms?.signal?.throwIfAborted();
      const source = terms?.transfer === undefined ? asSource(input) : undefined;
      if (source !== undefined) {
        const start = (): Promise<unknown> =>
          this.#backend.submitFlowing(name, input, bindRetry(terms, base), { source }, mayRefuse).result;
        return this.#steps.orFallback({ name, input, base, terms, callable }, start);
      }
      // Each input of `map` has a result of its own.
      if (this.#steps.areNone(terms?.settings ?? base, !mayRefuse)) {
        return this.#backend.submit(name, input, bindRetry(terms, base), mayRefuse);
      }
      return this.#steps.answer({ name, input, base, terms, callable }, mayRefuse);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #settingsOf(name: string): TaskSettings {
    return this.#options.tasks.get(name) ?? this.#options.taskDefaults;
  }
}

/** Terms of a call of a callable. */
function termsOf({ terms: always }: Callable, own: CallTerms | undefined): CallTerms {
  return own === undefined ? always : { ...own, callable: always.callable };
}

/** Terms whose progress is passed on at a pace. At their end the last value comes, unless the caller has left. */
function paced(
  { progressPace: _, onProgress = () => {}, ...others }: CallTerms,
  rules: ProgressRules,
): { terms: CallTerms; end: () => void } {
  const pace = new ProgressPace(rules, systemClock, onProgress);
  const terms = { ...others, onProgress: (value: unknown) => pace.take(value) };
  return { terms, end: () => pace.end(others.signal?.aborted !== true) };
}

/** Runs a call whose progress is passed on at a pace. The last value comes before the end. */
async function runPaced(
  given: CallTerms,
  rules: ProgressRules,
  run: (terms: CallTerms) => Promise<unknown>,
): Promise<unknown> {
  const { terms, end } = paced(given, rules);
  try {
    return await run(terms);
  } finally {
    end();
  }
}
