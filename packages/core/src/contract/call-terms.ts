import type { RunOptions } from './call-options.js';
import type { Headers } from './headers.js';
import type { TaskSettings } from './resolved-options.js';
import type { TransferItem } from './transfer-item.js';

/** A pace of values: `burst` of them at once, then one in `everyMs`. */
export interface ProgressRules {
  readonly everyMs: number;
  readonly burst: number;
}

/** Terms of one call beyond the settings of its task name. Its functions already run in the caller's async context. */
export interface CallTerms {
  /** Overrides the settings of its name. */
  settings?: TaskSettings | undefined;
  signal?: AbortSignal | undefined;
  /** Latest end, on this program's clock (base/clock.ts), and in ms since the epoch for the handler. */
  deadline?: { hostMs: number; epochMs: number } | undefined;
  onProgress?: ((value: unknown) => void) | undefined;
  /** How often values come to `onProgress` at most; undefined without that function, or where each value comes. */
  progressPace?: ProgressRules | undefined;
  /** The caller's own terms for the cache. */
  cache?: RunOptions['cache'];
  /** Tasks with one key prefer one worker. */
  key?: string | undefined;
  /** Large buffers of the input are not copied at the call. The caller does not change them before the call settles. */
  borrow?: boolean | undefined;
  /** Objects to move out of this thread with the input, where the backend can move; not empty. */
  transfer?: readonly TransferItem[] | undefined;
  /** Texts that go along to the handler; not empty. */
  headers?: Headers | undefined;
  /** Number of the callable that it belongs to, by `Backend.openCallable`; undefined for a call by name. */
  callable?: number | undefined;
}
