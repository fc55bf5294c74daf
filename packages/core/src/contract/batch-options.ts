/**
 * Limits of a batch, and what becomes of it. A handler gives them to `batch()`, and `tasks[name].batch` of a pool overrides them.
 *
 * The numbers hold in the program, where items wait. `key` and `isFull` of `batch()` run in the worker, on the items that came
 * together. Those of `tasks[name].batch` run in the program, while items wait.
 *
 * @typeParam I one item: the input of the task
 */
export interface BatchOptions<I = never> {
  /** Most items of one call of the handler: an integer from 1 to 1000. @defaultValue 100 */
  maxSize?: number;
  /**
   * Longest wait of an item for others, in milliseconds. 0: no item waits, and a batch takes what is already there, as while all
   * workers are busy. Infinity: a batch leaves when it is full, or by `pool.flush(name)`. A batch that is due still takes items
   * until a worker is free. @defaultValue 0
   */
  maxWaitMs?: number;
  /**
   * Most bytes of the encoded inputs of a batch, from 1 to 67_108_864. A larger item goes alone.
   * @defaultValue 16_777_216 (16 MiB)
   */
  maxBytes?: number;
  /**
   * Number of items with which a batch leaves at once, at most `maxSize`. 'auto': the pool learns the number from the times of
   * calls. It aims at calls of 0.2 to 2 s, as far as `maxSize` allows. @defaultValue `maxSize`
   */
  size?: number | 'auto';
  /**
   * Splits a call that failed as a whole into halves, and those again, until each bad item fails alone. Only for handlers whose
   * failed call leaves nothing behind, such as a transaction that was rolled back. The good items run again, whatever
   * `idempotent` and `retry` say. @defaultValue false
   */
  isolate?: boolean;
  /**
   * Identity of an item, as a string or a finite number. Items with the same key count as one: the handler gets the first of them,
   * and all get its result. One that throws, or returns something else, rejects its task with ERR_OPTION.
   */
  key?: (input: I) => string | number;
  /**
   * Whether a batch of these items takes no more. Called after each item that joins, with all so far, and those of one key once.
   * One that throws, or returns no boolean, rejects with ERR_OPTION. In the program that is the task whose item joined last; in the
   * worker it is all of the call. In the program the items are those of the callers, so a change by a caller shows.
   */
  isFull?: (inputs: readonly I[]) => boolean;
}
