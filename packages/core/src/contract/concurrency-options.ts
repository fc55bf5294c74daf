/** A limit of calls that run at once, for each key. @typeParam I the input of the task */
export interface ConcurrencyByKey<I = never> {
  /** Key of an input; see {@link RateLimitRule}. */
  key: (input: I) => string;
  /** Most calls of a key that run at once in the whole pool. A batch is one call, and has one key. Integer of 1 or more. */
  max: number;
}
