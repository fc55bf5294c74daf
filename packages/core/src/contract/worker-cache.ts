/** Size of the cache of one worker: `defineWorker({ cache })`. */
export interface WorkerCacheOptions {
  /** Most values kept; the least recently used goes first. Integer of 1 or more. @defaultValue 1000 */
  max?: number;
  /** Most bytes of all values kept; the least recently used goes first. Integer of 1 or more. @defaultValue 67_108_864 (64 MiB) */
  maxBytes?: number;
}

/**
 * Values that one worker keeps from task to task: `ctx.cache`. It is in the worker's own memory, so it takes any
 * value and copies none. All tasks of the worker see the same object. It ends with the worker.
 *
 * When memory is short, values go (`onMemoryPressure`). At the level 'elevated' it is the half that was used least recently. Above
 * that it is all of them. `warmup` and warm-up tasks of the pool may fill it before the first task.
 */
export interface WorkerCache {
  /** Number of values. */
  readonly size: number;
  /** Bytes of all values and keys, as they were given to `set`. */
  readonly bytes: number;
  /** The value of a key, which counts as its latest use; undefined if there is none. */
  get(key: string): unknown;
  /** Whether there is a value, which may be undefined. Does not count as a use. */
  has(key: string): boolean;
  /**
   * Keeps a value, in place of an earlier one.
   * @param bytes memory that it takes. Strings, Buffers, typed arrays and ArrayBuffers have sizes of their own. Any other value
   * counts as 1 KiB unless it is given
   * @returns false for a value of more than `maxBytes`, which is not kept
   * @throws TypeError for a key that is no string, or `bytes` that are no number of 0 or more
   */
  set(key: string, value: unknown, bytes?: number): boolean;
  /** @returns whether there was a value */
  delete(key: string): boolean;
  clear(): void;
}
