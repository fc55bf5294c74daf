import { debuglog } from './natives.js';

/**
 * Lines about the decisions of a part of the pool on stderr, for those who debug it: `NODE_DEBUG=millpond:dispatch,millpond:memory`
 * or `NODE_DEBUG=millpond:*`. Callers look at `isOn` first, so that a log that is off costs one look at a boolean.
 */
export interface DebugLog {
  readonly isOn: boolean;
  /** @param format text with places for the values, as in util.format() */
  write(format: string, ...values: readonly unknown[]): void;
}

/** The parts that can be asked to tell. */
export type DebuggedPart = 'dispatch' | 'supervise' | 'sizing' | 'memory' | 'cache';

/** The log of one part. Node reads NODE_DEBUG when the program starts. */
export function debugLog(part: DebuggedPart): DebugLog {
  const log = debuglog(`millpond:${part}`);
  return { isOn: log.enabled, write: (format, ...values) => log(format, ...values) };
}

/** Name of a pool that is known as an identity alone. */
export function poolName(pool: object): string {
  return (pool as { readonly name?: string }).name ?? 'pool';
}
