import type { BuiltInStore, CacheStore } from './cache-store.js';

/** The result cache of one pool. Tasks take part only when their own `cache` option says so. */
export interface CacheOptions {
  /** Most results kept; the least recently used goes first. Integer from 1 to 1_000_000. @defaultValue 1000 */
  max?: number;
  /**
   * Most bytes of all results kept, as the cache holds them; the least recently used goes first. A result that is larger by
   * itself is not kept. Integer of 1 or more. @defaultValue 134_217_728 (128 MiB)
   */
  maxBytes?: number;
  /** Time for which a result is valid, in milliseconds. 0, Infinity or undefined: until it is evicted. */
  ttlMs?: number;
  /**
   * Whether a result that has to go stays in reach for as long as the program itself holds it. For tasks with
   * `share: 'frozen'`, whose callers all hold the same object. At most 1,000,000 of them. @defaultValue false
   */
  weak?: boolean;
  /**
   * A second level, whose results outlive the program. A call that finds no result in memory looks there before its task runs,
   * for a second at most. Results with a Map, Set, RegExp or error in them stay in memory.
   * Only V8 can read those, and it trusts its bytes. A store that fails costs no call its result: `stats().cache.store.failures`
   * counts, and the first failure gives a process warning. Needs the codec 'structured'.
   */
  store?: CacheStore | BuiltInStore;
  /**
   * 'store': the pool begins with the results that the last program with this store used most. `ready()` waits for them.
   * @defaultValue nothing
   */
  warm?: 'store';
  /**
   * Text that stands for the code of the handlers: a stored result of another version is not found. Give one where results depend
   * on more than the worker module's own file. The default sees none of its imports, nor `workerData`, the environment, or the
   * version of Node.js. @defaultValue SHA-256 of the worker module's file
   */
  version?: string;
}

/**
 * How results of one task are cached.
 *
 * @typeParam I the input of the task
 */
export interface TaskCacheOptions<I = never> {
  /**
   * Text that is equal for equal inputs and different for different ones. A call rejects with ERR_OPTION if it throws, or
   * returns anything else. @defaultValue a stable key of the whole input, whatever the order of its properties. Functions,
   * promises and the like have none: their call rejects with ERR_OPTION
   */
  key?: (input: I) => string;
  /** Overrides the pool's `cache.ttlMs` for this task. */
  ttlMs?: number;
  /**
   * Time after `ttlMs` for which a call still gets the old result at once. One execution then computes the new one, with the
   * terms of that call but without its signal and deadline. If it fails, there is a pause of 0.1 s before the next one. It doubles
   * with each further failure, to 10 s at most. In milliseconds. @defaultValue 0
   */
  staleWhileRevalidateMs?: number;
  /**
   * Time after `ttlMs` for which a call gets the old result if the execution fails. In milliseconds. The failure still counts
   * as one of the task. @defaultValue 0
   */
  staleIfErrorMs?: number;
  /**
   * Whether a call may have the result computed anew shortly before it is over. The more calls and the longer the execution,
   * the likelier (XFetch: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", 2015).
   * @defaultValue false
   */
  refreshAhead?: boolean;
  /**
   * Keeps failures, too: errors of the handler that `on` selects, for `ttlMs`. Equal calls then reject with a copy of the
   * error, without an execution. Timeouts, deaths of workers and cancellations are never kept. No failure takes the place of a
   * result that still answers. If `on` throws, or returns no boolean, the call rejects with an AggregateError of both errors.
   * @defaultValue no failures; with `ttlMs` alone, all errors of the handler
   */
  failures?: { ttlMs: number; on?: (error: unknown) => boolean };
  /** Text that stands for the code of this handler, beside `version` of the pool's `cache`. Only for `store`. */
  version?: string;
  /** Labels of results, by which `invalidate({ tag })` drops them. At most 64 for a result. */
  tags?: readonly string[] | ((input: I) => readonly string[]);
  /**
   * 'copy': each caller gets a copy of its own. 'frozen': all callers get one deeply frozen object, which costs no copy. It
   * takes plain objects and arrays; a result with any other object in it is copied. @defaultValue 'copy'
   */
  share?: 'copy' | 'frozen';
}

/**
 * How one call uses the cache. The call that begins an execution decides about its result. One that joins it, or gets a kept
 * result, changes neither its time nor its labels.
 */
export interface CallCacheOptions {
  /** Overrides the task's `ttlMs` for the result of this call. */
  ttlMs?: number;
  /** Further labels of the result of this call. */
  tags?: readonly string[];
  /** Computes the result anew, and keeps it. An equal call under way does. @defaultValue false */
  refresh?: boolean;
}

/** A result given by the program, for `cache.load`. */
export interface CacheItem {
  task: string;
  input?: unknown;
  value: unknown;
  /** See {@link TaskCacheOptions.ttlMs}. */
  ttlMs?: number;
  tags?: readonly string[];
}

/** Selects results to drop. All given conditions must hold; at least one is given. */
export interface CacheSelector {
  task?: string;
  /** A key as the task's `key` option returned it. */
  key?: string;
  tag?: string;
  /**
   * A pattern of keys, for tasks with a `key` of their own. A text selects the keys that begin with it. With `*` (any text) or `?`
   * (any character) in it, it selects the keys that it describes as a whole. A RegExp selects the keys in which it finds a match. A
   * key of more than 256 characters is held as its SHA-256, which no pattern describes.
   */
  match?: string | RegExp;
}
