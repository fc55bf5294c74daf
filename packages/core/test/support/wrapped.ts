import { deferred } from '../../src/base/deferred.js';
import { resolveWrap } from '../../src/contract/resolve-wrap.js';
import type { WrapCallOptions, WrapContext, WrapPolicies } from '../../src/contract/wrap-options.js';
import { WrappedCalls } from '../../src/wrap/wrapped-calls.js';
import { FakeClock } from './fake-clock.js';

/** A call of the function that a test ends by hand. */
export interface HeldTry {
  readonly input: unknown;
  readonly ctx: WrapContext;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A wrapped function whose tries a test ends by hand, with a clock that it moves. */
export function openWrapped(policies: WrapPolicies<never>) {
  const clock = new FakeClock(0);
  const tries: HeldTry[] = [];
  const fn = (input: unknown, ctx: WrapContext): Promise<unknown> => {
    const { promise, resolve, reject } = deferred<unknown>();
    tries.push({ input, ctx, resolve, reject });
    return promise;
  };
  const calls = new WrappedCalls(fn, resolveWrap(policies, 'fn'), clock);
  const call = (input: unknown, options?: WrapCallOptions): Promise<unknown> => calls.run(input, options);
  /** Moves the clock, and lets what follows happen. */
  const advance = async (ms: number): Promise<void> => {
    await turn();
    clock.advance(ms);
    await turn();
  };
  return { calls, call, clock, tries, advance, inputs: () => tries.map(({ input }) => input) };
}

/** Lets all promises that can settle do so. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
