import type { HealthLimits } from './health.js';
import type { PoolOptions } from './options.js';

const DEFAULTS = { queueAgeMs: 10_000, memory: 0.8, errorRate: 0.5, eventLoopLagMs: 500 } as const;
/** Share of a full queue that is good. */
const GOOD_QUEUE = 0.8;

/** The limits of health. One that is not given follows from the limit that ends a task or the pool. */
export function resolveHealth(
  own: HealthLimits = {},
  { queue, restartMax }: { queue: PoolOptions['queue']; restartMax: number },
): Required<HealthLimits> {
  const waitMs = queue?.timeoutMs ?? Infinity;
  return {
    restarts: own.restarts ?? Math.floor(restartMax / 2),
    queueAgeMs: own.queueAgeMs ?? (waitMs < Infinity ? waitMs / 2 : DEFAULTS.queueAgeMs),
    queueLength: own.queueLength ?? (queue?.max ?? Infinity) * GOOD_QUEUE,
    memory: own.memory ?? DEFAULTS.memory,
    errorRate: own.errorRate ?? DEFAULTS.errorRate,
    eventLoopLagMs: own.eventLoopLagMs ?? DEFAULTS.eventLoopLagMs,
  };
}
