import { systemClock } from '../base/clock.js';
import { dropOfTask, type TaskSelector } from '../cache/drop-of-task.js';
import { wrongArgument } from '../contract/arguments.js';
import { overridden } from '../contract/overridden.js';
import { checkWrapCallOptions, resolveWrap } from '../contract/resolve-wrap.js';
import type {
  FunctionInput,
  WrapCallOptions,
  WrapContext,
  WrapEvents,
  WrappedFunction,
  WrapPolicies,
} from '../contract/wrap-options.js';
import type { PlainFunction } from './function-run.js';
import { WrappedCalls } from './wrapped-calls.js';

/**
 * Puts the policies of a task around a function of this program, which needs no pool and no worker:
 *
 * ```ts
 * const price = wrap((sku: string, { signal }) => fetchPrice(sku, signal), {
 *   cache: { ttlMs: 60_000 },
 *   retry: 2,
 *   rateLimit: { calls: 10, perMs: 1000 },
 *   timeoutMs: 5000,
 * });
 * await price('apple');
 * ```
 *
 * The policies are those of `tasks[name]` in a pool: the same object may stand in either place. A breaker's events come by
 * `price.on('breaker:open', …)`.
 *
 * The function gets one input, and its own signal. Callers that share a result of throttle or debounce get the same object.
 * Callers of cached results get copies, like those between workers.
 * @throws ERR_OPTION for an unknown or wrong policy
 */
export function wrap<F extends (input: never, ctx: WrapContext) => unknown>(
  fn: F,
  policies: WrapPolicies<NoInfer<FunctionInput<F>>> = {},
): WrappedFunction<FunctionInput<F>, Awaited<ReturnType<F>>> {
  if (typeof fn !== 'function') throw wrongArgument('fn', 'a function', fn);
  const resolved = resolveWrap(policies, fn.name);
  const calls = new WrappedCalls(fn as unknown as PlainFunction, resolved, systemClock);
  return wrappedFunction(resolved.name, calls, undefined);
}

function wrappedFunction<I, O>(
  name: string,
  calls: WrappedCalls,
  always: WrapCallOptions | undefined,
): WrappedFunction<I, O> {
  const call = (input?: unknown, options?: WrapCallOptions): Promise<unknown> => {
    const own = options === undefined ? undefined : checkWrapCallOptions(options);
    return calls.run(input, overridden(always, own));
  };
  Object.defineProperty(call, 'name', { value: name, configurable: true });
  const methods = {
    with: (options: WrapCallOptions) =>
      wrappedFunction<I, O>(name, calls, overridden(always, checkWrapCallOptions(options))),
    invalidate: (selector?: TaskSelector) => dropOfTask(calls.cache, name, selector),
    flush: () => calls.flush(),
    stats: () => calls.stats(),
    breaker: (key?: string) => calls.breaker(key),
    on: (event: keyof WrapEvents, listener: WrapEvents[keyof WrapEvents]) => {
      calls.events.on(event, listener);
      return wrapped;
    },
    off: (event: keyof WrapEvents, listener: WrapEvents[keyof WrapEvents]) => {
      calls.events.off(event, listener);
      return wrapped;
    },
  };
  const wrapped = Object.assign(call, methods) as WrappedFunction<I, O>;
  return wrapped;
}
