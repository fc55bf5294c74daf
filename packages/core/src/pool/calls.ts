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
import { type Call, CallSteps } from './call-steps.js';
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
  /** Settings of the latest plain call: most programs call one name over and over. */
  #plain: TaskSettings | undefined;

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
    const pace = isPaced(own) ? paced(own) : undefined;
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
      times: this.#backend.loopTimes,
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
    try {
      this.#state.refuseUnlessOpen();
      // Most calls end here. In one function with the rest, V8 inlines less, and an identity task costs 0.06 of 1.1 µs more.
      if (terms === undefined && this.#isPlain(base) && asSource(input) === undefined) {
        return this.#backend.submit(name, input, undefined, mayRefuse);
      }
      if (isPaced(terms)) return this.#submitPaced(name, input, base, terms, mayRefuse, callable);
      return this.#submitOnTerms({ name, input, base, terms, callable }, mayRefuse);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Whether nothing but its own terms can stand around a call with these settings. */
  #isPlain(settings: TaskSettings): boolean {
    if (settings === this.#plain) return true;
    const { cache, shaping, breaker, retry } = settings;
    if ((cache ?? shaping ?? breaker ?? retry.on) !== undefined) return false;
    this.#plain = settings;
    return true;
  }

  #submitOnTerms(call: Call, mayRefuse: boolean): Promise<unknown> {
    const { name, input, base, terms } = call;
    terms?.signal?.throwIfAborted();
    const source = terms?.transfer === undefined ? asSource(input) : undefined;
    if (source !== undefined) return this.#submitSource(call, source, mayRefuse);
    // Each input of `map` has a result of its own.
    if (this.#steps.areNone(terms?.settings ?? base, !mayRefuse)) {
      return this.#backend.submit(name, input, bindRetry(terms, base), mayRefuse);
    }
    return this.#steps.answer(call, mayRefuse);
  }

  /** A call whose progress is passed on at a pace. The last value comes before the end. */
  async #submitPaced(
    name: string,
    input: unknown,
    base: TaskSettings,
    given: PacedTerms,
    mayRefuse: boolean,
    callable: Callable | undefined,
  ): Promise<unknown> {
    const { terms, end } = paced(given);
    try {
      return await this.#submit(name, input, base, terms, mayRefuse, callable);
    } finally {
      end();
    }
  }

  /** A call whose input flows. */
  #submitSource(call: Call, source: AsyncIterable<unknown>, mayRefuse: boolean): Promise<unknown> {
    const { name, input, base, terms } = call;
    return this.#steps.orFallback(
      call,
      () => this.#backend.submitFlowing(name, input, bindRetry(terms, base), { source }, mayRefuse).result,
    );
  }

  #settingsOf(name: string): TaskSettings {
    return this.#options.tasks.get(name) ?? this.#options.taskDefaults;
  }
}

/** Terms of a call of a callable. */
function termsOf({ terms: always }: Callable, own: CallTerms | undefined): CallTerms {
  return own === undefined ? always : { ...own, callable: always.callable };
}

type PacedTerms = CallTerms & { readonly progressPace: ProgressRules };

function isPaced(terms: CallTerms | undefined): terms is PacedTerms {
  return terms?.progressPace !== undefined;
}

/** Terms whose progress is passed on at a pace. At their end the last value comes, unless the caller has left. */
function paced({ progressPace, onProgress = () => {}, ...others }: PacedTerms): { terms: CallTerms; end: () => void } {
  const pace = new ProgressPace(progressPace, systemClock, onProgress);
  const terms = { ...others, onProgress: (value: unknown) => pace.take(value) };
  return { terms, end: () => pace.end(others.signal?.aborted !== true) };
}
