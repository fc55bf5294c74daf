import { listen } from '../base/abort-watch.js';
import type { Clock, Timer } from '../base/clock.js';
import { AbortController } from '../base/natives.js';
import { PoolError } from '../contract/errors.js';
import type { WrapContext } from '../contract/wrap-options.js';
import type { Try, TryFunction } from './try.js';

export type PlainFunction = (input: unknown, ctx: WrapContext) => unknown;

/** The innermost step: calls the function within `timeoutMs`. A try ends with its signal, and its function may go on. */
export function callFunction(fn: PlainFunction, task: string, clock: Clock): TryFunction {
  return (tried) =>
    new Promise((resolve, reject) => {
      tried.signal.throwIfAborted();
      tried.lookAgain?.();
      const beganAtMs = clock.now();
      tried.begins(beganAtMs);
      // Most functions have no limit, and get the signal of the call itself.
      const own = tried.timeoutMs() === Infinity ? undefined : new AbortController();
      let timer: Timer | undefined;
      const settle = (): void => {
        unlisten();
        timer?.cancel();
      };
      const stop = (reason: unknown): void => {
        settle();
        reject(reason);
        own?.abort(reason);
      };
      const unlisten = listen(tried.signal, () => stop(tried.signal.reason));
      const watch = (): void => {
        const leftMs = beganAtMs + tried.timeoutMs() - clock.now();
        if (leftMs > 0) timer = clock.after(leftMs, watch);
        else stop(tookTooLong(task, tried, clock.now() - beganAtMs));
      };
      if (own !== undefined) watch();
      const call = async (): Promise<unknown> =>
        fn(tried.input, { signal: own?.signal ?? tried.signal, attempt: tried.attempt });
      tried.end = call();
      tried.end.then(
        (value) => {
          settle();
          resolve(value);
        },
        (error: unknown) => {
          settle();
          reject(error);
        },
      );
    });
}

function tookTooLong(task: string, tried: Try, ranMs: number): PoolError<'ERR_TASK_TIMEOUT'> {
  const details = { task, ranMs, limitMs: tried.timeoutMs(), workerId: 0, by: 'timeoutMs', stack: undefined } as const;
  return new PoolError('ERR_TASK_TIMEOUT', details);
}
