import type { PoolOptions } from '@millpond/core';
import type { PoolSection } from './schema.js';

/** What the command line may set over the workload file. */
export interface PoolOverrides {
  /** `--workers`. */
  workers?: number | 'auto';
  /** `--timeout`, in milliseconds. */
  timeoutMs?: number;
}

/**
 * The options of the pool for a workload: what the file says, overridden by the command line. Output of workers goes
 * to standard error, because standard output is data.
 */
export function poolOptionsFor(
  name: string,
  section: PoolSection | undefined,
  overrides: PoolOverrides = {},
): PoolOptions {
  const { queueTimeoutMs, ...same } = section ?? {};
  return {
    ...same,
    name,
    ...(queueTimeoutMs === undefined ? {} : { queue: { timeoutMs: queueTimeoutMs } }),
    ...(overrides.workers === undefined ? {} : { workers: overrides.workers }),
    ...(overrides.timeoutMs === undefined ? {} : { timeoutMs: overrides.timeoutMs }),
    stdio: 'stderr',
  };
}
