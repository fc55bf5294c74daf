/**
 * Length of a call that a batch of size 'auto' aims at, ms. Below it, what a call costs by itself counts. Above it, results come
 * late, and much work is lost with a worker. The same numbers serve joblib for its batches of short tasks.
 */
const SHORT_MS = 200;
const LONG_MS = 2000;
/** The middle of the two by ratio, so that neither is near after a correction. */
const AIM_MS = Math.sqrt(SHORT_MS * LONG_MS);
/** Most that one call changes the size: a call may have been slow or fast by chance. */
const MOST_CHANGE = 2;
/** First size: a handler of 10 ms an item is then nearly there, and one of 1 s loses little. */
export const FIRST_SIZE = 16;

/**
 * The size for the next batches, from the length of a call. It stays where the call took 0.2 to 2 s. A batch that left before it
 * had its size, for its time, tells no reason to grow.
 * @param size at present
 * @param inputs of the call
 * @param ms length of the call
 */
export function nextBatchSize(size: number, inputs: number, ms: number, maxSize: number): number {
  if (ms >= SHORT_MS && ms <= LONG_MS) return size;
  if (ms < SHORT_MS && inputs < size) return size;
  const wanted = (inputs * AIM_MS) / Math.max(ms, 0.001);
  const bounded = Math.min(Math.max(wanted, size / MOST_CHANGE), size * MOST_CHANGE);
  return Math.min(Math.max(1, Math.round(bounded)), maxSize);
}
