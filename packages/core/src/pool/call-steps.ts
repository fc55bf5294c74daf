import type { Backend, SharedTask } from '../backend/backend.js';
import type { Shared } from '../cache/flight.js';
import type { CallTerms } from '../contract/call-terms.js';
import type { TaskSettings } from '../contract/resolved-options.js';
import type { Fallbacks } from '../limits/fallback.js';
import type { ShapedCalls } from '../shaping/shaped-calls.js';
import type { Callable } from './callables.js';
import type { PoolCache } from './pool-cache.js';
import { bindRetry, toCachedCall } from './terms.js';

/** A call with its terms. */
export interface Call {
  readonly name: string;
  readonly input: unknown;
  /** Settings of its name, or of its callable. */
  readonly base: TaskSettings;
  readonly terms: CallTerms | undefined;
  readonly callable: Callable | undefined;
}

export interface CallStepsParts {
  backend: Backend;
  cache: PoolCache;
  shaping: ShapedCalls;
  fallbacks: Fallbacks;
}

/** The steps around a call, the outermost first: a breaker's fallback, the cache with its single flight, throttle or debounce. */
export class CallSteps {
  readonly #backend: Backend;
  readonly #cache: PoolCache;
  readonly #shaping: ShapedCalls;
  readonly #fallbacks: Fallbacks;

  constructor({ backend, cache, shaping, fallbacks }: CallStepsParts) {
    this.#backend = backend;
    this.#cache = cache;
    this.#shaping = shaping;
    this.#fallbacks = fallbacks;
  }

  /** Whether none is for calls with these settings. @param isAlone whether each input has a result of its own, as those of `map` */
  areNone({ cache, shaping, breaker }: TaskSettings, isAlone: boolean): boolean {
    return (
      (cache === undefined || this.#cache.present === undefined) &&
      (shaping === undefined || isAlone) &&
      breaker?.fallback === undefined
    );
  }

  /** The answer of a call. @param mayRefuse whether the call is rejected when there is no place; `map` has waited for one */
  answer(call: Call, mayRefuse: boolean): Promise<unknown> {
    return this.orFallback(call, () => this.#cached(call, mayRefuse));
  }

  /** This answer of a call, or that of its breaker's fallback. A call whose input flows has no other step. */
  orFallback({ name, input, terms, base }: Call, answer: () => Promise<unknown>): Promise<unknown> {
    const fallback = base.breaker?.fallback;
    if (fallback === undefined) return answer();
    return this.#fallbacks.answer({ task: name, input, fallback, terms }, answer);
  }

  #cached(call: Call, mayRefuse: boolean): Promise<unknown> {
    const { name, input, base, terms, callable } = call;
    const cache = (terms?.settings ?? base).cache === undefined ? undefined : this.#cache.present;
    const start = (given: unknown, shared?: Shared): SharedTask => this.#shaped(call, given, shared, mayRefuse);
    if (cache === undefined) return start(input).result.then(({ value }) => value);
    return cache.calls.answer(callable?.cacheName ?? name, input, toCachedCall(terms, base), start);
  }

  /** @param input the call's own, or a copy of it @param shared terms of those that share the result */
  #shaped(call: Call, input: unknown, shared: Shared | undefined, mayRefuse: boolean): SharedTask {
    const { name, base, terms, callable } = call;
    const { superseded, ...others }: Partial<Shared> = shared ?? {};
    const all: CallTerms = { ...bindRetry(terms, base), ...others };
    // The execution may outlast this call, whose caller may then change its input. Others would get, and keep, a result of that.
    if (shared !== undefined && all.borrow === true) all.borrow = undefined;
    // Each input of `map` has a result of its own.
    const shaping = mayRefuse ? (terms?.settings ?? base).shaping : undefined;
    if (shaping === undefined) return this.#backend.submitShared(name, input, all, mayRefuse);
    const { label, path } = callable?.shaped ?? { label: name, path: `tasks.${name}` };
    return this.#shaping.start({
      name,
      label,
      path,
      shaping,
      superseded,
      input,
      terms: all,
      start: (ownInput, ownTerms) => this.#backend.submitShared(name, ownInput, ownTerms, mayRefuse),
    });
  }
}
