import type { TaskSettings } from './resolve-options.js';
import type { TransferItem } from './transfer-item.js';

/** What one call asks for beyond the settings of its task name. Its functions run in the caller's async context already. */
export interface CallTerms {
  /** Override the settings of its name. */
  settings?: TaskSettings | undefined;
  signal?: AbortSignal | undefined;
  /** Latest end: on this program's clock (base/clock.ts), and as ms since the epoch for the handler. */
  deadline?: { hostMs: number; epochMs: number } | undefined;
  onProgress?: ((value: unknown) => void) | undefined;
  /** Tasks with one key prefer one worker. */
  key?: string | undefined;
  /** Large buffers of the input are not copied at the call: its caller does not change them before it settles. */
  borrow?: boolean | undefined;
  /** What is moved out of this thread with the input, where the backend can move; not empty. */
  transfer?: readonly TransferItem[] | undefined;
}
