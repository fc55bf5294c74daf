import { listen } from '../base/abort-watch.js';
import { isPoolError } from '../contract/errors.js';

export interface FallbackCall {
  readonly task: string;
  readonly input: unknown;
  readonly fallback: (error: unknown, input: unknown) => unknown;
  readonly signal: AbortSignal | undefined;
}

/**
 * The answer of a call, or what its task's `breaker.fallback` gives instead where a circuit breaker refuses the call. The caller's
 * signal ends the wait for either.
 * @throws what `answer` throws; both errors when `fallback` fails, too
 */
export async function orFallback(call: FallbackCall, answer: () => Promise<unknown>): Promise<unknown> {
  try {
    return await answer();
  } catch (error) {
    if (!isPoolError(error, 'ERR_CIRCUIT_OPEN')) throw error;
    return untilAborted(call.signal, valueOf(call, error));
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

function untilAborted(signal: AbortSignal | undefined, value: Promise<unknown>): Promise<unknown> {
  if (signal === undefined) return value;
  return new Promise((resolve, reject) => {
    const unlisten = listen(signal, () => reject(signal.reason));
    value.finally(unlisten).then(resolve, reject);
    // The fallback may have aborted the signal itself, before it was listened to.
    if (signal.aborted) reject(signal.reason);
  });
}
