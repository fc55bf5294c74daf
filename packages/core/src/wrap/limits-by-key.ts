import type { Clock } from '../base/clock.js';
import { random } from '../base/random.js';
import type { ResolvedWrap } from '../contract/resolve-wrap.js';
import type { WrapBreaker } from '../contract/wrap-options.js';
import { Breaker } from '../limits/breaker.js';
import { MOST_KEYS, shapingKey } from '../shaping/shaping-key.js';
import { breakerStep } from './breaker-step.js';
import { bulkheadStep } from './bulkhead-step.js';
import { rateStep } from './rate-step.js';
import { type Step, type TryFunction, within } from './try.js';

/** The function within breaker, concurrency and rate limit. */
export interface Limited {
  readonly tryFunction: TryFunction;
  readonly breaker: Breaker | undefined;
}

/** Limits of a wrapped function: one set for all its calls, or one for each key. */
export class LimitsByKey {
  readonly #resolved: ResolvedWrap;
  readonly #innermost: TryFunction;
  readonly #clock: Clock;
  /** In the order of the latest call. */
  readonly #byKey = new Map<string | number | undefined, Limited>();

  constructor(resolved: ResolvedWrap, innermost: TryFunction, clock: Clock) {
    this.#resolved = resolved;
    this.#innermost = innermost;
    this.#clock = clock;
  }

  /** The limits for an input. @throws ERR_OPTION when `limitsBy` throws, or gives neither a string nor a number */
  of(input: unknown): Limited {
    const { limitsBy, path } = this.#resolved;
    return this.#get(limitsBy === undefined ? undefined : shapingKey(limitsBy, input, `${path}.limitsBy`));
  }

  /** The breaker of a key; undefined without `breaker`. */
  breakerOf(key: string | number | undefined): Breaker | undefined {
    return this.#get(this.#resolved.limitsBy === undefined ? undefined : key).breaker;
  }

  /** The breaker of a key as its owner sees it; undefined without `breaker`. */
  breakerHandle(key: string | number | undefined): WrapBreaker | undefined {
    const breaker = this.breakerOf(key);
    if (breaker === undefined) return undefined;
    const clock = this.#clock;
    return {
      get state() {
        return breaker.stateAt(clock.now());
      },
      reset: () => breaker.reset(),
      isolate: () => breaker.isolate(),
    };
  }

  #get(key: string | number | undefined): Limited {
    const known = this.#byKey.get(key);
    if (known === undefined && this.#byKey.size >= MOST_KEYS) this.#forgetOne();
    const limited = known ?? this.#make(key === undefined ? undefined : String(key));
    if (this.#resolved.limitsBy !== undefined) this.#byKey.delete(key);
    this.#byKey.set(key, limited);
    return limited;
  }

  /** The key that was called longest ago goes; rather one whose breaker refuses nothing. */
  #forgetOne(): void {
    let oldest: { readonly key: string | number | undefined } | undefined;
    for (const [key, { breaker }] of this.#byKey) {
      oldest ??= { key };
      if (breaker !== undefined && breaker.stateAt(this.#clock.now()) !== 'closed') continue;
      this.#byKey.delete(key);
      return;
    }
    this.#byKey.delete(oldest?.key);
  }

  #make(key: string | undefined): Limited {
    const { name: task, path, settings, breaker: rules, concurrency, limits, whenLimited: when } = this.#resolved;
    const clock = this.#clock;
    const breaker = rules === undefined ? undefined : new Breaker(rules, random, () => {});
    const steps: Step[] = [];
    if (breaker !== undefined && rules !== undefined) {
      steps.push(breakerStep({ task, key, breaker, isDryRun: rules.dryRun, on: rules.on, clock }));
    }
    if (concurrency < Infinity) steps.push(bulkheadStep(concurrency));
    const { maxRetryAfterMs } = settings.retry;
    if (limits.length > 0) steps.push(rateStep({ task, key, path, limits, when, maxRetryAfterMs, clock }));
    return { tryFunction: within(steps, this.#innermost), breaker };
  }
}
