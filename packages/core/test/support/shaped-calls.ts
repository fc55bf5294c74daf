import { deferred } from '../../src/base/deferred.js';
import { resolveShaping } from '../../src/contract/resolve-shaping.js';
import type { ShapingOptions } from '../../src/contract/shaping-options.js';
import type { RunTerms } from '../../src/shaping/shaped-caller.js';
import { Shapers } from '../../src/shaping/shapers.js';
import { FakeClock } from './fake-clock.js';

/** A run that a test ends by hand. */
export interface HeldRun {
  readonly input: unknown;
  readonly terms: RunTerms;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A call of a test, and what it asks for. */
export interface Asks {
  signal?: AbortSignal;
  deadlineMs?: number;
  onProgress?: (value: unknown) => void;
}

/** Shaped calls over runs that a test ends by hand. Results are copied as lists: `['a']`. */
export function openShapers(options: ShapingOptions<never>, mostKeys?: number) {
  const clock = new FakeClock(0);
  const runs: HeldRun[] = [];
  /** Calls that had to wait, by input. */
  const held: unknown[] = [];
  /** Calls that got the end of another's run, by input. */
  const superseded: unknown[] = [];
  const shapers = new Shapers<unknown>({
    task: 'search',
    path: 'tasks.search',
    shaping: resolveShaping({ throttle: options.throttle, debounce: options.debounce }),
    clock,
    copy: (result) => [result],
    during: (promise) => promise,
    ...(mostKeys === undefined ? {} : { mostKeys }),
  });
  const call = (input: unknown, { signal, deadlineMs = Infinity, onProgress }: Asks = {}): Promise<unknown> =>
    shapers.call(input, {
      signal,
      deadlineMs,
      onProgress,
      hold: () => held.push(input),
      begin: (terms) => {
        const { promise, resolve, reject } = deferred<unknown>();
        runs.push({ input, terms, resolve, reject });
        return promise;
      },
      overdue: () => new Error('too late'),
      superseded: () => superseded.push(input),
    });
  return { shapers, clock, runs, held, superseded, call, inputs: () => runs.map(({ input }) => input) };
}
