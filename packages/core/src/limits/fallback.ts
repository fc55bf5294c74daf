import { listen } from '../base/abort-watch.js';
import type { Clock } from '../base/clock.js';
import { type Deferred, deferred } from '../base/deferred.js';
import type { CallTerms } from '../contract/call-terms.js';
import { isPoolError, PoolError } from '../contract/errors.js';

export interface FallbackCall {
  readonly task: string;
  readonly input: unknown;
  readonly fallback: (error: unknown, input: unknown) => unknown;
  /** Its signal and its deadline end the wait for the fallback. */
  readonly terms: Pick<CallTerms, 'signal' | 'deadline'> | undefined;
}

/** How a pool ends the calls whose tasks have a `breaker.fallback`. */
export interface FallbackEnd {
  /** Resolves when none is under way. */
  whenOver(): Promise<void>;
  /** Rejects those that wait for a fallback, and each later one that would ask it. */
  end(error: unknown): void;
}

/** The calls whose tasks have a `breaker.fallback`. Whatever a fallback does, each call ends by its own limits and with its pool. */
export class Fallbacks implements FallbackEnd {
  readonly #clock: Clock;
  /** Ends of the waits for fallbacks. */
  readonly #waits = new Set<(error: unknown) => void>();
  #calls = 0;
  #over: Deferred<void> | undefined;
  #ended: { readonly error: unknown } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The answer of a call, or what its task's `breaker.fallback` gives instead where a circuit breaker refuses the call.
   * @throws what `answer` throws; both errors when `fallback` fails, too. During the wait for it: the signal's reason, or the error
   * of the pool's end. At the deadline: ERR_TASK_TIMEOUT, or ERR_QUEUE_TIMEOUT when it had passed before
   */
  async answer(call: FallbackCall, answer: () => Promise<unknown>): Promise<unknown> {
    const calledAtMs = call.terms?.deadline === undefined ? 0 : this.#clock.now();
    // From its begin: a pool that closes waits for a call that has yet to be refused, too.
    this.#calls++;
    try {
      return await answer();
    } catch (error) {
      if (!isPoolError(error, 'ERR_CIRCUIT_OPEN')) throw error;
      return await this.#instead(call, error, calledAtMs);
    } finally {
      if (--this.#calls === 0) this.#over?.resolve();
    }
  }

  async whenOver(): Promise<void> {
    while (this.#calls > 0) await (this.#over = deferred()).promise;
  }

  end(error: unknown): void {
    this.#ended ??= { error };
    for (const reject of this.#waits) reject(error);
  }

  #instead(call: FallbackCall, refusal: PoolError, calledAtMs: number): Promise<unknown> {
    const { signal, deadline } = call.terms ?? {};
    const beganAtMs = deadline === undefined ? 0 : this.#clock.now();
    if (this.#ended !== undefined) throw this.#ended.error;
    signal?.throwIfAborted();
    if (deadline !== undefined && deadline.hostMs <= beganAtMs) {
      const limitMs = deadline.hostMs - calledAtMs;
      const details = { task: call.task, waitedMs: beganAtMs - calledAtMs, limitMs, queued: 0 };
      throw new PoolError('ERR_QUEUE_TIMEOUT', { ...details, deadline: deadline.epochMs }, { cause: refusal });
    }
    const { promise, resolve, reject } = deferred<unknown>();
    this.#waits.add(reject);
    const unlisten = signal && listen(signal, () => reject(signal.reason));
    const timer =
      deadline &&
      this.#clock.after(deadline.hostMs - beganAtMs, () => {
        const ranMs = this.#clock.now() - beganAtMs;
        const limitMs = deadline.hostMs - calledAtMs;
        const details = { task: call.task, ranMs, limitMs, workerId: 0, by: 'deadline', stack: undefined } as const;
        reject(new PoolError('ERR_TASK_TIMEOUT', details, { cause: refusal }));
      });
    // It is asked last, since it may abort the signal or end the pool.
    valueOf(call, refusal).then(resolve, reject);
    return promise.finally(() => {
      this.#waits.delete(reject);
      unlisten?.();
      timer?.cancel();
    });
  }
}

async function valueOf({ task, input, fallback }: FallbackCall, error: unknown): Promise<unknown> {
  try {
    return await fallback(error, input);
  } catch (cause) {
    const message = `breaker.fallback of task "${task}" failed after its breaker had refused a call.`;
    throw new AggregateError([error, cause], message, { cause });
  }
}
