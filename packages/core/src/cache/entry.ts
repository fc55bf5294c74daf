import type { Lifetime } from './freshness.js';
import type { FailedRefreshes } from './refresh-pause.js';
import type { Kept } from './value-keeper.js';

/** A kept result of one task for one input. */
export interface Entry {
  readonly task: string;
  /** Key of the input, as the task's `key` option returned it, or as it follows from the input. */
  readonly key: string;
  readonly kept: Kept;
  /** Bytes of key and value. */
  readonly bytes: number;
  /** Execution time of the task, which a hit saves, ms. */
  readonly costMs: number;
  readonly life: Lifetime;
  readonly tags: readonly string[];
  failed?: FailedRefreshes;
}

/** The key of a result in the whole cache. The length goes first, so that no task name can reach into the keys of another. */
export function fullKey(task: string, key: string): string {
  return `${task.length}:${task}:${key}`;
}
