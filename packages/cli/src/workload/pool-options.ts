import type { MemoryOptions, PoolOptions, RecycleOptions } from '@millpond/core';
import type { PoolSection } from './schema.js';
import { bytesOf } from './size.js';

/** Options that the command line may set over the workload file. */
export interface PoolOverrides {
  /** `--workers`. */
  workers?: number | 'auto';
  /** `--timeout`, in milliseconds. */
  timeoutMs?: number;
}

/**
 * The options of the pool for a workload: those of the file, overridden by the command line. Output of workers goes
 * to standard error, because standard output is data.
 */
export function poolOptionsFor(
  name: string,
  section: PoolSection | undefined,
  overrides: PoolOverrides = {},
): PoolOptions {
  const { queueTimeoutMs, recycle, memory, ...same } = section ?? {};
  return {
    ...same,
    name,
    ...(queueTimeoutMs === undefined ? {} : { queue: { timeoutMs: queueTimeoutMs } }),
    ...(recycle === undefined ? {} : { recycle: recycleOptions(recycle) }),
    ...(memory === undefined ? {} : { memory: memoryOptions(memory) }),
    ...(overrides.workers === undefined ? {} : { workers: overrides.workers }),
    ...(overrides.timeoutMs === undefined ? {} : { timeoutMs: overrides.timeoutMs }),
    stdio: 'stderr',
  };
}

function recycleOptions({ aboveRssBytes, ...same }: NonNullable<PoolSection['recycle']>): RecycleOptions {
  return { ...same, ...(aboveRssBytes === undefined ? {} : { aboveRssBytes: bytesOf(aboveRssBytes) }) };
}

function memoryOptions({ limitBytes, perWorkerBytes }: NonNullable<PoolSection['memory']>): MemoryOptions {
  return {
    ...(limitBytes === undefined ? {} : { limitBytes: limitBytes === 'auto' ? limitBytes : bytesOf(limitBytes) }),
    ...(perWorkerBytes === undefined ? {} : { perWorkerBytes: bytesOf(perWorkerBytes) }),
  };
}
