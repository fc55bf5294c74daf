import * as is from './checks.js';

/** Most items of one batch. A worker has 2,040 entries for tasks (wire/claim-board.ts), which hold two of the largest batches. */
export const MOST_ITEMS = 1000;
/** Most bytes of one batch: those of one frame (worker/send-buffer.ts). */
const MOST_BATCH_BYTES = 64 * 2 ** 20;

/** Options of a batch. */
export const BATCH: is.Shape = {
  maxSize: is.integer(1, MOST_ITEMS),
  maxWaitMs: is.duration(0),
  maxBytes: is.integer(1, MOST_BATCH_BYTES),
  size: is.either(is.integer(1, MOST_ITEMS), is.oneOf('auto')),
  isolate: is.bool(),
  key: is.func(),
  isFull: is.func(),
};
