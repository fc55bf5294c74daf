/** A value that was made at its first use. */
interface Made {
  /** Frees it, and forgets it: the next use makes another one. */
  dispose(): Promise<void>;
}

/**
 * The lazy values of a process or thread. All copies of this package share them: a worker module may import another copy than the
 * worker's own.
 */
interface Values {
  /** In the order in which they were done. A value is done after those that it needs. */
  readonly made: Set<Made>;
  /** Values that are being made. */
  readonly underWay: Set<PromiseLike<unknown>>;
  /** Workers that run here: one, or those of kind 'inline'. */
  workers: number;
  /** Whether a module has any. */
  hasAny: boolean;
}

const KEY = Symbol.for('millpond.lazyValues.1');
const owner = globalThis as { [KEY]?: Values };

export function lazyValues(): Values {
  return (owner[KEY] ??= { made: new Set(), underWay: new Set(), workers: 0, hasAny: false });
}

/** Notes that a worker begins to load its module. */
export function beginWithValues(): void {
  lazyValues().workers++;
}

/**
 * Frees all values that were made, the latest first, if no other worker runs here.
 * @param failed called with the error of each value that could not be freed
 */
export async function endWithValues(failed: (error: unknown) => void): Promise<void> {
  const values = lazyValues();
  if (--values.workers > 0) return;
  while (values.underWay.size > 0) await Promise.allSettled(values.underWay);
  for (const each of [...values.made].reverse()) {
    values.made.delete(each);
    try {
      await each.dispose();
    } catch (error) {
      failed(error);
    }
  }
}
