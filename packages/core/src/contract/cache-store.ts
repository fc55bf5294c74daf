/**
 * A second level of the cache, whose results outlive the program. Methods may return a promise, be slow, or fail: the cache then
 * does without. It waits for a read for 1 s at most, and then reads nothing more for 10 s. It holds at most 1,000 writes and
 * 64 MiB of records that have not ended. Calls for one key follow one another.
 *
 * Several programs may share a store. Each learns at its start what the others dropped before.
 */
export interface CacheStore {
  /** The record of a key, as `set` got it; undefined if there is none. */
  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /**
   * Keeps a record, in place of an earlier one.
   * @param key 64 hexadecimal digits
   * @param untilMs end of its use, in ms since the epoch; Infinity for none
   */
  set(key: string, record: Uint8Array, untilMs: number): unknown;
  delete(key: string): unknown;
  /** Drops all records. */
  clear(): unknown;
  /** Frees what it holds. Called when the pool has closed. */
  close?(): unknown;
}

/** A store that comes with the pool. */
export type BuiltInStore =
  /** A folder with a file for each result. It is made if it is not there. */
  | { folder: string; maxBytes?: number }
  /** A SQLite database, by node:sqlite (Node 22.13 and later). */
  | { sqlite: string; maxBytes?: number };
